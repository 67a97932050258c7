internal import Consensus
internal import Primitives

/// What a node knows of a lane beyond what is ordered.
struct Lane: Sendable {
    let identifier: LaneIdentifier
    /// The highest batch that is known to be available.
    var tip: BatchCertificate?
    /// Batches that are held, ascending by position.
    private(set) var held: [Held] = []
    /// A batch that came before what it builds on, its signatures checked.
    var parked: Batch?
    /// What the present leader was told of the tip, and said to it.
    var telling: Telling?
    var noted: Noted?
    /// The tip that a decided cut named last, and that decision: of decisions alone, however much of them is resolved.
    var named: (position: UInt64, decision: UInt64)?

    struct Held: Sendable {
        let position: UInt64
        let digest: Digest
        var isAcknowledged: Bool
    }

    struct Telling: Sendable {
        let position: UInt64
        let since: Instant
        var last: Instant
    }

    /// What the leader must soon cover.
    struct Noted: Sendable {
        let position: UInt64
        let lastProposed: UInt64
        /// What it took note of since, which makes the first no less urgent.
        var newest: UInt64
    }

    init(_ identifier: LaneIdentifier) { self.identifier = identifier }

    func acknowledged(at position: UInt64) -> Digest? {
        held.first { $0.position == position && $0.isAcknowledged }?.digest
    }

    mutating func insert(_ position: UInt64, _ digest: Digest, isAcknowledged: Bool) {
        if let index = held.firstIndex(where: { $0.digest == digest }) {
            held[index].isAcknowledged = held[index].isAcknowledged || isAcknowledged
            return
        }
        let index = held.firstIndex { $0.position > position } ?? held.endIndex
        held.insert(Held(position: position, digest: digest, isAcknowledged: isAcknowledged), at: index)
    }

    /// Lets go of what is not above a position, and gives it back.
    mutating func forget(upTo position: UInt64) -> [Digest] {
        let count = held.prefix { $0.position <= position }.count
        let gone = held.prefix(count).map(\.digest)
        held.removeFirst(count)
        if let place = tip?.place, place.position <= position { tip = nil }
        if let place = parked?.header, place.position <= position { parked = nil }
        if let told = telling, told.position <= position { telling = nil }
        if let known = noted, known.position <= position { noted = nil }
        return gone
    }

    var isEmpty: Bool { held.isEmpty && tip == nil && parked == nil }
}

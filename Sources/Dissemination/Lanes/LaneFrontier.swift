package import Primitives

/// Up to where lanes are ordered: a function of the epoch's decisions, the same on every node.
package struct LaneFrontier: Hashable, Sendable, CanonicalCodable {
    package struct Entry: Hashable, Sendable, CanonicalCodable {
        package let lane: LaneIdentifier
        /// The last ordered batch; 0 and zero if there is none.
        package internal(set) var position: UInt64
        package internal(set) var digest: Digest
        /// Its owner has signed two batches for one position: nothing more of it is ordered in this epoch.
        package internal(set) var isEnded: Bool
        /// The last batch that went in-line with a decision, ordered or not.
        package internal(set) var inLine: InLine?
        /// The last position that went in-line with a decision whose batches are ordered, or left for later. For what
        /// lies above it those who certified it have vouched.
        package internal(set) var inLineUpTo: UInt64

        init(lane: LaneIdentifier) {
            self.lane = lane
            position = 0
            digest = .zero
            isEnded = false
            inLineUpTo = 0
        }

        /// Whether a decision that is resolved has anything of it: unlike `inLine`, the same on all nodes at a decision.
        fileprivate var isResolved: Bool { position > 0 || isEnded || inLineUpTo > 0 }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(lane)
            encoder.encode(position)
            encoder.encode(digest)
            encoder.encode(isEnded)
            encoder.encode(inLine)
            encoder.encode(inLineUpTo)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            lane = try decoder.decode()
            position = try decoder.decode()
            digest = try decoder.decode()
            isEnded = try decoder.decodeBool()
            inLine = try decoder.decodeOption(InLine.self)
            inLineUpTo = try decoder.decode()
        }
    }

    package struct InLine: Hashable, Sendable, CanonicalCodable {
        package let position: UInt64
        package let digest: Digest
        package let decision: UInt64

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(position)
            encoder.encode(digest)
            encoder.encode(decision)
        }

        init(position: UInt64, digest: Digest, decision: UInt64) {
            self.position = position
            self.digest = digest
            self.decision = decision
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            position = try decoder.decode()
            digest = try decoder.decode()
            decision = try decoder.decode()
        }
    }

    /// An owner's lanes up to an incarnation are all ended. Each start of a node begins a lane, and most are never heard
    /// of again: so few are kept.
    package struct Ended: Hashable, Sendable, CanonicalCodable {
        package let owner: UInt32
        package fileprivate(set) var upTo: UInt64

        fileprivate init(owner: UInt32, upTo incarnation: UInt64) {
            self.owner = owner
            upTo = incarnation
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(owner)
            encoder.encode(upTo)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            owner = try decoder.decode()
            upTo = try decoder.decode()
        }
    }

    /// Ascending by lane. A lane of which nothing was decided is not there.
    package private(set) var entries: [Entry] = []
    /// Ascending by owner.
    package private(set) var ended: [Ended] = []

    package init() {}

    package subscript(lane: LaneIdentifier) -> Entry {
        let index = place(of: lane)
        if index < entries.count, entries[index].lane == lane { return entries[index] }
        var entry = Entry(lane: lane)
        entry.isEnded = isTooOld(lane)
        return entry
    }

    private func isTooOld(_ lane: LaneIdentifier) -> Bool {
        ended.first { $0.owner == lane.owner }.map { lane.incarnation <= $0.upTo } ?? false
    }

    /// Ends the oldest lanes of an owner beyond the few that are kept, and those of a decision, and gives the newest one
    /// of them.
    mutating func endOldest(of owner: UInt32, besides cut: Cut) -> LaneIdentifier? {
        let lanes = entries.filter { $0.lane.owner == owner && $0.isResolved }.map(\.lane)
        let excess = max(0, lanes.count - DisseminationLimits.frontierLanesPerOwnerMax)
        let oldest = lanes.prefix(excess).prefix { lane in !cut.tips.contains { $0.lane == lane } }
        guard let last = oldest.last else { return nil }
        let index = ended.firstIndex { $0.owner >= owner } ?? ended.endIndex
        if index < ended.endIndex, ended[index].owner == owner {
            ended[index].upTo = last.incarnation
        } else {
            ended.insert(Ended(owner: owner, upTo: last.incarnation), at: index)
        }
        entries.removeAll { $0.lane.owner == owner && $0.lane <= last }
        return last
    }

    mutating func update(_ lane: LaneIdentifier, _ change: (inout Entry) -> Void) {
        guard !isTooOld(lane) else { return }
        let index = place(of: lane)
        if index == entries.count || entries[index].lane != lane { entries.insert(Entry(lane: lane), at: index) }
        change(&entries[index])
    }

    /// Where a lane is, or belongs.
    private func place(of lane: LaneIdentifier) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].lane < lane { low = middle + 1 } else { high = middle }
        }
        return low
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(sequence: entries)
        encoder.encode(sequence: ended)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        entries = try decoder.decodeSequence(
            maximum: DisseminationLimits.frontierLanesMax, elementByteCountMin: 62)
        for (left, right) in zip(entries, entries.dropFirst()) where left.lane >= right.lane {
            throw CodingError(.notAscending, at: start)
        }
        ended = try decoder.decodeSequence(
            maximum: DisseminationLimits.frontierLanesMax, elementByteCountMin: 12)
        for (left, right) in zip(ended, ended.dropFirst()) where left.owner >= right.owner {
            throw CodingError(.notAscending, at: start)
        }
    }
}

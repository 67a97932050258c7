internal import Primitives

/// A chunk that a peer was asked for.
struct ChunkRequest: Hashable, Sendable {
    let chunk: Int
    let time: Instant
    /// Whether another is asked as well. The answer is still welcome.
    var isLate = false
}

/// What is known of a peer.
struct SnapshotPeer: Sendable {
    let number: UInt32
    /// The digest of the manifest that it has: never another one.
    let offer: Digest
    var isHere = true
    var isLiar = false
    /// How often it was late since it last gave a chunk.
    var silences: UInt64 = 0
    var requests: [ChunkRequest] = []

    /// Whether it may be asked for something.
    var isUsable: Bool { isHere && !isLiar }

    /// Whether it may be asked for one more chunk. Who is late is tried with one at a time.
    var hasRoom: Bool {
        isUsable && requests.count < (silences == 0 ? ReplicaLimits.snapshotRequestsPerPeerMax : 1)
    }

    /// When something that it was asked for is given up, so that it may be asked again.
    func patienceEnd(_ asked: Instant, _ milliseconds: UInt64) -> Instant {
        asked.advanced(byMilliseconds: milliseconds << min(silences, ReplicaLimits.snapshotPatienceDoublingsMax))
    }
}

/// The peers that have ever offered a snapshot.
struct SnapshotPeers: Sendable {
    /// Ascending by number.
    private(set) var all: [SnapshotPeer] = []

    /// Where a peer is, or would be.
    private func place(of number: UInt32) -> Int { all.firstIndex { $0.number >= number } ?? all.endIndex }

    subscript(number: UInt32) -> SnapshotPeer? {
        get {
            let place = place(of: number)
            return place < all.endIndex && all[place].number == number ? all[place] : nil
        }
        set {
            let place = place(of: number)
            guard place < all.endIndex, all[place].number == number, let newValue else { return }
            all[place] = newValue
        }
    }

    /// Adds a peer that is not there yet, unless they are too many.
    mutating func insert(_ number: UInt32, offer: Digest) {
        guard all.count < ReplicaLimits.snapshotPeersMax else { return }
        all.insert(SnapshotPeer(number: number, offer: offer), at: place(of: number))
    }

    func usable(with offer: Digest) -> [SnapshotPeer] { all.filter { $0.isUsable && $0.offer == offer } }

    /// What is offered by those who may be asked, by how many, ascending.
    var offers: [(digest: Digest, count: Int)] {
        var offers: [(digest: Digest, count: Int)] = []
        for digest in all.filter(\.isUsable).map(\.offer).sorted() {
            if let last = offers.last, last.digest == digest {
                offers[offers.count - 1].count += 1
            } else {
                offers.append((digest, 1))
            }
        }
        return offers
    }

    /// Who is best asked for a chunk: who answers, and has least to do.
    func best(for chunk: Int, with offer: Digest) -> UInt32? {
        all.filter { peer in
            peer.offer == offer && peer.hasRoom && !peer.requests.contains { $0.chunk == chunk }
        }.min { ($0.silences, $0.requests.count, $0.number) < ($1.silences, $1.requests.count, $1.number) }?.number
    }

    /// How many chunks are waited for, each once.
    var openRequestCount: Int { all.reduce(0) { $0 + $1.requests.count { !$0.isLate } } }

    /// Forgets what all were asked for.
    mutating func forgetRequests() {
        for index in all.indices { all[index].requests.removeAll() }
    }

    /// Marks requests that are late, and forgets those that nobody waits for. Gives the chunks that became late.
    mutating func markLate(at now: Instant) -> [Int] {
        var late: [Int] = []
        for index in all.indices {
            for place in all[index].requests.indices where !all[index].requests[place].isLate {
                let request = all[index].requests[place]
                guard now >= request.time.advanced(byMilliseconds: ReplicaLimits.snapshotLateMilliseconds) else {
                    continue
                }
                all[index].requests[place].isLate = true
                all[index].silences += 1
                late.append(request.chunk)
            }
            let peer = all[index]
            all[index].requests.removeAll { request in
                request.isLate
                    && now >= peer.patienceEnd(request.time, ReplicaLimits.snapshotLateMilliseconds)
            }
        }
        return late
    }
}

internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives

/// Fetches the certified blocks of an epoch from several peers at once, for a node that has no say in it: pure, and
/// trusting nobody.
///
/// ```
/// ask ─▶ blocks ─▶ shape, links, quorum ─▶ verify ─▶ in order ─▶ replay
/// ```
/// Each block is believed by its own certificate, before it is executed: whoever gives one that doesn't hold is asked no
/// more. What peers say that they have is believed of nobody: it only says whom to ask.
struct Synchroniser: Sendable {
    enum Effect: Sendable {
        case ask(UInt32, from: UInt64)
        case verify(Checks)
        /// In order of heights.
        case replay(FetchedBlock)
        case refused(UInt32, MessageFault)
        /// A quorum's certificates contradict each other.
        case contradiction(height: UInt64, own: Digest, other: Digest)
    }

    /// What must be verified for some blocks that a peer gave.
    struct Checks: Sendable {
        let node: UInt32
        let blocks: [FetchedBlock]
        let signatures: [SignatureCheck]
    }

    private struct Peer: Sendable {
        /// What it was asked for last, and has not answered. It may come late.
        var asked: (first: UInt64, since: Instant)?
        var isLate = false
        /// Up to where it says that it has blocks.
        var last: UInt64 = 0
        var askedAt: Instant?
        /// Until when it is left alone, and for how long the next time, for not having answered.
        var silentUntil = Instant(nanoseconds: 0)
        var pauseMilliseconds = ReplicaLimits.silentPeerMilliseconds
        var isLiar = false
    }

    private let epoch: EpochConfiguration
    private let terms: ChainTerms
    private let own: UInt32
    private var peers: [Peer]
    /// The next block to be executed, and what it must follow.
    private(set) var next: UInt64
    private var parent: Digest
    /// Verified, ascending by height, each once; at and above `next`.
    private var blocks: [FetchedBlock] = []
    private var byteCount = 0
    /// What is being verified.
    private var verifying: [(heights: ClosedRange<UInt64>, byteCount: Int)] = []
    /// Up to where blocks are executed, and up to where they are in the log.
    private var executed: UInt64
    private var logged: UInt64
    /// The epoch's last block, once that is known.
    private var end: UInt64?
    private var turn: UInt32
    private let plant: ReplicaPlant?

    init(
        _ epoch: EpochConfiguration, _ terms: ChainTerms, nodeCount: Int, own: UInt32, height: UInt64, hash: Digest,
        seed: UInt64, plant: ReplicaPlant? = nil
    ) {
        self.plant = plant
        (self.epoch, self.terms, self.own) = (epoch, terms, own)
        peers = Array(repeating: Peer(), count: nodeCount)
        (next, parent, executed, logged) = (height + 1, hash, height, height)
        turn = UInt32(seed % UInt64(max(1, nodeCount)))
    }

    /// Whether blocks are on their way to execution, or known to be missing.
    var isBehind: Bool { !blocks.isEmpty || !verifying.isEmpty || executed + 1 < next || best >= next }

    /// Up to where anybody who has not lied says that there are blocks of the epoch.
    var best: UInt64 { min(peers.lazy.filter { !$0.isLiar }.map(\.last).max() ?? 0, end ?? .max) }

    /// A block was executed with the certified result.
    mutating func noteExecuted(_ height: UInt64) { executed = max(executed, height) }

    mutating func noteLogged(_ height: UInt64) { logged = max(logged, height) }

    /// There are further nodes.
    mutating func grow(to count: Int) {
        while peers.count < count { peers.append(Peer()) }
    }

    /// A node has shown that it has blocks up to a height.
    mutating func note(_ height: UInt64, at node: UInt32) {
        peers[Int(node)].last = max(peers[Int(node)].last, height)
    }

    /// A node can be reached again: that it was silent means nothing any more, and what it was asked for may be lost.
    mutating func connected(_ node: UInt32) {
        if peers[Int(node)].asked != nil { peers[Int(node)].isLate = true }
        peers[Int(node)].silentUntil = Instant(nanoseconds: 0)
        peers[Int(node)].pauseMilliseconds = ReplicaLimits.silentPeerMilliseconds
    }

    // MARK: Asking

    /// Asks whoever has time for what nobody was asked for.
    mutating func ask(at now: Instant, into effects: inout [Effect]) {
        noteLate(at: now)
        let begin = turn
        let order = peers.indices.map { (begin + 1 + UInt32($0)) % UInt32(peers.count) }.filter { $0 != own }
        // What comes first is asked of those who are known to have it, so that nobody silent holds it up.
        for node in order where isFree(peers[Int(node)], at: now) && !isHeldUp(at: now) {
            if let first = firstMissing, peers[Int(node)].last >= first {
                ask(node, from: first, at: now, into: &effects)
            }
        }
        // Others are asked now and then; one at a time, if nobody is known to have it.
        var isPolling = peers.contains { $0.asked.map { $0.first == frontier } ?? false && !$0.isLate }
        for node in order where isFree(peers[Int(node)], at: now) && isDue(peers[Int(node)], at: now) {
            guard let first = firstMissing, best >= first || !isPolling, !isHeldUp(at: now) else { break }
            isPolling = true
            ask(node, from: first, at: now, into: &effects)
        }
    }

    private mutating func ask(_ node: UInt32, from first: UInt64, at now: Instant, into effects: inout [Effect]) {
        (peers[Int(node)].asked, peers[Int(node)].isLate, peers[Int(node)].askedAt) = ((first, now), false, now)
        turn = node
        effects.append(.ask(node, from: first))
    }

    private func isFree(_ peer: Peer, at now: Instant) -> Bool {
        (peer.asked == nil || peer.isLate) && !peer.isLiar && now >= peer.silentUntil
    }

    private func isDue(_ peer: Peer, at now: Instant) -> Bool {
        peer.askedAt.map { now >= $0.advanced(byMilliseconds: ReplicaLimits.pollMilliseconds) } ?? true
    }

    /// For the planted bug alone: who is asked is waited for, and who is silent, too.
    private func isHeldUp(at now: Instant) -> Bool {
        plant == .waitsForSilentPeers
            && peers.contains { $0.asked != nil && !$0.isLiar && (!$0.isLate || now < $0.silentUntil) }
    }

    /// What is late is asked of others.
    private mutating func noteLate(at now: Instant) {
        for node in peers.indices {
            guard let asked = peers[node].asked, !peers[node].isLate,
                now >= asked.since.advanced(byMilliseconds: ReplicaLimits.lateMilliseconds)
            else { continue }
            let waits = plant == .waitsForSilentPeers
            peers[node].isLate = true
            peers[node].silentUntil = now.advanced(
                byMilliseconds: waits ? ReplicaLimits.silentPeerMillisecondsMax : peers[node].pauseMilliseconds)
            peers[node].pauseMilliseconds = min(
                2 * peers[node].pauseMilliseconds, ReplicaLimits.silentPeerMillisecondsMax)
        }
    }

    /// The first block that is not here.
    private var frontier: UInt64 {
        var height = next
        for block in blocks where block.header.height == height { height += 1 }
        return height
    }

    /// The first block that is neither here nor asked for, as far ahead as there is room.
    private var firstMissing: UInt64? {
        let frontier = frontier
        var height = frontier
        // The next one has room always, as nothing goes on without it.
        let isFull = byteCount + verifying.reduce(0) { $0 + $1.byteCount } >= ReplicaLimits.arrivedByteCountMax
        let last = min(isFull ? frontier : next + ReplicaLimits.synchronisedAheadMax - 1, end ?? .max)
        while height <= last {
            if let range = verifying.first(where: { $0.heights.contains(height) })?.heights {
                height = range.upperBound + 1
            } else if let asked = peers.lazy.filter({ !$0.isLate }).compactMap({ $0.asked?.first })
                .first(where: { covers($0, height) })
            {
                height = asked + UInt64(ReplicaLimits.servedBlocksMax)
            } else if blocks.contains(where: { $0.header.height == height }) {
                height += 1
            } else {
                return height
            }
        }
        return nil
    }

    private func covers(_ first: UInt64, _ height: UInt64) -> Bool {
        height >= first && height - first < UInt64(ReplicaLimits.servedBlocksMax)
    }

    // MARK: Taking in

    mutating func take(_ answer: FetchedBlocks, from node: UInt32, into effects: inout [Effect]) {
        guard let asked = peers[Int(node)].asked, asked.first == answer.first else { return }
        (peers[Int(node)].asked, peers[Int(node)].isLate) = (nil, false)
        peers[Int(node)].last = min(answer.last, ConsensusLimits.numberMax)
        peers[Int(node)].pauseMilliseconds = ReplicaLimits.silentPeerMilliseconds
        var signatures: [SignatureCheck] = []
        var taken: [FetchedBlock] = []
        for (offset, block) in answer.blocks.enumerated() {
            // What follows the epoch is for later.
            if block.certificate.statement.epoch > epoch.number { break }
            guard block.header.height == answer.first + UInt64(offset), let checks = checks(of: block) else {
                return refuse(node, .wrongCertificate, into: &effects)
            }
            signatures += checks
            taken.append(block)
        }
        guard let first = taken.first?.header.height, let last = taken.last?.header.height else {
            // Whatever it says, it has no such block of the epoch.
            peers[Int(node)].last = min(peers[Int(node)].last, asked.first - 1)
            return
        }
        verifying.append((first...last, taken.reduce(0) { $0 + $1.byteCount }))
        effects.append(.verify(Checks(node: node, blocks: taken, signatures: signatures)))
    }

    /// What must be verified for a block to be the one of its height; nil if it can't be.
    private func checks(of block: FetchedBlock) -> [SignatureCheck]? {
        if plant == .trustsBlocks { return [] }
        let (header, certificate) = (block.header, block.certificate)
        let statement = certificate.statement
        guard header.epoch == epoch.number, statement.height == header.height,
            statement.decision == header.decision, header.decision <= ConsensusLimits.numberMax,
            statement.blockHash == header.hash(in: terms.suite),
            Int(header.transactionCount) == block.transactions.count,
            header.transactionsRoot == MerkleList.root(of: block.transactions, in: terms.suite)
        else { return nil }
        return try? epoch.checks(of: certificate, on: terms)
    }

    mutating func checked(_ checks: Checks, _ mask: [Bool], into effects: inout [Effect]) {
        if let first = checks.blocks.first?.header.height,
            let index = verifying.firstIndex(where: { $0.heights.lowerBound == first })
        {
            verifying.remove(at: index)
        }
        guard mask.count == checks.signatures.count, mask.allSatisfy({ $0 }) else {
            return refuse(checks.node, .wrongSignature, into: &effects)
        }
        for block in checks.blocks where block.header.height >= next {
            let index = blocks.firstIndex { $0.header.height >= block.header.height } ?? blocks.endIndex
            if index < blocks.endIndex, blocks[index].header.height == block.header.height { continue }
            if block.certificate.statement.nextEpoch != .zero { end = block.header.height }
            blocks.insert(block, at: index)
            byteCount += block.byteCount
        }
        deliver(into: &effects)
    }

    private mutating func refuse(_ node: UInt32, _ fault: MessageFault, into effects: inout [Effect]) {
        peers[Int(node)].isLiar = true
        effects.append(.refused(node, fault))
    }

    /// Has executed what is next, not too far ahead of execution and of the log.
    mutating func deliver(into effects: inout [Effect]) {
        while let block = blocks.first, block.header.height == next,
            next <= executed + ReplicaLimits.replayedAheadMax, next <= logged + ReplicaLimits.unloggedBlocksMax
        {
            guard block.header.parent == parent else {
                return effects.append(.contradiction(height: next, own: parent, other: block.header.parent))
            }
            blocks.removeFirst()
            byteCount -= block.byteCount
            parent = block.certificate.statement.blockHash
            next += 1
            effects.append(.replay(block))
        }
    }
}

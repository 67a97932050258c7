internal import Cryptography
internal import Ledger
internal import Networking
internal import Primitives
internal import Replica
internal import Storage

/// Brings a node whose disk is empty to a state of its chain that the present certifiers have signed, before it starts as
/// any other node does.
///
/// ```
/// peers ⇄ Joiner (pure) ⇄ JoiningDisk ──▶ store, log, mark ──▶ journal ──▶ Node
/// ```
/// It works on the caller's thread, which waits for it.
struct NodeJoining {
    private let parts: NodeParts
    private let notice: @Sendable (NodeNotice) -> Void
    private let mailbox = Mailbox<JoinerInput>(capacity: NodeLimits.threadMessagesMax)
    private let verifier: PooledVerifier
    private let peers: PeerService
    private var joiner: Joiner
    private var disk: JoiningDisk
    private var toldAt = Instant(nanoseconds: 0)

    /// Joins, if the disk says that it has begun or if there is nothing on it and the node was not there at the chain's
    /// beginning. Ends what a joining has left to be done.
    ///
    /// Gives back how long it took to restore a state, in milliseconds; nil if none was restored.
    static func joinIfNeeded(
        _ parts: NodeParts, notice: @escaping @Sendable (NodeNotice) -> Void
    ) throws(NodeError) -> UInt64? {
        guard let peers = parts.peers else { return nil }
        _ = try NodeError.storage { () throws(StorageError) in try DataFolder.open(parts.disk, program: "cairn") }
        switch try storage({ () throws(JoiningError) in
            try JoiningDisk.standing(of: parts.genesis.group, disk: parts.disk, store: parts.store)
        }) {
        case .whole(let record):
            try settle(record, parts)
            return nil
        case .underWay: break
        case .none: guard try isNew(parts, peers) else { return nil }
        }
        let start = SystemClock.monotonic
        var joining = try NodeJoining(parts, peers, notice: notice)
        defer { joining.end() }
        guard let (record, height) = try joining.run() else { return nil }
        try settle(record, parts)
        let milliseconds = (SystemClock.monotonic.nanoseconds - start.nanoseconds) / 1_000_000
        notice(.joined(height: height, milliseconds: milliseconds))
        return milliseconds
    }

    /// Whether nothing is on the disk, and the node can't have been there at the beginning.
    private static func isNew(_ parts: NodeParts, _ peers: PeerParts) throws(NodeError) -> Bool {
        let own = Set(peers.nodes[Int(peers.own)].keys)
        let isFounder = parts.genesis.epoch.orderers.contains { own.contains($0) }
        guard !isFounder || peers.invitation != nil else { return false }
        return try NodeError.storage { () throws(StorageError) in
            let log = try BlockLog.open(
                disk: parts.disk, group: parts.genesis.group, segmentBytes: parts.sizes.logSegmentBytes)
            let journal = try Journal.open(disk: parts.disk, segmentBytes: parts.sizes.journalSegmentBytes)
            return log.log.heights == nil && journal.records.isEmpty
        }
    }

    /// Has the journal know what the store and the log hold.
    private static func settle(_ record: ReplicaRecord, _ parts: NodeParts) throws(NodeError) {
        try NodeError.storage { () throws(StorageError) in
            let journal = try Journal.open(disk: parts.disk, segmentBytes: parts.sizes.journalSegmentBytes).journal
            _ = try journal.append(
                JournalRecord(group: parts.genesis.group, kind: record.kind, payload: record.payload))
            try journal.sync()
        }
        try storage { () throws(JoiningError) in try JoiningDisk.settle(parts.genesis.group, disk: parts.disk) }
    }

    private static func storage<Value>(_ body: () throws(JoiningError) -> Value) throws(NodeError) -> Value {
        do throws(JoiningError) { return try body() } catch { throw .joining("\(error)") }
    }

    private init(
        _ parts: NodeParts, _ peerParts: PeerParts, notice: @escaping @Sendable (NodeNotice) -> Void
    ) throws(NodeError) {
        (self.parts, self.notice) = (parts, notice)
        joiner = Joiner(
            JoinerStart(
                genesis: parts.genesis, invitation: peerParts.invitation, nodeCount: peerParts.nodes.count,
                own: peerParts.own))
        disk = JoiningDisk(
            genesis: parts.genesis, disk: parts.disk, store: parts.store, segmentBytes: parts.sizes.logSegmentBytes)
        verifier = PooledVerifier(threadCount: NodeLimits.verifierThreads)
        peers = try PeerService(
            peerParts, PeerRoster(peerParts, genesis: parts.genesis), genesis: parts.genesis,
            deliver: { [mailbox] in Self.deliver($0, to: mailbox) }, notice: notice)
    }

    private static func deliver(_ input: NetworkReplicaInput, to mailbox: Mailbox<JoinerInput>) {
        switch input {
        case .message(let node, let bytes): _ = mailbox.send(.message(from: node, bytes))
        case .connected(let node): _ = mailbox.send(.connected(node))
        case .disconnected(let node): _ = mailbox.send(.disconnected(node))
        default: break
        }
    }

    private func end() {
        peers.stop()
        verifier.stop()
    }

    /// Runs until there is a state to begin with, whose record for the journal it gives, or nobody has any: nil.
    private mutating func run() throws(NodeError) -> (ReplicaRecord, height: UInt64)? {
        var lastTick = Instant(nanoseconds: 0)
        while !parts.isStopping() {
            var inputs = mailbox.takeAll(waitMilliseconds: ReplicaLimits.tickMilliseconds) ?? []
            if SystemClock.monotonic >= lastTick.advanced(byMilliseconds: ReplicaLimits.tickMilliseconds) {
                lastTick = SystemClock.monotonic
                inputs.append(.tick)
            }
            for input in inputs {
                if case .message(let node, let bytes) = input { peers.taken(from: node, byteCount: bytes.count) }
                if let outcome = try give(input) { return try end(with: outcome) }
            }
            tell()
        }
        throw .stopped
    }

    /// Gives the joiner an input, and does what it asks for; some of it gives a further input at once.
    private mutating func give(_ input: JoinerInput) throws(NodeError) -> JoinerOutcome? {
        var inputs = [input]
        var next = 0
        while next < inputs.count {
            var effects: [JoinerEffect] = []
            joiner.handle(inputs[next], at: SystemClock.monotonic, into: &effects)
            next += 1
            for effect in effects {
                switch effect {
                case .send(let node, let bytes): peers.send([PeerService.Outgoing(to: [node], bytes)])
                case .verify(let token, let checks):
                    verifier.submit(checks) { [mailbox] in _ = mailbox.send(.verified(token, $0)) }
                case .refused(let node, let fault):
                    notice(.joiningRefused(peers.name(of: node), "\(fault)"))
                    peers.report(node, .wrongCertificate)
                case .ended(let outcome): return outcome
                case .begin, .store, .keep, .readEpoch:
                    do throws(JoiningError) {
                        if let answer = try disk.perform(effect) { inputs.append(answer) }
                    } catch { throw .joining("\(error)") }
                }
            }
        }
        return nil
    }

    private mutating func end(with outcome: JoinerOutcome) throws(NodeError) -> (ReplicaRecord, height: UInt64)? {
        switch outcome {
        case .followFromGenesis:
            notice(.joinedFromGenesis)
            return nil
        case .failed(let failure): throw .joining("\(failure)")
        case .restored(let state):
            do throws(JoiningError) {
                return (try disk.finish(state), state.statement.height)
            } catch { throw .joining("\(error)") }
        }
    }

    private mutating func tell() {
        let now = SystemClock.monotonic
        guard now >= toldAt.advanced(byMilliseconds: NodeLimits.joiningNoticeMilliseconds) else { return }
        toldAt = now
        notice(.joining(joiner.status))
    }
}

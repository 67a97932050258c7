internal import Consensus
internal import Contracts
package import Cryptography
internal import Foundation
package import Ledger
internal import Networking
package import Primitives
package import Replica
package import Storage
internal import Synchronization

/// What a node is made of.
package struct NodeParts: Sendable {
    package let genesis: Genesis
    /// By which the node orders and certifies: more than one where keys are being changed.
    package let keys: [any SigningKey]
    /// Where the journal and the log are.
    package let disk: any Disk
    /// Where the state is.
    package let store: any KeyValueStore
    package let sizes: NodeSizes
    /// How much room it wants on the disks of both.
    package let room: RoomLimits
    /// What it keeps of earlier states; nil for nothing.
    package let checkpoints: Checkpoints?
    /// What snapshots for nodes that join are cut from; nil for none. It must keep what nobody else does.
    package let snapshots: (any CheckpointStore)?
    /// The other nodes; nil for a node alone.
    package let peers: PeerParts?
    /// Whether the node is to give up its start.
    package let isStopping: @Sendable () -> Bool

    package init(
        genesis: Genesis, keys: [any SigningKey], disk: any Disk, store: any KeyValueStore,
        sizes: NodeSizes = NodeSizes(), room: RoomLimits = RoomLimits(), checkpoints: Checkpoints? = nil,
        snapshots: (any CheckpointStore)? = nil, peers: PeerParts? = nil,
        isStopping: @escaping @Sendable () -> Bool = { false }
    ) {
        self.genesis = genesis
        self.keys = keys
        self.peers = peers
        self.snapshots = snapshots
        self.isStopping = isStopping
        self.disk = disk
        self.store = store
        self.sizes = sizes
        self.room = room
        self.checkpoints = checkpoints
    }
}

/// What the node reports of its doing, for its log.
package enum NodeNotice: Sendable {
    case journalCut(TornTail)
    case logCut(TornTail)
    case recovering(RecoveryProgress)
    /// The index lacked blocks: it is made up to this height.
    case indexing(height: UInt64, last: UInt64)
    case started(height: UInt64, replayed: UInt64)
    /// A node that joins: how far it is.
    case joining(JoinerStatus)
    /// A peer has given a node that joins what nobody honest gives.
    case joiningRefused(String, String)
    /// A state is restored, and the node goes on from there.
    case joined(height: UInt64, milliseconds: UInt64)
    /// Nobody has a state to begin with: the node executes everything.
    case joinedFromGenesis
    case snapshotCut(height: UInt64)
    /// A snapshot could not be made; the node goes on without it.
    case snapshotFailed(height: UInt64, String)
    /// No transactions are taken any more, for want of room on a disk.
    case notAccepting(Rejection)
    /// A write found no room, and is tried again until there is some.
    case waitingForRoom(path: String)
    /// A checkpoint could not be made; the node goes on without it.
    case checkpointFailed(height: UInt64, StorageError)
    /// There is room again, and transactions are taken.
    case acceptingAgain
    /// A stopping node could not write everything for want of room. What was confirmed is in the journal.
    case notWritten
    /// A connection with a peer has begun or ended, and why.
    case peer(String, isConnected: Bool, String?)
    /// A connection never came to be.
    case peerRefused(String)
    case peerCutOff(String, String, milliseconds: UInt64)
    case certificateEnds(String, at: Timestamp)
    /// What a peer lacks could not be read.
    case notServed(String)
    /// Somebody has broken the rules of an epoch, which can be proven.
    case evidence(epoch: UInt64)
    case entered(EpochConfiguration)
    /// It fetches what it has missed.
    case catchingUp(ReplicaLag)
    case caughtUp(height: UInt64)
    /// This machine's clock is ahead of those of the others by so much; behind them, if negative.
    case clockDiffers(aheadMilliseconds: Int64)
    /// The node is no longer needed for the epoch that it has left.
    case relieved(epoch: UInt64)
    /// The node's data are an old copy: it follows and signs nothing until it has a new key.
    case oldCopy
    /// A stopping node gave up on what it had taken and not confirmed.
    case notDrained
    case stopped(height: UInt64)
}

/// A running node: the shell that gives a group's replica its threads, disks, keys and clocks.
///
/// ```
/// clients ─▶ (door) ─▶ replica ─▶ verifier pool         journal ─▶ (durable) ─▶ replica ─▶ clients
///                         ├─────▶ executor ─▶ flusher ─▶ state store
///                         ├─────▶ archive ─▶ block log, log of decisions
///                         └─────▶ peers ─▶ replicas of other nodes
///                                                        checkpoints ─▶ questions about earlier heights
/// ```
package final class Node: Sendable {
    package let genesis: Genesis
    package let terms: ChainTerms
    let threads: NodeThreads
    let replica: ReplicaThread
    let archive: Archive
    let index: LedgerIndex
    let rows: LedgerRows
    let openQuestions = OpenQuestions(countMax: NodeLimits.questionsMax)
    let earlierQuestions = OpenQuestions(countMax: NodeLimits.earlierQuestionsMax)
    /// What is kept of earlier states.
    let checkpoints: Checkpoints?
    private let isStopping = SharedFlag()
    /// Whether any account has an authentication record, as far as the executor has said.
    let hasRecords: SharedFlag
    let room: DiskRoom
    let metrics = NodeMetrics()
    /// How long it took to restore a state to begin with; nil if the node had one.
    let joiningMilliseconds: UInt64?
    private let executor: ExecutorThread
    private let flusher: Flusher
    /// Nil where nobody joins.
    let snapshotter: Snapshotter?
    private let verifier: PooledVerifier
    /// Nil for a node alone.
    let peers: PeerService?
    private let drained: Mailbox<Bool>
    private let notice: @Sendable (NodeNotice) -> Void
    /// In the order in which work flows; then the flusher's thread, then the one that watches the room.
    private let running: Mutex<[DedicatedThread]>

    /// Recovers the chain from disk and starts the node. `onFailure` is called when the node can't go on; the process
    /// must end then.
    package init(
        _ parts: NodeParts, notice: @escaping @Sendable (NodeNotice) -> Void,
        onFailure: @escaping @Sendable (NodeError) -> Void
    ) throws(NodeError) {
        let directory = try Self.directory(of: parts)
        joiningMilliseconds = try NodeJoining.joinIfNeeded(parts, notice: notice)
        let contents = try DiskContents(parts, notice: notice)
        let applied = contents.state.store.appliedHeight ?? 0
        let recovered = try contents.recover(notice: notice)
        let head = recovered.executor.head
        let epoch = recovered.epochs.current
        let threads = NodeThreads(fail: onFailure)
        let drained = Mailbox<Bool>(capacity: 1)
        genesis = parts.genesis
        terms = parts.genesis.terms
        self.notice = notice
        self.threads = threads
        self.drained = drained
        let room = DiskRoom(
            limits: parts.room,
            places: { () throws(StorageError) in
                [try parts.disk.freeSpace(), try parts.store.freeSpace()]
            }, threads: threads, notice: notice)
        self.room = room
        let unlogged = UnloggedBlocks(byteCountMax: parts.sizes.unloggedByteCountMax) { isOverLimit in
            threads.replica.send(.input(.hold(isOverLimit)))
        }
        (index, rows) = try contents.openIndex(notice: notice)
        let openDecisions = contents.openDecisions
        archive = Archive(
            log: contents.log, decisions: recovered.decisions,
            openDecisions: { epoch throws(StorageError) in try openDecisions(epoch, 0) }, index: index, rows: rows,
            suite: parts.genesis.suite,
            unsyncedByteCountMax: parts.sizes.unsyncedLogByteCountMax, room: room)
        checkpoints = parts.checkpoints
        // Without them the node lacks earlier states, nothing else.
        do throws(StorageError) { try parts.checkpoints?.prune(above: head.height) } catch {
            notice(.checkpointFailed(height: head.height, error))
        }
        let snapshotter = try Self.snapshotter(parts, archive, threads, notice)
        self.snapshotter = snapshotter
        flusher = Flusher(
            store: parts.store, checkpoints: parts.checkpoints, snapshotter: snapshotter, archive: archive, room: room,
            threads: threads,
            notice: notice)
        let hasRecords = SharedFlag()
        self.hasRecords = hasRecords
        executor = ExecutorThread(
            executor: recovered.executor, state: contents.state, flusher: flusher, threads: threads,
            hasRecords: hasRecords, keepsCheckpoints: parts.checkpoints.map { $0.countMax > 0 } ?? false,
            snapshotter: snapshotter,
            owesSnapshot: Self.owesSnapshot(
                snapshotter, recovered, applied, hasJoined: archive.heights?.lowerBound ?? 1 > 1))
        let journal = JournalWriter(
            journal: contents.journal, group: parts.genesis.group, room: room, threads: threads, metrics: metrics)
        let archiver = ArchiveThread(
            archive: archive, index: index, unlogged: unlogged, threads: threads, metrics: metrics)
        let recent = RecentBlocks(archive: archive, countMax: parts.sizes.recentBlocksMax)
        let earlier = EarlierThread(
            states: EarlierStates(
                genesis: parts.genesis, rules: recovered.rules, checkpoints: parts.checkpoints,
                limits: parts.sizes.earlier, isStopping: { [isStopping] in isStopping.isSet }
            ) { [archive] height throws(BlockRecordError) in
                if let block = recent.block(at: height) { return block }
                return try archive.block(at: height)
            }, threads: threads)
        let maintainer = IndexMaintainer(index: index, room: room, threads: threads)
        let membership = try Self.membership(recovered)
        let peers = try parts.peers.map { (peers) throws(NodeError) in
            try PeerService(
                peers, Self.roster(peers, parts.genesis, membership, recovered.epochs.current), genesis: parts.genesis,
                deliver: { threads.replica.send(.input($0)) }, notice: notice)
        }
        self.peers = peers
        do throws(NetworkingError) {
            verifier = PooledVerifier(threadCount: NodeLimits.verifierThreads)
            replica = ReplicaThread(
                ReplicaThread.Parts(
                    replica: NetworkReplica(
                        NetworkReplicaStart(
                            genesis: parts.genesis, epoch: recovered.epochs.current, origin: recovered.epochs.origin,
                            end: recovered.epochs.end, gas: recovered.rules.gas,
                            directory: peers?.roster.directory ?? directory,
                            own: parts.peers?.own ?? 0, engines: { Self.engine($0.engine) }, head: head,
                            window: recovered.executor.window, base: recovered.base, further: recovered.further,
                            journal: contents.contents, seed: .random(in: 0...(.max)),
                            invitation: parts.peers?.invitation)),
                    committed: head, limits: parts.genesis.limits, recent: recent, verifier: verifier,
                    keys: parts.keys, threads: threads, room: room, unlogged: unlogged, peers: peers,
                    membership: membership,
                    server: PeerServer(archive: archive, snapshotter: snapshotter, notice: notice),
                    metrics: metrics, notice: notice,
                    onDrained: { _ = drained.send(true) }))
            running = Mutex(
                [
                    try threads.door.start(fail: onFailure) { works throws(NodeError) in for work in works { work() } },
                    try replica.start(), try executor.start(), try journal.start(), try archiver.start(),
                    try threads.reader.start(fail: onFailure) { reads throws(NodeError) in for read in reads { read() }
                    },
                    try earlier.start(), try maintainer.start(), try flusher.start(), try room.start(),
                ] + (try snapshotter.map { (snapshotter) throws(NetworkingError) in [try snapshotter.start()] } ?? []))
        } catch { throw .networking(error) }
        if epoch.orderers.count == 1 { settle() }
        let height = replica.recent.height ?? head.height
        notice(.started(height: height, replayed: height - min(applied, height)))
    }

    /// Waits until what was decided before, and whose blocks the log lacks, is in blocks again: whoever was told of it
    /// finds it at once. Where there are others that may need them, who may be gone.
    private func settle() {
        for _ in 0..<NodeLimits.settlePollsMax {
            let state = replica.state.withLock { $0 }
            if state.stage != .starting, !state.hasUncertified { return }
            usleep(UInt32(NodeLimits.settlePollMilliseconds) * 1000)
        }
    }

    /// Nil where nobody joins.
    private static func snapshotter(
        _ parts: NodeParts, _ archive: Archive, _ threads: NodeThreads,
        _ notice: @escaping @Sendable (NodeNotice) -> Void
    ) throws(NodeError) -> Snapshotter? {
        guard parts.peers != nil, let source = parts.snapshots else { return nil }
        return try Snapshotter(
            genesis: parts.genesis, disk: parts.disk, source: source, archive: archive, threads: threads,
            notice: notice)
    }

    /// Whether the state after the head is still to be cut once it is written: a node may have died before it could cut
    /// that of an epoch's end, and nothing may follow for long. What is written already is cut at once.
    private static func owesSnapshot(
        _ snapshotter: Snapshotter?, _ recovered: NetworkRecovered, _ applied: UInt64, hasJoined: Bool
    ) -> Bool {
        let head = recovered.executor.head
        guard let snapshotter, head.decision > 0 else { return false }
        // Who has just joined keeps what its ledger can be verified from, which begins later than others'.
        let hasJoined = hasJoined && snapshotter.newest == nil
        let isEdge = head.decision == recovered.epochs.origin && snapshotter.newest?.height != head.height
        guard isEdge || hasJoined else { return false }
        guard applied == head.height else { return true }
        snapshotter.keep(head.height)
        return false
    }

    /// The chain's members, as the state says; nil on a chain without.
    private static func membership(_ recovered: NetworkRecovered) throws(NodeError) -> Membership? {
        do throws(StateUnavailable) { return try recovered.executor.membership() } catch {
            throw .execution(error.description)
        }
    }

    /// Whom the node talks with.
    private static func roster(
        _ peers: PeerParts, _ genesis: Genesis, _ membership: Membership?, _ epoch: EpochConfiguration
    ) -> PeerRoster {
        var roster = PeerRoster(peers, genesis: genesis)
        if let membership {
            _ = roster.update(membership, by: Set(epoch.orderers + epoch.certifiers), at: SystemClock.monotonic)
        }
        return roster
    }

    /// From now on the node shows another certificate to the others of its chain, and judges them by other authorities
    /// and revocation lists. Blocks for a moment.
    package func renew(_ credentials: PeerCredentials) throws(NodeError) { try peers?.renew(credentials) }

    private static func engine(_ kind: EngineKind) -> any ConsensusEngine {
        switch kind {
        case .solo: Solo()
        case .raft: Raft()
        case .pbft: PBFT()
        case .fbft: FBFT()
        }
    }

    /// The nodes of the chain. A node alone must be its only orderer and certifier.
    private static func directory(of parts: NodeParts) throws(NodeError) -> NodeDirectory {
        let own = parts.keys.map(\.publicKey)
        guard let peers = parts.peers else {
            for key in parts.genesis.epoch.orderers + parts.genesis.epoch.certifiers where !own.contains(key) {
                throw .notACertifier(own.first ?? key)
            }
            return NodeDirectory(keys: [own])
        }
        guard Int(peers.own) < peers.nodes.count else {
            throw .wrongPeers("the node says it is number \(peers.own) of \(peers.nodes.count) nodes")
        }
        guard Set(peers.nodes[Int(peers.own)].keys).isSubset(of: own) else {
            throw .wrongPeers("the node lacks keys that the list of nodes gives it")
        }
        return NodeDirectory(keys: peers.nodes.map(\.keys))
    }

    /// Takes nothing new, brings what was taken to its end, flushes the state and ends all threads.
    package func stop() {
        room.giveUp(at: SystemClock.monotonic.advanced(byMilliseconds: NodeLimits.drainMillisecondsMax))
        threads.replica.send(.drain)
        if drained.takeAll(waitMilliseconds: NodeLimits.drainMillisecondsMax)?.isEmpty ?? true {
            // Blocks are missing that a flush may wait for; what was confirmed is in the journal.
            flusher.giveUp()
            notice(.notDrained)
        }
        let running = running.withLock { running in
            let threads = running
            running = []
            return threads
        }
        isStopping.isSet = true
        // One after the other, so that each thread finishes what the ones before gave it.
        let closes = [
            threads.door.close, threads.replica.close, threads.executor.close, threads.journal.close,
            threads.archive.close, threads.reader.close, threads.earlier.close, threads.index.close,
        ]
        for (close, thread) in zip(closes, running) {
            close()
            thread.join()
        }
        do throws(StorageError) { try archive.close() } catch { threads.fail(.storage(error)) }
        executor.flushAtEnd()
        threads.flusher.close()
        room.close()
        snapshotter?.giveUp()
        threads.snapshots.close()
        for thread in running.dropFirst(closes.count) { thread.join() }
        verifier.stop()
        peers?.stop()
        if room.hasGivenUp { notice(.notWritten) }
        notice(.stopped(height: archive.height))
    }
}

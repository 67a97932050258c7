internal import Contracts
internal import Cryptography
internal import Ledger
internal import Primitives
internal import Storage

/// How far recovery has come.
package struct RecoveryProgress: Hashable, Sendable {
    package let height: UInt64
    package let last: UInt64
}

/// Brings an executor back from disk: the log is the truth, and the state is a cache of it.
///
/// ```
/// state store ──height s──▶ blocks s+1... from the log ──▶ head
/// ```
/// Every block that is executed again must give the certified result.
struct Recovery {
    private let genesis: Genesis
    private let log: BlockLog
    private let state: GroupState
    private let store: any KeyValueStore
    /// nil if the node keeps none.
    private let checkpoints: Checkpoints?
    let rules: ExecutionRules
    private let genesisDigest: Digest

    init(
        genesis: Genesis, log: BlockLog, state: GroupState, store: any KeyValueStore, checkpoints: Checkpoints?
    ) throws(RecoveryError) {
        guard let rules = ExecutionRules(version: genesis.executionVersion) else {
            throw .unknownExecutionVersion(genesis.executionVersion)
        }
        self.rules = rules
        self.genesis = genesis
        self.log = log
        self.state = state
        self.store = store
        self.checkpoints = checkpoints
        genesisDigest = genesis.digest
    }

    /// Recovers as far as the log goes, or up to its last decision where that is left: it is still to be executed, as is
    /// what follows it. Whether it is left is asked once the state is the one before it; a state that was stored in its
    /// midst goes on from there.
    func run(
        leavingLast isLeft: (_ last: UInt64) throws(RecoveryError) -> Bool, progress: (RecoveryProgress) -> Void
    ) throws(RecoveryError) -> Executor {
        var executor = try executorAtAppliedHeight()
        keepApplied(executor.head.height)
        try replayLog(&executor, leavingLast: isLeft, progress)
        return executor
    }

    /// Whether the log ends with an epoch.
    var endsEpoch: Bool { get throws(RecoveryError) { try endsEpoch(loggedHeight) } }

    /// Whether a block is the last one of an epoch.
    func endsEpoch(_ height: UInt64) throws(RecoveryError) -> Bool {
        height > 0 ? try reader(at: height).certificate.statement.nextEpoch != .zero : false
    }

    /// Whether the log ends before a decision's last block.
    func lacksBlocks(of decision: DecisionRecord) -> Bool {
        decision.certificates.last?.statement.height ?? 0 > loggedHeight
    }

    private var loggedHeight: UInt64 { log.heights?.upperBound ?? 0 }

    // MARK: The state's height

    func executorAtAppliedHeight() throws(RecoveryError) -> Executor {
        try checkWhole()
        let applied = state.store.appliedHeight ?? 0
        guard applied <= loggedHeight else { throw .stateAhead(applied: applied, logged: loggedHeight) }
        var head = Head(genesis: genesis)
        var root = Digest.zero
        if applied > 0 {
            let applied = try reader(at: applied)
            head = Head(header: applied.header, hash: applied.header.hash(in: genesis.suite))
            root = applied.certificate.statement.stateRoot
        }
        guard try stateRoot() == root else { throw .foreignState(applied: applied) }
        return Executor(
            genesis: genesis, head: head, window: try window(at: head), state: state, rules: rules)
    }

    private func checkWhole() throws(RecoveryError) {
        let isUnderWay: Bool
        do throws(StorageError) {
            isUnderWay = try SnapshotRestorer.isUnderWay(in: store, group: genesis.group)
        } catch { throw .storage(error) }
        guard !isUnderWay else { throw .halfRestored }
    }

    /// The root of the state as it is stored.
    private func stateRoot() throws(RecoveryError) -> Digest {
        var tree = StateTree(suite: genesis.suite, cachedPagesMax: 1)
        do throws(StateUnavailable) { return try tree.root(from: state) } catch { throw .state(error) }
    }

    /// The duplicates' window at a block: what the blocks of the last window hold that has not expired.
    private func window(at head: Head) throws(RecoveryError) -> DuplicateWindow {
        var window = DuplicateWindow(countMax: Int(genesis.limits.duplicateWindowCountMax))
        var height = head.height
        while height > 0 {
            let block = try reader(at: height)
            guard DuplicateWindow.reaches(block.header.time, from: head.time, limits: genesis.limits) else { break }
            let (identities, expiries) = try reading(height) { () throws(BlockRecordError) in
                (try block.identities(), try block.expiries())
            }
            for (identity, expiry) in zip(identities, expiries) { window.insert(identity, expiry: expiry) }
            height -= 1
        }
        window.advance(to: head.time)
        return window
    }

    /// What `body` reads of a block that must be in the log.
    private func reading<Value>(
        _ height: UInt64, _ body: () throws(BlockRecordError) -> Value?
    ) throws(RecoveryError) -> Value {
        let value: Value?
        do throws(BlockRecordError) {
            value = try body()
        } catch .unreadable(let error) {
            throw .storage(error)
        } catch {
            throw .damagedBlock(height: height, error)
        }
        guard let value else { throw .brokenChain(height: height) }
        return value
    }

    private func block(at height: UInt64, _ blocks: inout BlocksAhead) throws(RecoveryError) -> CommittedBlock {
        let block = try reading(height) { () throws(BlockRecordError) in try blocks.block(at: height) }
        try check(block.certified.certificate)
        return block
    }

    /// A block of which not all is wanted.
    private func reader(at height: UInt64) throws(RecoveryError) -> BlockRecordReader {
        let reader = try reading(height) { () throws(BlockRecordError) in try log.reader(at: height) }
        try check(reader.certificate)
        return reader
    }

    private func check(_ certificate: BlockCertificate) throws(RecoveryError) {
        let owner = certificate.statement.genesis
        guard owner == genesisDigest else { throw .foreignLog(genesis: owner) }
    }

    // MARK: The log

    /// Executes the blocks that the state lacks, but for the log's last decision if that is held elsewhere: the log may
    /// lack some of its blocks.
    private func replayLog(
        _ executor: inout Executor, leavingLast isLeft: (_ last: UInt64) throws(RecoveryError) -> Bool,
        _ progress: (RecoveryProgress) -> Void
    ) throws(RecoveryError) {
        let last = loggedHeight > 0 ? try reader(at: loggedHeight).header.decision : 0
        var ended = executor.head.height
        var blocks = BlocksAhead(log: log, suite: genesis.suite)
        while executor.head.height < loggedHeight {
            let committed = try block(at: executor.head.height + 1, &blocks)
            let header = committed.header
            guard header.parent == executor.head.hash else { throw .brokenChain(height: header.height) }
            // What is flushed ends with a decision, so that others can follow it.
            if header.decision > executor.head.decision {
                try endDecision(&executor, after: &ended)
                if header.decision == last, try isLeft(last) { return }
            }
            let executed = try replay(
                committed.certified.block, isLastOfDecision: blocks.isLastOfDecision(committed), &executor)
            guard executed.statement == committed.certified.certificate.statement else {
                throw .divergence(height: header.height)
            }
            if header.height.isMultiple(of: Self.progressStep) {
                progress(RecoveryProgress(height: header.height, last: loggedHeight))
            }
        }
        try endDecision(&executor, after: &ended)
    }

    /// Flushes after a decision if there is a reason to; the blocks up to `ended` are of earlier ones.
    private func endDecision(_ executor: inout Executor, after ended: inout UInt64) throws(RecoveryError) {
        guard executor.head.height > ended else { return }
        let heights = ended + 1...executor.head.height
        ended = executor.head.height
        if try keep(heights, &executor) { return }
        if state.store.shouldFlush { try flush(&executor) }
    }

    private func replay(
        _ block: Block, isLastOfDecision: Bool, _ executor: inout Executor
    ) throws(RecoveryError) -> ExecutedBlock {
        do throws(StateUnavailable) { return try executor.replay(block, isLastOfDecision: isLastOfDecision) } catch {
            throw .state(error)
        }
    }

    private func flush(_ executor: inout Executor) throws(RecoveryError) {
        guard let batch = executor.freeze() else { return }
        do throws(StorageError) { try batch.write(to: store) } catch { throw .storage(error) }
        state.store.flushed(batch)
    }

    private static let progressStep: UInt64 = 100

    // MARK: Checkpoints

    /// Keeps the state that is stored, if a crash came between writing it and keeping it.
    private func keepApplied(_ applied: UInt64) {
        let multiple = applied - applied % UInt64(genesis.limits.checkpointInterval)
        // A block that can't be read now costs the checkpoint; whether it matters otherwise shows elsewhere.
        guard multiple > 0, isWanted(applied), let first = try? reader(at: multiple),
            let last = try? reader(at: applied),
            first.header.decision == last.header.decision
        else { return }
        keepStored(applied)
    }

    /// Whether a checkpoint of this height would be among those that are kept in the end.
    private func isWanted(_ height: UInt64) -> Bool {
        guard let checkpoints else { return false }
        let above = loggedHeight > height ? loggedHeight - height : 0
        return above / UInt64(genesis.limits.checkpointInterval) < UInt64(checkpoints.countMax)
    }

    /// Flushes the state after a decision and keeps it, if these heights, the decision's, end with a checkpoint.
    private func keep(
        _ heights: ClosedRange<UInt64>, _ executor: inout Executor
    ) throws(RecoveryError) -> Bool {
        guard genesis.limits.holdsCheckpoint(heights), isWanted(heights.upperBound), hasRoom else { return false }
        try flush(&executor)
        keepStored(heights.upperBound)
        return true
    }

    /// Whether there is room to flush before it must be: a checkpoint is no reason not to start.
    private var hasRoom: Bool {
        let free = (try? store.freeSpace().byteCount) ?? 0
        return free / ReplicaLimits.checkpointRoomFactor
            >= max(state.store.dirtyByteCount, ReplicaLimits.checkpointRoomByteCountMin)
    }

    /// A checkpoint that can't be made is missing then, which is no error. Why not, the next one shows.
    private func keepStored(_ height: UInt64) { try? checkpoints?.store.keep(height) }
}

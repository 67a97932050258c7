package import Contracts
internal import Cryptography
package import Ledger
internal import Primitives
package import Storage

/// How far recovery has come.
package struct RecoveryProgress: Hashable, Sendable {
    package let height: UInt64
    package let last: UInt64
}

/// What recovery gives back.
package struct Recovered {
    package let executor: Executor
    package let rules: ExecutionRules
    /// The newest block that is certified: the executor's head, or one before it.
    package let committed: Head
    /// Decisions that were executed again and whose results nobody has signed, in their order.
    package let uncertified: [ExecutedDecision]
    /// How many blocks were executed again.
    package let replayedBlockCount: UInt64
}

/// Brings a replica back from disk: the log is the truth, the state is a cache of it, and the journal holds what the
/// log may lack.
///
/// ```
/// state store ──height s──▶ blocks s+1... from the log ──▶ decisions from the journal ──▶ head
/// ```
/// Every block that is executed again must give the certified result.
package struct Recovery {
    private let genesis: Genesis
    private let log: BlockLog
    private let state: GroupState
    private let store: any KeyValueStore
    private let contents: JournalContents
    /// nil if the node keeps none.
    private let checkpoints: Checkpoints?
    let rules: ExecutionRules
    private let genesisDigest: Digest

    /// `rules` are those of the chain's execution version unless others are given.
    package init(
        genesis: Genesis, log: BlockLog, state: GroupState, store: any KeyValueStore, contents: JournalContents,
        checkpoints: Checkpoints? = nil, rules: ExecutionRules? = nil
    ) throws(RecoveryError) {
        guard let rules = rules ?? ExecutionRules(version: genesis.executionVersion) else {
            throw .unknownExecutionVersion(genesis.executionVersion)
        }
        self.rules = rules
        self.genesis = genesis
        self.log = log
        self.state = state
        self.store = store
        self.contents = contents
        self.checkpoints = checkpoints
        genesisDigest = genesis.digest
    }

    /// Recovers, and reports now and then how far it has come.
    package func run(progress: (RecoveryProgress) -> Void) throws(RecoveryError) -> Recovered {
        var executor = try executorAtAppliedHeight()
        let applied = executor.head.height
        try keepApplied(applied)
        try checkJournal()
        try replayLog(&executor, leavingLast: contents.holds, progress)
        let (committed, uncertified) = try replayJournal(&executor)
        do throws(StorageError) { try log.sync() } catch { throw .storage(error) }
        return Recovered(
            executor: executor, rules: rules, committed: committed, uncertified: uncertified,
            replayedBlockCount: executor.head.height - applied)
    }

    /// Recovers as far as the log goes, or up to its last decision where that is left: it is still to be executed, as is
    /// what follows it. Whether it is left is asked once the state is the one before it; a state that was stored in its
    /// midst goes on from there.
    package func runLog(
        leavingLast isLeft: (_ last: UInt64) throws(RecoveryError) -> Bool, progress: (RecoveryProgress) -> Void
    ) throws(RecoveryError) -> Executor {
        var executor = try executorAtAppliedHeight()
        try keepApplied(executor.head.height)
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

    private func executorAtAppliedHeight() throws(RecoveryError) -> Executor {
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

    /// A decision stays in the journal until its blocks are in the log, and is let go of with all before it. (What a node
    /// on a network has taken from others never was in its journal; that it lost its own, its peers will show.)
    private func checkJournal() throws(RecoveryError) {
        let last = loggedHeight > 0 ? try reader(at: loggedHeight).header.decision : 0
        guard contents.newestDecision >= last else {
            throw .journalBehind(decision: contents.newestDecision, logged: last)
        }
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
            // What is flushed ends with a decision, so that the journal's decisions can follow it.
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
    private func keepApplied(_ applied: UInt64) throws(RecoveryError) {
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

    /// Flushes the state after a decision and keeps it, if these heights, the decision's, end with a checkpoint. What
    /// the log has of the decision is made durable before, as the state must never be ahead of the log.
    @discardableResult private func keep(
        _ heights: ClosedRange<UInt64>, _ executor: inout Executor
    ) throws(RecoveryError) -> Bool {
        guard genesis.limits.holdsCheckpoint(heights), isWanted(heights.upperBound), hasRoom else { return false }
        do throws(StorageError) { try log.sync() } catch { throw .storage(error) }
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

    // MARK: The journal

    /// Executes the decisions of the journal that the state lacks. Their blocks are compared with the log, or with
    /// the certificates in the journal and then logged; what has neither is given back.
    private func replayJournal(
        _ executor: inout Executor
    ) throws(RecoveryError) -> (committed: Head, uncertified: [ExecutedDecision]) {
        var committed = executor.head
        var uncertified: [ExecutedDecision] = []
        for record in contents.decisions where record.number > executor.head.decision {
            guard record.number == executor.head.decision + 1 else {
                throw .missingDecision(executor.head.decision + 1)
            }
            let executed = try execute(record, &executor)
            // After a decision that nobody has signed none is certain, whatever was signed of it.
            if uncertified.isEmpty, try settle(executed) {
                committed = executor.head
                try keep(executed.heights, &executor)
            } else {
                uncertified.append(executed)
            }
        }
        guard executor.head.height >= loggedHeight else {
            throw .divergence(height: executor.head.height + 1)
        }
        return (committed, uncertified)
    }

    private func execute(
        _ record: (number: UInt64, value: [UInt8], sequence: UInt64), _ executor: inout Executor
    ) throws(RecoveryError) -> ExecutedDecision {
        let decision = Decision(
            number: record.number, value: record.value, check: StatelessCheck(terms: genesis.terms))
        do throws(StateUnavailable) { return try executor.execute(decision) } catch { throw .state(error) }
    }

    /// Compares a decision's blocks with what was certified, and logs those that the log lacks. False if nobody has
    /// signed them.
    private func settle(_ decision: ExecutedDecision) throws(RecoveryError) -> Bool {
        let certificates = contents.certificates(of: decision.number)
        for (index, executed) in decision.blocks.enumerated() {
            let height = executed.statement.height
            if height <= loggedHeight {
                guard try reader(at: height).certificate.statement == executed.statement else {
                    throw .divergence(height: height)
                }
                continue
            }
            guard let certificates, certificates.indices.contains(index) else {
                guard index == 0 else { throw .missingCertificates(decision: decision.number) }
                return false
            }
            guard certificates[index].statement == executed.statement else { throw .divergence(height: height) }
            do throws(StorageError) {
                try log.append(CommittedBlock(executed, certificate: certificates[index]))
                if log.bufferedByteCount >= ReplicaLimits.recoverySyncByteCount { try log.sync() }
            } catch { throw .storage(error) }
        }
        return true
    }
}

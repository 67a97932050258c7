package import Contracts
internal import Dissemination
package import Ledger
internal import Primitives
package import Storage

/// Brings a replica on a network back from disk: the blocks of the log are executed again; what was decided beyond them
/// the replica itself goes through again.
///
/// ```
/// state store ──height s──▶ blocks s+1... from the log ──▶ end of decision d ──▶ NetworkReplica, with the record of d
/// ```
/// Decisions are logged before their blocks. So if the log has a part of its last decision, and that one is held whole, d
/// is the one before it. Whose state was stored in the midst of it goes on as a follower.
package struct NetworkRecovered {
    package let executor: Executor
    package let rules: ExecutionRules
    /// Of the decision that follows.
    package let epochs: EpochTracker
    /// The log of its decisions.
    package let decisions: BlockLog
    /// The record of the executor's last decision; nil before the first.
    package let base: LoggedDecision?
    /// Those after it.
    package let further: [DecisionRecord]
}

extension NetworkRecovered {
    /// The folder of an epoch's decision log.
    package static func decisionsFolder(of epoch: UInt64) -> String { "decisions-\(epoch)" }

    package init(
        genesis: Genesis, log: BlockLog, state: GroupState, store: any KeyValueStore, contents: JournalContents,
        checkpoints: Checkpoints? = nil, progress: (RecoveryProgress) -> Void = { _ in },
        openDecisions: (_ epoch: UInt64, _ requiredDecision: UInt64) throws(StorageError) -> BlockLog
    ) throws(RecoveryError) {
        let recovery = try Recovery(
            genesis: genesis, log: log, state: state, store: store, checkpoints: checkpoints)
        // The log's last decision is of the epoch that the replica goes on in, unless it ends its own and so is whole.
        var opened: BlockLog?
        func decisions(in epochs: EpochTracker) throws(RecoveryError) -> BlockLog {
            if let opened { return opened }
            let required = contents.loggedDecision > epochs.origin ? contents.loggedDecision : 0
            do throws(StorageError) {
                let log = try openDecisions(epochs.current.number, required)
                opened = log
                return log
            } catch { throw .storage(error) }
        }
        executor = try recovery.run(
            leavingLast: { last throws(RecoveryError) in
                guard try !recovery.endsEpoch else { return false }
                let log = try decisions(in: Self.epochs(of: last, genesis, state))
                return try Self.decision(last, in: log).map { recovery.lacksBlocks(of: $0.record) }
                    ?? contents.holds(last)
            }, progress: progress)
        rules = recovery.rules
        let last = executor.head.decision
        // Whoever follows may have a part of the last decision only.
        let isEnd = try recovery.endsEpoch(executor.head.height)
        epochs = try Self.epochs(of: isEnd ? last + 1 : max(1, last), genesis, state)
        self.decisions = try decisions(in: epochs)
        try Self.checkJournal(contents, self.decisions, epochs.current)
        let base = try Self.decision(last, in: self.decisions)
        let isPart = base.map { recovery.lacksBlocks(of: $0.record) } ?? false
        self.base = isPart ? nil : base
        // Whoever follows logs no decisions.
        guard self.base != nil || last == epochs.origin else {
            further = []
            return
        }
        var further: [DecisionRecord] = []
        while let next = try Self.decision(last + 1 + UInt64(further.count), in: self.decisions) {
            further.append(next.record)
        }
        self.further = further
    }

    /// A decision is in the journal before it is in any log, and stays there until it is durable in the logs. Only what
    /// comes from others never was in it; and that it lost its own, they show a node. A node alone would lose, or do again,
    /// what it has told of.
    private static func checkJournal(
        _ contents: JournalContents, _ decisions: BlockLog, _ epoch: EpochConfiguration
    ) throws(RecoveryError) {
        guard epoch.orderers.count == 1, let last = decisions.heights?.upperBound, last > contents.newestDecision
        else { return }
        throw .journalBehind(decision: contents.newestDecision, logged: last)
    }

    private static func epochs(
        of decision: UInt64, _ genesis: Genesis, _ state: GroupState
    ) throws(RecoveryError) -> EpochTracker {
        do throws(StateUnavailable) { return try EpochTracker(of: decision, genesis: genesis, state: state) } catch {
            throw .state(error)
        }
    }

    /// What the log of decisions holds of one; nil outside of it.
    private static func decision(_ number: UInt64, in log: BlockLog) throws(RecoveryError) -> LoggedDecision? {
        let bytes: [UInt8]?
        do throws(StorageError) { bytes = try log.read(height: number) } catch { throw .storage(error) }
        guard let bytes else { return nil }
        do throws(CodingError) { return try LoggedDecision(canonicalBytes: bytes) } catch {
            throw .damagedDecision(number, error)
        }
    }
}

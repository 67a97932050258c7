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
            genesis: genesis, log: log, state: state, store: store, contents: contents, checkpoints: checkpoints)
        executor = try recovery.runLog(progress: progress)
        rules = recovery.rules
        let last = executor.head.decision
        // Whoever follows may have a part of the last decision only.
        let isEnd = try recovery.endsEpoch(executor.head.height)
        let epochs: EpochTracker
        do throws(StateUnavailable) {
            var tracker = try EpochTracker(of: max(1, last), genesis: genesis, state: state)
            if isEnd { try tracker.advance(to: last + 1, in: state) }
            epochs = tracker
        } catch { throw .state(error) }
        let decisions: BlockLog
        do throws(StorageError) {
            let required = contents.loggedDecision > epochs.origin ? contents.loggedDecision : 0
            decisions = try openDecisions(epochs.current.number, required)
        } catch { throw .storage(error) }
        (self.epochs, self.decisions) = (epochs, decisions)
        let isLogged = decisions.heights?.contains(last) ?? false
        base = isLogged ? try Self.decision(last, in: decisions) : nil
        // Whoever follows logs no decisions.
        guard isLogged || last == epochs.origin else {
            further = []
            return
        }
        var further: [DecisionRecord] = []
        var next = last + 1
        while next <= decisions.heights?.upperBound ?? 0 {
            further.append(try Self.decision(next, in: decisions).record)
            next += 1
        }
        self.further = further
    }

    private static func decision(_ number: UInt64, in log: BlockLog) throws(RecoveryError) -> LoggedDecision {
        let bytes: [UInt8]?
        do throws(StorageError) { bytes = try log.read(height: number) } catch { throw .storage(error) }
        guard let bytes else { throw .missingDecision(number) }
        do throws(CodingError) { return try LoggedDecision(canonicalBytes: bytes) } catch {
            throw .damagedDecision(number, error)
        }
    }
}

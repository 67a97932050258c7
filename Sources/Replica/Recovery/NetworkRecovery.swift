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
    /// The record of the executor's last decision; nil before the first.
    package let base: LoggedDecision?
    /// Those after it.
    package let further: [DecisionRecord]
}

extension NetworkRecovered {
    /// The decision log's folder.
    package static let decisionsFolder = "decisions"

    package init(
        genesis: Genesis, log: BlockLog, decisions: BlockLog, state: GroupState, store: any KeyValueStore,
        contents: JournalContents, checkpoints: Checkpoints? = nil, progress: (RecoveryProgress) -> Void = { _ in }
    ) throws(RecoveryError) {
        let recovery = try Recovery(
            genesis: genesis, log: log, state: state, store: store, contents: contents, checkpoints: checkpoints)
        executor = try recovery.runLog(progress: progress)
        rules = recovery.rules
        let last = executor.head.decision
        base = last > 0 ? try Self.decision(last, in: decisions) : nil
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

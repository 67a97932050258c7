package import Ledger
package import Primitives
package import Storage

/// Why a chain could not be brought back from disk.
package enum RecoveryError: Error, Sendable {
    case storage(StorageError)
    case state(StateUnavailable)
    /// A block in the log, or a record in the journal, does not decode.
    case damagedBlock(height: UInt64, BlockRecordError)
    case damagedRecord(sequence: UInt64, CodingError)
    /// The log is of another chain.
    case foreignLog(genesis: Digest)
    /// A block does not follow the one before it.
    case brokenChain(height: UInt64)
    /// Executing the block again gives another result than the certified one.
    case divergence(height: UInt64)
    /// The state is of a later height than the log.
    case stateAhead(applied: UInt64, logged: UInt64)
    /// The decision log of a node alone goes on to decision `logged`, after the last one that the journal knows of.
    case journalBehind(decision: UInt64, logged: UInt64)
    /// The state is not that of the block at its height: of another chain, or damaged.
    case foreignState(applied: UInt64)
    /// The state was being restored from a snapshot, and that did not come to its end.
    case halfRestored
    /// A decision in the decision log does not decode.
    case damagedDecision(UInt64, CodingError)
    case unknownExecutionVersion(UInt32)
}

extension RecoveryError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .storage(let error): "\(error)"
        case .state(let error): "\(error)"
        case .damagedBlock(let height, let error):
            "block \(height) of the log does not decode: \(error); restore the log from a peer or a backup"
        case .damagedRecord(let sequence, let error):
            "record \(sequence) of the journal does not decode: \(error); was it written by another version?"
        case .foreignLog(let genesis):
            "the block log is of another chain (genesis \(genesis)); give the node the folder of its own chain"
        case .brokenChain(let height):
            "block \(height) of the log does not follow block \(height - 1); restore the log from a peer or a backup"
        case .divergence(let height):
            "executing block \(height) again gives another result than the certified one; the log or this program is "
                + "not what it was: check the disk, and the program's version"
        case .stateAhead(let applied, let logged):
            "the state is of height \(applied), but the log ends at \(logged); if the log is whole, remove the folder "
                + "\"state\", which is rebuilt from the log"
        case .journalBehind(let decision, let logged):
            "the journal ends with decision \(decision), but the log goes on to decision \(logged): what the journal "
                + "had synced is lost; check the disk, and restore the folder from a backup"
        case .foreignState(let applied):
            "the state says that it is of height \(applied), but it is not what block \(applied) of this chain was "
                + "certified with; remove the folder \"state\", which is rebuilt from the log"
        case .halfRestored:
            "the state was being restored from a snapshot and is not whole; let that come to its end"
        case .damagedDecision(let number, let error):
            "decision \(number) of the decision log does not decode: \(error); restore the folder from a peer or a backup"
        case .unknownExecutionVersion(let version):
            "the chain goes by execution version \(version), which this program does not carry; use a newer program"
        }
    }
}

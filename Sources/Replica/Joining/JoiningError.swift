package import Ledger
package import Storage

/// Why what joining needs could not be written or read here.
package enum JoiningError: Error, Sendable {
    case storage(StorageError)
    case snapshot(SnapshotError)
    case state(StateUnavailable)
    case block(height: UInt64, BlockRecordError)
    /// Blocks before the state are missing.
    case incomplete(height: UInt64)
}

extension JoiningError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .storage(let error): "\(error)"
        case .snapshot(let error): "\(error)"
        case .state(let error): "\(error)"
        case .block(let height, let error): "block \(height): \(error)"
        case .incomplete(let height): "block \(height) and those before it are not there that the state needs"
        }
    }
}

internal import Cryptography
internal import HTTP
internal import Ledger
internal import Networking

/// Why a request to a node, or the use of a key, did not succeed.
public enum ClientError: Error, Sendable, CustomStringConvertible {
    /// The node could not be reached, or did not answer as a node does.
    case connection(String)
    /// The connection failed while a transaction was on its way: it may or may not take effect. Ask for its receipt
    /// before making another.
    case uncertain(transaction: String, reason: String)
    /// The node refused, with its code and reason.
    case refused(code: Int, reason: String)
    /// A key could not be made, opened or used.
    case key(String)
    /// What was given to the client can't be used.
    case invalid(String)
    /// A proof proves nothing.
    case proof(String)

    /// The cause, and where there is one the remedy.
    public var description: String {
        switch self {
        case .connection(let reason), .key(let reason), .invalid(let reason), .proof(let reason): reason
        case .uncertain(let transaction, let reason):
            "\(reason); transaction \(transaction) may or may not take effect"
        case .refused(let code, let reason): "\(reason) (code \(code))"
        }
    }
}

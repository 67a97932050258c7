package import Cryptography
package import Networking
package import Replica
package import Storage

/// Why a node could not start, or had to end.
package enum NodeError: Error, Sendable {
    case storage(StorageError)
    case recovery(RecoveryError)
    case networking(NetworkingError)
    case key(KeyError)
    /// The key is not that of a certifier of the chain.
    case notACertifier(PublicKey)
    /// What a node with peers is told of itself does not fit the chain.
    case wrongPeers(String)
    /// The node can't join its chain.
    case joining(String)
    /// The node was told to stop before it had started.
    case stopped
    /// The replica stands still for good.
    case halted(ReplicaHalt)
    /// The executor could not go on.
    case execution(String)
    /// A thread of the node had more waiting than it may.
    case overrun(thread: String)
}

extension NodeError {
    /// What `body` gives, or its failure as the node's.
    static func storage<Value>(_ body: () throws(StorageError) -> Value) throws(NodeError) -> Value {
        do throws(StorageError) { return try body() } catch { throw .storage(error) }
    }
}

extension NodeError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .storage(let error): "\(error)"
        case .recovery(let error): "\(error)"
        case .networking(let error): "\(error)"
        case .key(let error): "\(error)"
        case .notACertifier(let key):
            "the node's key, \(key), is not among the chain's certifiers; use the key that the chain was created with"
        case .wrongPeers(let text): text
        case .joining(let text): "the node can't join its chain: \(text)"
        case .stopped: "the node was stopped before it had started"
        case .halted(let reason): "\(reason)"
        case .execution(let text): "the chain's state can't be read: \(text)"
        case .overrun(let thread): "the \(thread) has more messages waiting than it may hold"
        }
    }
}

internal import Networking
internal import Replica
internal import Storage

/// Owns the states of earlier heights that are open: answers questions about them, and lets go of old checkpoints, so
/// that none goes while it is read.
///
/// It is `@unchecked Sendable` because the states are touched on its thread only.
final class EarlierThread: @unchecked Sendable {
    enum Message: Sendable {
        case ask(@Sendable (inout EarlierStates) -> Void)
        /// A checkpoint was added.
        case prune
    }

    private var states: EarlierStates
    private let threads: NodeThreads

    init(states: EarlierStates, threads: NodeThreads) {
        self.states = states
        self.threads = threads
    }

    func start() throws(NetworkingError) -> DedicatedThread {
        try threads.earlier.start(fail: threads.fail) { [self] messages throws(NodeError) in
            for message in messages {
                switch message {
                case .ask(let question): question(&states)
                // What can't be removed now is after the next checkpoint, or at the next start.
                case .prune: try? states.prune()
                }
            }
        }
    }
}

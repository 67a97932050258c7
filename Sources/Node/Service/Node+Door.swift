internal import Ledger
package import Primitives
internal import Replica
internal import Synchronization

extension Node {
    /// Does something with what a client sent in bulk, such as decoding it, on a thread that may take its time; what is
    /// given first is done first. False if too much waits.
    package func atDoor(_ body: @escaping @Sendable () -> Void) -> Bool { threads.door.offer(body) }

    /// Has block time pass `time` once the clock has, if need be by an empty block: somebody waits for it.
    package func awaitBlockTime(_ time: Timestamp) { _ = threads.replica.offer(.awaitTime(time)) }

    /// Has `body` run whenever blocks were committed, with the height of the newest, up to which they can be read then.
    ///
    /// It runs on the thread that answers submissions, and must not keep it: who was told that a transaction was taken
    /// has been told so before it hears of the block that holds it.
    package func onCommit(_ body: @escaping @Sendable (UInt64) -> Void) { replica.commits.add(body) }
}

/// Those who are told of every commit.
final class CommitWatch: Sendable {
    private let bodies = Mutex<[@Sendable (UInt64) -> Void]>([])

    func add(_ body: @escaping @Sendable (UInt64) -> Void) { bodies.withLock { $0.append(body) } }

    func tell(_ height: UInt64) {
        for body in bodies.withLock({ $0 }) { body(height) }
    }
}

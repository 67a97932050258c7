internal import Synchronization

/// A number that only grows, from any thread.
package final class Counter: Sendable {
    private let atomic = Atomic<UInt64>(0)

    package init() {}

    package var value: UInt64 { atomic.load(ordering: .relaxed) }

    package func add(_ count: Int = 1) { atomic.add(UInt64(count), ordering: .relaxed) }
}

import Networking

/// Runs work later, on a thread of its own: tests wait on the threads of tasks, which would then have none left.
enum Delays {
    private static let loop: EventLoop? = try? EventLoop(name: "delays")

    static func run(afterMilliseconds milliseconds: UInt64, _ work: @Sendable @escaping () -> Void) {
        guard let loop else { return work() }
        loop.post { loop.schedule(afterMilliseconds: milliseconds, work) }
    }
}

internal import Consensus
internal import Primitives

// Clients.
extension Simulation {
    private static let waitingCommandsMax: UInt64 = 2000

    /// Clients ask for something, at all nodes that are up, until the network heals.
    func submit() throws {
        guard !hasHealed else { return }
        // Now and then they pause.
        let isPause = generator.next() % 100 == 0 && options.steadyClientMilliseconds == nil
        let pause: UInt64 = isPause ? 1_500_000_000 : 0
        let delay = plan.clientNanoseconds / 2 + generator.next() % plan.clientNanoseconds
        queue.insert(.client, at: nanoseconds + pause + delay)
        // Clients whose commands wait ask for no more.
        let waitingCount = checker.submittedCount - UInt64(checker.orderedCount)
        guard options.isSaturated || waitingCount < Self.waitingCommandsMax else { return }
        let first = checker.submittedCount + 1
        checker.submittedCount += plan.commandsPerSubmission
        for process in processes where process.isUp {
            for command in first...checker.submittedCount { process.take(command) }
            try give(.pending, to: process.number)
        }
        if options.engine == .raft, let process = processes.filter(\.isUp).randomElement(using: &generator) {
            try give(.read(EngineToken(number: checker.reads.ask(after: checker.decided))), to: process.number)
        }
    }
}

internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives
internal import Storage

/// A network of orderers on one seed: its clients, its clocks, its links, its disks and its liars.
///
/// While it is busy faults of all kinds go on; then everything heals, but for those who lie or whose disks are gone, and
/// what clients asked for must come to its end within a bound. Whatever happens is a function of the options alone.
package final class Simulation: FaultySimulation {
    enum Event {
        case deliver(Packet, from: Int, to: Int)
        case timer(EngineToken, process: Int, life: Int)
        case verified(EngineToken, [Bool], process: Int, life: Int)
        case synced(process: Int, life: Int)
        case executed(UInt64, process: Int, life: Int)
        case fetch(process: Int, life: Int, attempt: UInt64)
        case client
        case fault
        case restart(process: Int)
        case crash(PlannedCrash)
        case notice(place: Int, isUp: Bool)
        /// Its disk has room again.
        case room(process: Int)
        case heal
    }

    /// What processes say to each other.
    enum Packet {
        case engine([UInt8])
        case fetch(from: UInt64)
        case decisions([KeptDecision])

        /// About what it would take on a line.
        var byteCount: Int {
            switch self {
            case .engine(let bytes): bytes.count
            case .fetch: 8
            case .decisions(let decisions):
                decisions.reduce(0) { $0 + 8 + $1.value.count + ($1.proof?.count ?? 0) }
            }
        }
    }

    let options: SimulationOptions
    let plan: SimulationPlan
    var generator: SeededGenerator
    var queue = EventQueue<Event>()
    var network: VirtualNetwork
    let signatures: Signatures
    let epoch: EpochConfiguration
    let context: Digest
    var processes: [EngineProcess] = []
    /// By place: one, or two that are twins.
    private(set) var processesAt: [[Int]]
    var misbehaviours: [Misbehaviour] = []
    var checker: DecisionChecker
    var nanoseconds: UInt64 = 1
    var hasHealed = false
    /// How many commands were not decided when everything healed.
    private var backlog = 0
    var nextMark: UInt64 = 0
    package internal(set) var summary = SimulationSummary()
    /// When each decision was first made by somebody who counts, in virtual nanoseconds.
    package internal(set) var decisionNanoseconds: [UInt64] = []
    /// How many commands each ordered.
    package internal(set) var decisionCommandCounts: [Int] = []
    package var trace = MessageTrace()
    /// Reused.
    var effects: [EngineEffect] = []

    package init(_ options: SimulationOptions) throws {
        self.options = options
        generator = SeededGenerator(seed: options.seed &* 0x5851_F42D_4C95_7F2D &+ UInt64(options.nodeCount))
        signatures = try Signatures(count: options.nodeCount, signing: options.signing, generator: &generator)
        epoch = EpochConfiguration(
            number: 0, engine: options.engine, verification: .all, orderers: signatures.keys,
            certifiers: signatures.keys)
        context = Suite.international.hash(Array("simulation".utf8))
        plan = SimulationPlan(options, &generator)
        network = VirtualNetwork(
            count: options.nodeCount, latency: plan.latency, lossPermille: plan.lossPermille,
            repeatPermille: plan.repeatPermille, bandwidth: options.bandwidth)
        checker = DecisionChecker(
            engine: options.engine, context: context, suite: Self.suite, signatures: signatures)
        processesAt = Array(repeating: [], count: options.nodeCount)
        makeProcesses()
    }

    static let suite = Suite.international

    private func makeProcesses() {
        let twins = (0..<options.nodeCount).filter { plan.actors[$0].contains(.equivocator) }
        for (number, place) in (Array(0..<options.nodeCount) + twins).enumerated() {
            let process = EngineProcess(number: number, place: place)
            process.actors = plan.actors[place]
            if options.faults.contains(.clock) { process.clockPermille = 900 + generator.next() % 200 }
            processes.append(process)
            processesAt[place].append(number)
            misbehaviours.append(Misbehaviour(actors: process.actors, seed: generator.next()))
        }
    }

    // MARK: The run

    /// Runs to the end. Throws what is wrong, with its time.
    package func run(progress: (SimulationSummary) -> Void = { _ in }) throws {
        do {
            for process in processes.indices { try start(process) }
            queue.insert(.client, at: 1)
            for crash in options.crashes {
                queue.insert(.crash(crash), at: crash.milliseconds.lowerBound * 1_000_000)
            }
            queue.insert(.heal, at: plan.busyNanoseconds)
            if plan.hasTimedFaults { queue.insert(.fault, at: nanoseconds + 100_000_000) }
            while try step() { if summary.events % 100_000 == 0 { progress(summary) } }
            finish()
        } catch var failure as SimulationFailure {
            failure.nanoseconds = nanoseconds
            finish()
            throw failure
        }
    }

    /// Lets the next thing happen. False if all is done.
    private func step() throws -> Bool {
        guard let (time, event) = queue.popFirst() else {
            guard hasHealed else { throw SimulationFailure(.liveness, "nothing is left to happen") }
            return try !isDone()
        }
        nanoseconds = max(nanoseconds, time)
        summary.events += 1
        summary.traceHash.mix(nanoseconds)
        if !hasHealed, summary.events >= options.eventsMax { try heal() }
        try happen(event)
        return try !isDone()
    }

    private func happen(_ event: Event) throws {
        switch event {
        case .deliver(let packet, let sender, let receiver): try deliver(packet, from: sender, to: receiver)
        case .timer(let token, let process, let life):
            if isAlive(process, life) { try give(.timer(token), to: process) }
        case .verified(let token, let mask, let process, let life):
            if isAlive(process, life) { try give(.verified(token, mask), to: process) }
        case .synced(let process, let life): if isAlive(process, life) { try sync(process) }
        case .executed(let decision, let process, let life):
            guard isAlive(process, life) else { break }
            checker.executed[process] = max(checker.executed[process], decision)
            try give(.executed(decision: decision), to: process)
        case .fetch(let process, let life, let attempt):
            if isAlive(process, life), processes[process].fetchAttempt == attempt { try fetch(process) }
        case .client: try submit()
        case .fault: try injectFault()
        case .restart(let process): if !processes[process].isUp { try restart(process) }
        case .crash(let planned):
            let end = planned.milliseconds.upperBound * 1_000_000
            crash(planned.place, losesPower: !planned.isNoticed, until: end)
        case .notice(let place, let isUp): try notice(place, isUp: isUp)
        case .room(let process): processes[process].disk.faults.capacity = nil
        case .heal: try heal()
        }
    }

    func isAlive(_ process: Int, _ life: Int) -> Bool { processes[process].isUp && processes[process].life == life }

    private func finish() {
        summary.virtualNanoseconds = nanoseconds
        summary.decisions = UInt64(checker.history.count)
        summary.commands = UInt64(checker.orderedCount)
        summary.faults.lost = network.lostCount
        summary.faults.repeated = network.repeatedCount
        summary.faults.blocked = network.blockedCount
        summary.faults.lies = misbehaviours.reduce(0) { $0 + $1.count }
        summary.proofs = checker.proofCount
        summary.reads = checker.reads.count
    }

    func insertFault(at nanoseconds: UInt64) { queue.insert(.fault, at: nanoseconds) }
    func insertRestart(of process: Int, at nanoseconds: UInt64) {
        queue.insert(.restart(process: process), at: nanoseconds)
    }
    func insertRoom(for process: Int, at nanoseconds: UInt64) {
        queue.insert(.room(process: process), at: nanoseconds)
    }
    func insertNotice(of place: Int, isUp: Bool, at nanoseconds: UInt64) {
        queue.insert(.notice(place: place, isUp: isUp), at: nanoseconds)
    }
    func tell(_ process: Int, of place: Int, isConnected: Bool) throws {
        try give(isConnected ? .connected(UInt32(place)) : .disconnected(UInt32(place)), to: process)
    }
    private func restart(_ process: Int) throws {
        try start(process)
        insertNotice(of: processes[process].place, isUp: true, at: nanoseconds + 1_000_000)
    }
    var furtherFaults: [() throws -> Void] { [] }

    // MARK: The end

    private func heal() throws {
        guard !hasHealed else { return }
        hasHealed = true
        backlog = Int(checker.submittedCount) - checker.orderedCount
        network.heal()
        summary.healedNanoseconds = nanoseconds
        for process in processes where !process.isRetired {
            process.disk.faults = .init()
            if !process.isUp { try start(process.number) }
            for command in 1...max(1, checker.submittedCount) where command <= checker.submittedCount {
                process.take(command)
            }
            if process.hasCommands { try give(.pending, to: process.number) }
            if process.hasUnsynced { scheduleSync(process.number) }
        }
        for process in processes where process.isUp && options.faults != .none {
            for place in 0..<options.nodeCount where place != process.place && process.isUp {
                try give(.connected(UInt32(place)), to: process.number)
            }
        }
    }

    /// Whether everything that was asked for is decided, durably, at everybody who counts.
    private func isDone() throws -> Bool {
        guard hasHealed else { return false }
        guard nanoseconds <= summary.healedNanoseconds + plan.livenessBoundNanoseconds(for: backlog) else {
            let late = processes.filter { $0.isHonest && !$0.isRetired && !isComplete($0) }
            throw SimulationFailure(
                .liveness,
                "\(late.map(\.place)) lack some of \(checker.submittedCount) commands: "
                    + late.map { "\($0.engine.status)" }.joined(separator: "; "))
        }
        guard checker.orderedCount == Int(checker.submittedCount) else { return false }
        return processes.allSatisfy { !$0.isHonest || $0.isRetired || isComplete($0) }
    }

    private func isComplete(_ process: EngineProcess) -> Bool {
        process.isUp && process.durableDecision == UInt64(checker.history.count)
            && checker.orderedCount == Int(checker.submittedCount)
    }
}

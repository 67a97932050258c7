internal import Consensus
internal import Ledger
internal import Primitives

/// What a seed draws before anything happens.
struct SimulationPlan {
    let latency: LatencyModel
    let lossPermille: UInt64
    let repeatPermille: UInt64
    /// By place.
    let actors: [[Actor]]
    /// By place, which of two twins talks to it.
    let reach: [Reach]
    enum Reach: Sendable {
        case first
        case second
        case both
    }
    /// Where epochs change, the one whose disk may be put back to an old copy.
    let oldCopy: Int?
    /// How many more may fail for good.
    let retirableCount: Int
    let busyNanoseconds: UInt64
    let clientNanoseconds: UInt64
    let syncNanoseconds: UInt64
    let executionNanoseconds: UInt64
    /// How long a check of signatures takes at most; 0 if it is done at once.
    let verificationNanoseconds: UInt64
    /// How many commands a value has at most, and clients send at once.
    let commandsPerValue: Int
    let commandsPerSubmission: UInt64
    let hasTimedFaults: Bool
    /// Between two faults, and how long one lasts, at most.
    let pauseNanosecondsMax: UInt64
    let faultNanosecondsMax: UInt64
    let viewTimeoutMilliseconds: UInt64
    /// How long a new leader may take to be found after everything has healed.
    let settlingNanoseconds: UInt64

    private static let longRunMilliseconds: UInt64 = 60_000

    /// How long after healing so many commands must be decided: each decision takes some messages and syncs.
    func livenessBoundNanoseconds(for commandCount: Int) -> UInt64 {
        settlingNanoseconds + UInt64(commandCount / CommandValue.commandsMax + 1) * 1_000_000_000
    }

    init(_ options: SimulationOptions, _ generator: inout SeededGenerator) {
        let drawn: [LatencyModel] = [
            .fixed(microseconds: 200), .uniform(microseconds: 50...2000), .uniform(microseconds: 1000...80_000),
            .longTailed(microseconds: 300),
        ]
        let choice = Int(generator.next() % UInt64(drawn.count))
        latency = options.latency ?? drawn[choice]
        let isLossy = options.faults.contains(.loss) && generator.next() % 2 == 0
        lossPermille = isLossy ? generator.next() % 150 : 0
        repeatPermille = isLossy ? generator.next() % 100 : 0
        let rule = QuorumRule(model: options.engine.faultModel, count: options.nodeCount)
        let budget = rule.faultCountMax
        let liars = options.faults.contains(.byzantine) && rule.model == .byzantine ? budget : 0
        let liarCount = generator.next() % 4 == 0 ? Int(generator.next() % UInt64(liars + 1)) : liars
        let kinds = Actor.allCases.filter { options.changes != nil || !Actor.ofEpochs.contains($0) }
        let drawnActors = Self.drawActors(liarCount, of: options.nodeCount, kinds, &generator)
        actors = drawnActors.map { $0.isEmpty ? [] : options.actors ?? $0 }
        // Most hear both twins.
        reach = (0..<options.nodeCount).map { _ in [.first, .second, .both, .both][Int(generator.next() % 4)] }
        // Who is in an epoch must be there, and what it bears differs.
        retirableCount = options.changes == nil ? budget - liarCount : 0
        let changesAndForgets = options.changes != nil && options.oldCopies != nil
        oldCopy = changesAndForgets ? Int(options.seed % UInt64(options.nodeCount)) : nil
        busyNanoseconds = (options.busyMilliseconds ?? 1000 + generator.next() % 5000) * 1_000_000
        // From so many that proposals follow each other at once to so few that each decision is closed on its own.
        let drawnPause = (1 + generator.next() % 40) * [1_000_000, 1_000_000, 10_000_000][Int(generator.next() % 3)]
        let steadyPause = options.steadyClientMilliseconds.map { $0 * 1_000_000 }
        clientNanoseconds = steadyPause ?? (options.isSaturated ? 1_000_000 : drawnPause)
        let sync = 100_000 + generator.next() % 5_000_000
        syncNanoseconds = options.speed.map { $0.sync * 1000 } ?? (options.latency == .zero ? 0 : sync)
        // Now and then so slow that orderers have to wait for it.
        let execution: UInt64 = generator.next() % 4 == 0 ? 300_000_000 : 5_000_000
        let drawnExecution = options.latency == .zero ? 0 : generator.next() % execution
        executionNanoseconds = options.speed.map { $0.execution * 1000 } ?? drawnExecution
        // Often other things happen meanwhile.
        let drawnVerification = [0, 0, 1_000_000, 20_000_000][Int(generator.next() % 4)] as UInt64
        verificationNanoseconds =
            options.speed.map { $0.verification * 1000 } ?? (options.latency == .zero ? 0 : drawnVerification)
        let drawnCommands = 1 + Int(generator.next() % UInt64(CommandValue.commandsMax))
        commandsPerValue =
            steadyPause != nil ? CommandValue.commandsMax : options.isSaturated ? 1 : drawnCommands
        let drawnSubmission = 1 + generator.next() % 4
        commandsPerSubmission = steadyPause != nil ? 4 : options.isSaturated ? 200 : drawnSubmission
        // Half of the seeds are storms, in which views rarely last.
        let isStorm = generator.next() % 2 == 0
        // In a long run so rarely that the network works between faults.
        let isLong = options.busyMilliseconds ?? 0 >= Self.longRunMilliseconds
        pauseNanosecondsMax = (isStorm ? 150_000_000 : 1_500_000_000) * (isLong ? 20 : 1)
        faultNanosecondsMax = isStorm ? 400_000_000 : 5_000_000_000
        let drawnTimeout = isStorm ? 100 + generator.next() % 400 : 1000
        viewTimeoutMilliseconds = options.viewTimeoutMilliseconds ?? drawnTimeout
        hasTimedFaults = !options.faults.isDisjoint(with: [.crash, .disk, .partition])
        // Every view that fails may take the longest timeout, twice for clocks and stragglers.
        settlingNanoseconds = UInt64(2 * (budget + 3)) * 10_000_000_000 * (options.changes == nil ? 1 : 2)
    }

    private static func drawActors(
        _ liarCount: Int, of nodeCount: Int, _ kinds: [Actor], _ generator: inout SeededGenerator
    ) -> [[Actor]] {
        var actors = [[Actor]](repeating: [], count: nodeCount)
        for place in (0..<nodeCount).shuffled(using: &generator).prefix(liarCount) {
            actors[place] = Array(kinds.shuffled(using: &generator).prefix(Int(generator.next() % 3)))
            // The worst ones are the most frequent.
            if generator.next() % 2 == 0 { actors[place].append(.equivocator) }
            if generator.next() % 3 == 0 { actors[place].append(.usurper) }
            if actors[place].isEmpty { actors[place] = [.amnesiac] }
        }
        return actors
    }
}

extension SimulationPlan {
    /// The engine of one process: an honest one, but for a bug that is planted, or that of a liar.
    func engine(_ kind: EngineKind, _ options: SimulationOptions, _ actors: [Actor]) -> any ConsensusEngine {
        let plant = actors.contains(.usurper) ? .proposesAnew : options.plant
        let views = ViewConfiguration(viewTimeoutMilliseconds: viewTimeoutMilliseconds)
        switch kind {
        case .solo: return Solo()
        case .raft:
            return Raft(
                configuration: RaftConfiguration(
                    heartbeatMilliseconds: viewTimeoutMilliseconds / 10,
                    electionTimeoutMilliseconds: viewTimeoutMilliseconds / 2), plant: options.plant)
        case .pbft: return PBFT(configuration: views, plant: plant)
        case .fbft: return FBFT(configuration: views, plant: plant)
        }
    }
}

internal import Ledger
internal import Primitives

/// What a seed draws before anything happens.
struct SimulationPlan {
    let latency: LatencyModel
    let lossPermille: UInt64
    let repeatPermille: UInt64
    /// By place.
    let actors: [[Actor]]
    /// How many more may fail for good.
    let retirableCount: Int
    let busyNanoseconds: UInt64
    let clientNanoseconds: UInt64
    let syncNanoseconds: UInt64
    let executionNanoseconds: UInt64
    /// How many commands a value has at most, and clients send at once.
    let commandsPerValue: Int
    let commandsPerSubmission: UInt64
    let hasTimedFaults: Bool
    /// How long after healing everything must be decided.
    let livenessBoundNanoseconds: UInt64

    init(_ options: SimulationOptions, _ rule: QuorumRule, _ generator: inout SeededGenerator) {
        let drawn: [LatencyModel] = [
            .fixed(microseconds: 200), .uniform(microseconds: 50...2000), .uniform(microseconds: 1000...80_000),
            .longTailed(microseconds: 300),
        ]
        let choice = Int(generator.next() % UInt64(drawn.count))
        latency = options.latency ?? drawn[choice]
        let isLossy = options.faults.contains(.loss) && generator.next() % 2 == 0
        lossPermille = isLossy ? generator.next() % 150 : 0
        repeatPermille = isLossy ? generator.next() % 100 : 0
        let budget = rule.faultCountMax
        let liars = options.faults.contains(.byzantine) && rule.model == .byzantine ? budget : 0
        let liarCount = liars == 0 ? 0 : Int(generator.next() % UInt64(liars + 1))
        actors = Self.drawActors(liarCount, of: options.nodeCount, &generator)
        retirableCount = budget - liarCount
        busyNanoseconds = (options.busyMilliseconds ?? 2000 + generator.next() % 10_000) * 1_000_000
        clientNanoseconds = (1 + generator.next() % 40) * 1_000_000
        syncNanoseconds = options.latency == .zero ? 0 : 100_000 + generator.next() % 5_000_000
        executionNanoseconds = options.latency == .zero ? 0 : generator.next() % 5_000_000
        commandsPerValue = 1 + Int(generator.next() % UInt64(CommandValue.commandsMax))
        commandsPerSubmission = 1 + generator.next() % 4
        hasTimedFaults = !options.faults.isDisjoint(with: [.crash, .disk, .partition])
        // Every view that fails may take the longest timeout, twice for clocks and stragglers.
        livenessBoundNanoseconds = UInt64(2 * (budget + 3)) * 10_000_000_000
    }

    private static func drawActors(
        _ liarCount: Int, of nodeCount: Int, _ generator: inout SeededGenerator
    ) -> [[Actor]] {
        var actors = [[Actor]](repeating: [], count: nodeCount)
        for place in (0..<nodeCount).shuffled(using: &generator).prefix(liarCount) {
            actors[place] = Array(Actor.allCases.shuffled(using: &generator).prefix(1 + Int(generator.next() % 2)))
        }
        return actors
    }
}

import Consensus
import Foundation
import HTTP
import Ledger
import Simulator

extension Command {
    static let simulate = Command(
        noun: "simulate", verb: "", summary: "run a whole network of orderers on a seed, with every kind of fault",
        discussion: """
            Virtual time, links, disks and clocks, but the engine and the journal that nodes run. While clients are busy
            processes crash, disks fail, links are cut and orderers lie; then all but the liars heal, and what was asked
            for must be decided, once, by everybody alike. A seed always gives the same run. What is wrong ends with
            status 1 and the command that replays it.

            One run, told message by message:  cairn simulate --engine fbft --nodes 4 --seed 7 --explain --steps 400
            A thousand runs:                   cairn simulate --engine fbft --nodes 7 --seeds 1000
            A day:                             cairn simulate --engine fbft --busy 86400
            With whole ledgers:                cairn simulate --engine fbft --layer replica --seeds 100
            Without liars:                     cairn simulate --engine fbft --faults crash,disk,partition,loss
            With the chain's own signatures:   cairn simulate --engine fbft --seeds 20 --signatures international
            """,
        options: [
            Option(
                name: "engine", placeholder: "ENGINE", help: "the consensus engine (default: fbft)",
                value: .words(["fbft", "pbft", "raft"])),
            Option(
                name: "layer", placeholder: "LAYER",
                help: "whole replicas with ledgers, or engines alone, which is faster (default: engine)",
                value: .words(["engine", "replica"])),
            Option(name: "nodes", placeholder: "COUNT", help: "how many orderers, 1 to 100 (default: 4)"),
            Option(name: "seed", placeholder: "SEED", help: "the first seed (default: 0)"),
            Option(name: "seeds", placeholder: "COUNT", help: "how many seeds, one after another (default: 1)"),
            Option(
                name: "faults", placeholder: "KINDS",
                help: "all, none, or some of \(FaultKinds.named.map(\.name).joined(separator: ",")) (default: all)"),
            Option(
                name: "liars", placeholder: "KINDS",
                help: "what liars do, of \(Actor.allCases.map(\.rawValue).joined(separator: ",")) (default: drawn)"),
            Option(
                name: "busy", placeholder: "SECONDS",
                help: "how long clients and faults go on, in virtual seconds (default: drawn)"),
            Option(
                name: "steps", placeholder: "COUNT",
                help: "faults end after so many events (default: 200000; with --busy no limit)"),
            Option(
                name: "signatures", placeholder: "SUITE",
                help: "sign with the suite's own scheme, not with stand-ins that only the simulator can forge",
                value: .words(["international", "national"])),
            Option(
                name: "old-copies", placeholder: "COUNT",
                help: "put so many disks of whole replicas back to an old copy: they must not sign again"),
            Option(
                name: "switch-engines", placeholder: nil,
                help: "whole replicas vote for other engines and other members while they run"),
            Option(
                name: "change-members", placeholder: nil,
                help: "whole replicas vote for other members and other keys while they run"),
            Option(name: "explain", placeholder: nil, help: "print the messages, and a sequence diagram for Mermaid"),
        ]
    ) { invocation in
        var run = try SimulationRun(invocation)
        try run.start()
    }
}

/// The seeds of one call of `cairn simulate`.
private struct SimulationRun {
    private let invocation: Invocation
    private let first: SimulationOptions
    private let count: UInt64
    private let isOfReplicas: Bool
    private var total = SimulationSummary()
    private var failures: [(seed: UInt64, failure: SimulationFailure)] = []

    private static let nodesMax = 100
    /// A week.
    private static let busySecondsMax: UInt64 = 7 * 86_400
    /// More failures than these tell nothing new.
    private static let failuresMax = 10

    init(_ invocation: Invocation) throws {
        self.invocation = invocation
        let nodes = try invocation.number("nodes", default: 4)
        guard (1...Self.nodesMax).contains(nodes) else {
            throw CommandError.usage("--nodes takes 1 to \(Self.nodesMax), not \(nodes)", invocation.command)
        }
        let word = invocation.option("engine") ?? "fbft"
        guard let engine = [EngineKind.fbft, .pbft, .raft].first(where: { "\($0)" == word }) else {
            throw CommandError.usage("--engine takes fbft, pbft or raft, not \"\(word)\"", invocation.command)
        }
        let changes = Self.changes(invocation, engine)
        isOfReplicas = invocation.option("layer") == "replica" || changes != nil || invocation.has("old-copies")
        guard !isOfReplicas || !invocation.has("explain") else {
            throw CommandError.usage("--explain shows engines alone: leave --layer out", invocation.command)
        }
        count = max(1, try invocation.number("seeds", default: 1))
        let busySeconds: UInt64 = try invocation.number("busy", default: 0)
        guard busySeconds <= Self.busySecondsMax else {
            throw CommandError.usage("--busy takes up to \(Self.busySecondsMax) seconds", invocation.command)
        }
        var first = SimulationOptions(
            engine: engine, nodeCount: nodes, seed: try invocation.number("seed", default: 0),
            faults: try Self.faults(invocation),
            eventsMax: try invocation.number("steps", default: busySeconds > 0 ? .max : 200_000),
            signing: try Self.signing(invocation), actors: try Self.liars(invocation),
            busyMilliseconds: busySeconds > 0 ? busySeconds * 1000 : nil, explains: invocation.has("explain"))
        first.changes = changes
        first.oldCopies = invocation.has("old-copies") ? try invocation.number("old-copies", default: 1) : nil
        self.first = first
    }

    private static func changes(_ invocation: Invocation, _ engine: EngineKind) -> EpochChanges? {
        if invocation.has("switch-engines") {
            return EpochChanges(engines: EngineKind.allCases, changesMembers: true)
        }
        return invocation.has("change-members") ? EpochChanges(engines: [engine], changesMembers: true) : nil
    }

    private static func faults(_ invocation: Invocation) throws -> FaultKinds {
        guard let text = invocation.option("faults"), text != "all" else { return .all }
        guard text != "none" else { return .none }
        return try text.split(separator: ",").reduce(into: FaultKinds.none) { kinds, word in
            guard let known = FaultKinds.named.first(where: { $0.name == word }) else {
                let names = FaultKinds.named.map(\.name).joined(separator: ", ")
                throw CommandError.usage("there is no fault \"\(word)\"; there are \(names)", invocation.command)
            }
            kinds.insert(known.kind)
        }
    }

    private static func liars(_ invocation: Invocation) throws -> [Actor]? {
        try invocation.option("liars")?.split(separator: ",").map { word in
            guard let actor = Actor(rawValue: String(word)) else {
                let names = Actor.allCases.map(\.rawValue).joined(separator: ", ")
                throw CommandError.usage("there is no liar \"\(word)\"; there are \(names)", invocation.command)
            }
            return actor
        }
    }

    private static func signing(_ invocation: Invocation) throws -> SimulatedSigning {
        switch invocation.option("signatures") {
        case nil: .standIn
        case "international": .real(.international)
        case "national": .real(.national)
        case let word?: throw CommandError.usage("--signatures takes a suite, not \"\(word)\"", invocation.command)
        }
    }

    // MARK: The run

    mutating func start() throws {
        let started = ContinuousClock.now
        for seed in first.seed..<first.seed.addingReportingOverflow(count).partialValue {
            try run(seed)
            Terminal.progress("seed \(seed): \(total.decisions) decisions", seed - first.seed + 1, of: count)
            guard failures.count < Self.failuresMax else { break }
        }
        Terminal.endProgress()
        let elapsed = ContinuousClock.now - started
        let report = SimulationReport(
            total, first, isOfReplicas: isOfReplicas, seedCount: count, failures, elapsed)
        invocation.isJSON ? Terminal.print(report.json) : Terminal.print(report.text)
        guard failures.isEmpty else { exit(1) }
    }

    private mutating func run(_ seed: UInt64) throws {
        var options = first
        options.seed = seed
        guard !isOfReplicas else {
            let simulation = try ReplicaSimulation(options)
            do { try simulation.run() } catch let failure as SimulationFailure { failures.append((seed, failure)) }
            return total.add(simulation.summary)
        }
        let simulation = try Simulation(options)
        do { try simulation.run() } catch let failure as SimulationFailure { failures.append((seed, failure)) }
        total.add(simulation.summary)
        guard options.explains else { return }
        for line in simulation.trace.lines {
            let microseconds = "\(line.nanoseconds / 1000)"
            let padded = String(repeating: " ", count: max(0, 10 - microseconds.count)) + microseconds
            Terminal.print("\(padded) us  \(line.sender) -> \(line.receiver)  \(line.what)")
        }
        Terminal.print("\n\(simulation.trace.mermaid)\n")
    }
}

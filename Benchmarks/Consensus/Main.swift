import Consensus
import Foundation
import Ledger
import Simulator

/// What the engines do in the simulator: decisions a second without latency, and messages a decision.
@main struct ConsensusBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments
        let engine: EngineKind = arguments[1] == "raft" ? .raft : .fbft
        let nodes = Int(arguments[2]) ?? 4
        let (first, count) = (UInt64(arguments[3]) ?? 0, UInt64(arguments[4]) ?? 1)
        let plant = arguments.count > 5 ? EnginePlant(rawValue: arguments[5]) : nil
        var total = SimulationSummary()
        var failures = 0
        let started = ContinuousClock.now
        for seed in first..<first + count {
            var faults = FaultKinds.all
            if let text = ProcessInfo.processInfo.environment["FAULTS"] {
                faults = FaultKinds(FaultKinds.named.filter { text.contains($0.name) }.map(\.kind))
            }
            let simulation = try Simulation(
                SimulationOptions(
                    engine: engine, nodeCount: nodes, seed: seed, faults: faults, eventsMax: 2_000_000,
                    actors: ProcessInfo.processInfo.environment["ACTORS"].map { text in
                        Actor.allCases.filter { text.contains($0.rawValue) }
                    }, plant: plant, latency: ProcessInfo.processInfo.environment["ZERO"] != nil ? .zero : nil,
                    explains: ProcessInfo.processInfo.environment["TRACE"] != nil))
            do { try simulation.run() } catch {
                failures += 1
                if failures < 10 { print("seed \(seed): \(error)") }
                if count == 1, false {
                    for line in simulation.trace.lines.suffix(60) {
                        print("\(line.nanoseconds / 1000) \(line.sender)>\(line.receiver) \(line.what)")
                    }
                }
            }
            if ProcessInfo.processInfo.environment["TRACE"] != nil {
                for line in simulation.trace.lines.prefix(120) {
                    print("\(line.nanoseconds / 1000) \(line.sender)>\(line.receiver) \(line.what)")
                }
            }
            total.add(simulation.summary)
        }
        let elapsed = ContinuousClock.now - started
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
        print(
            "\(count) seeds, \(failures) failed, \(seconds) s, \(Int(Double(total.events) / seconds)) events/s, decisions \(total.decisions) commands \(total.commands) \(Double(total.decisions)/seconds)/s virtual \(total.virtualNanoseconds / 1_000_000_000) s"
        )
        print(
            total.faults.named.map { "\($0.name) \($0.count)" }.joined(separator: ", "), "evidence", total.evidence,
            "fetches", total.fetches, "refusals", total.refusals)
        print(total.messages, total.phases, total.traceHash.value)
    }
}

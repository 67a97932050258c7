// What the engines do in the simulator without latency and faults: decisions and events in a second of one core, with
// stand-in signatures and with real ones, as orderers are more; and messages and bytes a decision.
//
// And what they do when leaders fail, as a table, and as a chart in the file that is named.
//
//     swift run -c release consensus-benchmark [rounds] [--chart FILE]

import BenchmarkSupport
import Foundation
import Ledger
import Simulator

let rounds = CommandLine.arguments.dropFirst().compactMap { Int($0) }.first ?? 3

func figures(
    _ engine: EngineKind, _ nodes: Int, _ what: String = "", signing: SimulatedSigning = .standIn,
    isSaturated: Bool = true
) throws -> [Figure] {
    var decisions: [Double] = []
    var events: [Double] = []
    var messages: [Double] = []
    var bytes: [Double] = []
    for round in 0..<rounds {
        var options = SimulationOptions(
            engine: engine, nodeCount: nodes, seed: UInt64(round), faults: .none, eventsMax: 10_000_000,
            signing: signing, latency: .zero,
            busyMilliseconds: (isSaturated ? 1 : 300) * (nodes < 20 && signing == .standIn ? 40 : 5))
        options.isSaturated = isSaturated
        let simulation = try Simulation(options)
        let time = try processorSeconds { try simulation.run() }
        let summary = simulation.summary
        decisions.append(Double(summary.decisions) / time)
        events.append(Double(summary.events) / time)
        messages.append(Double(summary.messages.reduce(0, +)) / Double(summary.decisions))
        bytes.append(Double(summary.messageBytes) / Double(summary.decisions))
    }
    let name = "\(engine), \(nodes) nodes\(what)"
    return [
        Figure("\(name): decisions", decisions, "/s"), Figure("\(name): events", events, "/s"),
        Figure("\(name): messages a decision", messages, ""), Figure("\(name): bytes a decision", bytes, "B"),
    ]
}

for nodes in [4, 7, 10, 31, 100] { Figure.show(try figures(.fbft, nodes)) }
Figure.show(try figures(.fbft, 4, ", each decision alone", isSaturated: false))
Figure.show(try figures(.fbft, 4, ", Ed25519", signing: .real(.international)))
Figure.show(try figures(.fbft, 4, ", SM2", signing: .real(.national)))
for nodes in [4, 7, 10, 31] { Figure.show(try figures(.pbft, nodes)) }
Figure.show(try figures(.pbft, 4, ", Ed25519", signing: .real(.international)))
for nodes in [3, 5, 7] { Figure.show(try figures(.raft, nodes)) }
let (table, charts) = try failureTable()
print("\n" + table.joined(separator: "\n"))
if let place = CommandLine.arguments.firstIndex(of: "--chart"), place + 1 < CommandLine.arguments.count {
    try Chart.svg(charts).write(toFile: CommandLine.arguments[place + 1], atomically: true, encoding: .utf8)
}

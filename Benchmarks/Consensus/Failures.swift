// What a network goes on to do when leaders fail: commands over time, FBFT beside PBFT, in the simulator.

import BenchmarkSupport
import Ledger
import Simulator

/// A way for leaders to fail.
struct Failure: Sendable {
    let name: String
    var crashes: [PlannedCrash] = []
    var delays: [PlannedDelay] = []

    /// When it begins, in virtual milliseconds.
    static let start: UInt64 = 5000
    static let end: UInt64 = 20_000
    static let nodes = 7

    static let all = [
        Failure(
            name: "the leader's process ends",
            crashes: [PlannedCrash(place: 0, milliseconds: start..<end, isNoticed: true)]),
        Failure(name: "the leader's machine is gone", crashes: [PlannedCrash(place: 0, milliseconds: start..<end)]),
        Failure(
            name: "the machines of f leaders in a row are gone",
            crashes: [0, 1].map { PlannedCrash(place: $0, milliseconds: start..<end) }),
        Failure(
            name: "the leader is slow (100 ms a message)",
            delays: [PlannedDelay(place: 0, milliseconds: start..<end, delayMilliseconds: 100)]),
    ]

    /// How many commands are ordered in each quarter of a second, and the longest time in which none is.
    func series(_ engine: EngineKind) throws -> (counts: [Int], longestGapMilliseconds: Double) {
        var options = SimulationOptions(
            engine: engine, nodeCount: Self.nodes, seed: 1, faults: .none, eventsMax: 100_000_000,
            latency: .fixed(microseconds: 500), busyMilliseconds: Self.end)
        (options.crashes, options.delays) = (crashes, delays)
        options.viewTimeoutMilliseconds = 1000
        options.steadyClientMilliseconds = 2
        let simulation = try Simulation(options)
        try simulation.run()
        let times = simulation.decisionNanoseconds.filter { $0 < Self.end * 1_000_000 }
        var counts = Array(repeating: 0, count: Int(Self.end) / 250)
        for (time, count) in zip(times, simulation.decisionCommandCounts) { counts[Int(time / 250_000_000)] += count }
        let gaps = zip(times, times.dropFirst()).filter { $1 > Self.start * 1_000_000 }.map { $1 - $0 }
        return (counts, Double(gaps.max() ?? 0) / 1_000_000)
    }
}

func failureTable() throws -> (lines: [String], charts: [Chart]) {
    var lines = [
        "| \(Failure.nodes) nodes, timeout 1 s, 500 us between nodes | engine | commands/s before | longest time without a "
            + "decision | commands/s in the last 5 s |", "|---|---|---|---|---|",
    ]
    var charts: [Chart] = []
    for failure in Failure.all {
        var chart = Chart(title: failure.name, step: 0.25, marked: Double(Failure.start) / 1000)
        for engine in [EngineKind.fbft, .pbft] {
            let (counts, gap) = try failure.series(engine)
            let before = Double(counts[4..<20].reduce(0, +)) / 4
            let after = Double(counts.suffix(20).reduce(0, +)) / 5
            lines.append(
                "| \(failure.name) | \(engine) | \(Figure.text(before)) | \(Figure.text(gap)) ms | \(Figure.text(after)) |"
            )
            chart.series.append((name: "\(engine)".uppercased(), values: counts.map { Double($0) * 4 }))
        }
        charts.append(chart)
    }
    return (lines, charts)
}

internal import Foundation

/// A figure with its runs.
package struct Figure: Sendable {
    package let name: String
    /// Ascending.
    package let runs: [Double]
    package let unit: String

    package init(_ name: String, _ runs: [Double], _ unit: String) {
        self.name = name
        self.runs = runs.sorted()
        self.unit = unit
    }

    package var median: Double { runs[runs.count / 2] }

    /// For people.
    package var line: String {
        let range =
            runs.count > 1
            ? " (\(Self.text(runs[0])) to \(Self.text(runs[runs.count - 1])), \(runs.count) runs)" : ""
        return "\(name.padding(toLength: 55, withPad: " ", startingAt: 0)) \(Self.text(median)) \(unit)\(range)"
    }

    package static func text(_ value: Double) -> String {
        String(format: value < 10 ? "%.2f" : value < 1000 ? "%.1f" : "%.0f", value)
    }

    // MARK: Between programs

    /// For `init(tabs:)`.
    package var tabs: String { ([name, unit] + runs.map { "\($0)" }).joined(separator: "\t") }

    /// A figure of another benchmark's; nil if the line holds none.
    package init?(tabs line: some StringProtocol) {
        let parts = line.components(separatedBy: "\t")
        let runs = parts.dropFirst(2).compactMap { Double($0) }
        guard parts.count > 2, runs.count == parts.count - 2 else { return nil }
        self.init(parts[0], runs, parts[1])
    }

    /// Prints figures for people, or with the option `--tabs` for another program.
    package static func show(_ figures: [Figure]) {
        let isForProgram = CommandLine.arguments.contains("--tabs")
        for figure in figures { print(isForProgram ? figure.tabs : figure.line) }
    }
}

/// How long something takes.
package func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return (ContinuousClock.now - start).inSeconds
}

/// How long this thread's processor works on something: what others do on the machine does not count.
package func processorSeconds(_ body: () throws -> Void) rethrows -> Double {
    let start = threadTime()
    try body()
    return threadTime() - start
}

private func threadTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

extension Duration {
    package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

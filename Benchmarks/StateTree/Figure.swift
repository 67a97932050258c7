internal import Foundation

/// A figure with its runs, printed as `foundations-benchmark` prints its own.
struct Figure {
    let name: String
    let runs: [Double]
    let unit: String

    init(_ name: String, _ runs: [Double], _ unit: String) {
        self.name = name
        self.runs = runs.sorted()
        self.unit = unit
    }

    var line: String {
        let median = runs[runs.count / 2]
        let value = Self.text(median)
        let range =
            runs.count > 1 ? " (\(Self.text(runs[0])) to \(Self.text(runs[runs.count - 1])), \(runs.count) runs)" : ""
        return "\(name.padding(toLength: 55, withPad: " ", startingAt: 0)) \(value) \(unit)\(range)"
    }

    private static func text(_ value: Double) -> String {
        String(format: value < 10 ? "%.2f" : value < 1000 ? "%.1f" : "%.0f", value)
    }
}

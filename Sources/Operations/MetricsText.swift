/// Metrics as text that Prometheus and its kin read: the text exposition format 0.0.4.
///
/// https://prometheus.io/docs/instrumenting/exposition_formats/
package struct MetricsText: Sendable {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Where collectors look for it.
    package static let path = "/metrics"

    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    package typealias Labels = KeyValuePairs<String, String>

    package private(set) var text = ""

    package init() {}

    /// Begins a metric; its samples follow.
    package mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    package mutating func sample(_ name: String, _ labels: Labels, _ value: some Numeric & LosslessStringConvertible) {
        write(name, labels, "\(value)")
    }

    /// A metric of one sample.
    package mutating func metric(
        _ name: String, _ kind: Kind, _ help: String, _ value: some Numeric & LosslessStringConvertible
    ) {
        begin(name, kind, help)
        sample(name, [:], value)
    }

    /// A histogram of seconds, with its labels besides that of the bounds.
    package mutating func histogram(_ name: String, _ labels: Labels = [:], _ counts: DurationHistogram.Counts) {
        var cumulative: UInt64 = 0
        for (count, bound) in zip(counts.buckets, DurationHistogram.boundsMicroseconds) {
            cumulative += count
            write("\(name)_bucket", labels, "\(cumulative)", bound: "\(Double(bound) / 1_000_000)")
        }
        write("\(name)_bucket", labels, "\(counts.count)", bound: "+Inf")
        sample("\(name)_sum", labels, Double(counts.nanoseconds) / 1_000_000_000)
        sample("\(name)_count", labels, counts.count)
    }

    private mutating func write(_ name: String, _ labels: Labels, _ value: String, bound: String? = nil) {
        var parts = labels.map { "\($0.key)=\"\(Self.escaped($0.value, quotes: true))\"" }
        if let bound { parts.append("le=\"\(bound)\"") }
        text += parts.isEmpty ? "\(name) \(value)\n" : "\(name){\(parts.joined(separator: ","))} \(value)\n"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}

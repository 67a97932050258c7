internal import BenchmarkSupport
internal import Foundation

/// What must be reached, by the names of figures.
struct Floor {
    enum Bound {
        case atLeast(Double)
        case below(Double)
    }

    let what: String
    let bound: Bound
    let measured: Double?

    var isMet: Bool {
        guard let measured else { return false }
        return switch bound {
        case .atLeast(let least): measured >= least
        case .below(let most): measured < most
        }
    }

    /// How much of the floor was reached; above 1 if it is met.
    private var share: Double? {
        guard let measured else { return nil }
        return switch bound {
        case .atLeast(let least): measured / least
        case .below(let most): most / measured
        }
    }

    var line: String {
        let limit =
            switch bound {
            case .atLeast(let least): "at least \(Figure.text(least))"
            case .below(let most): "under \(Figure.text(most))"
            }
        func column(_ text: String, _ width: Int) -> String {
            text.padding(toLength: max(width, text.count), withPad: " ", startingAt: 0)
        }
        let result = share.map { "\(isMet ? "met" : "SHORT"), \(Figure.text($0)) times the floor" } ?? "not measured"
        let value = measured.map(Figure.text) ?? "-"
        return column(what, 55) + " " + column(limit, 17) + " " + column(value, 8) + " " + result
    }
}

extension Floor {
    /// The floors of the foundations, from all figures of a run. Medians count.
    static func all(_ figures: [Figure]) -> [Floor] {
        func median(_ name: String) -> Double? { figures.last { $0.name == name }?.median }
        func median(startingWith prefix: String) -> Double? { figures.last { $0.name.hasPrefix(prefix) }?.median }
        // Every kind of batch of 64 signatures and more counts.
        let way = SignatureFigures.way(of: figures)
        let batches = figures.filter { figure in
            figure.unit == SignatureFigures.unit
                && SignatureFigures.sizes.contains { figure.name.hasPrefix("\(way), \($0)") }
        }
        let isWide = way == "AVX-512 IFMA"
        return [
            Floor(
                what: "native transfers executed a second", bound: .atLeast(500_000),
                measured: median("native transfers executed, contract alone")),
            Floor(
                what: "Ed25519 checks a second, the slowest kind of batch", bound: .atLeast(isWide ? 120_000 : 30_000),
                measured: batches.map(\.median).min()),
            Floor(
                what: "leaf updates of the state tree a second", bound: .atLeast(400_000),
                measured: median("leaf updates")),
            Floor(
                what: "index rows written a second", bound: .atLeast(2_000_000),
                measured: median("index rows written (segments), all of this")),
            Floor(
                what: "a transaction decoded, ns", bound: .below(1000),
                measured: median("a transaction decoded, with its identity")),
            Floor(
                what: "JSON-RPC cost of a transaction in bulk, ns", bound: .below(5000),
                measured: median("interface, door and publisher, a transfer in bulk")),
            Floor(
                what: "end to end, % of what signature checks alone reach", bound: .atLeast(100.0 / 3),
                measured: median("end to end as a part of that")),
            Floor(
                what: "start on a chain of 1 million transactions, ms", bound: .below(3000),
                measured: median(startingWith: "start on a chain of")),
            Floor(what: "resident memory then, MB", bound: .below(300), measured: median("resident memory then")),
            Floor(
                what: "disk a transfer, everything, bytes", bound: .below(700),
                measured: median("disk a transfer, everything")),
        ]
    }
}

/// How the benchmark of signatures names its figures.
enum SignatureFigures {
    static let unit = "checks/s"
    static let sizes = ["64", "256", "1024"]
    private static let portable = "portable"

    /// The way that this machine takes, which comes last.
    static func way(of figures: [Figure]) -> String {
        figures.last { $0.unit == unit }?.name.components(separatedBy: ",").first ?? ""
    }

    /// Without those of slower ways that any machine has.
    static func ofThisMachine(_ figures: [Figure]) -> [Figure] {
        let way = way(of: figures)
        return figures.filter { way == portable || !$0.name.hasPrefix("\(portable),") }
    }
}

import Foundation
import HTTP
import Networking
import Operations

/// What nodes say of where time goes, between two moments: how long transactions take in each stage, and which threads are
/// busy.
struct BenchStages {
    /// By name of the metric with its labels.
    typealias Samples = [String: Double]

    /// In order, the mean time in milliseconds.
    let stages: [(name: String, milliseconds: Double, count: Int)]
    /// How long the journal took to sync, in the mean.
    let syncMilliseconds: Double
    /// By name, of all nodes together: how many processors they kept busy. The busiest first.
    let threads: [(name: String, busy: Double)]

    init(before: [Samples], after: [Samples], seconds: Double) {
        func growth(_ name: String) -> Double {
            zip(before, after).reduce(0) { $0 + ($1.1[name] ?? 0) - ($1.0[name] ?? 0) }
        }
        func mean(_ name: String, _ labels: String) -> (milliseconds: Double, count: Int) {
            let count = growth("\(name)_count\(labels)")
            return (count > 0 ? growth("\(name)_sum\(labels)") / count * 1000 : 0, Int(count))
        }
        stages = ["admission", "ordering", "execution", "certification"].map { stage in
            let mean = mean("cairn_transaction_stage_seconds", "{stage=\"\(stage)\"}")
            return (stage, mean.milliseconds, mean.count)
        }
        syncMilliseconds = mean("cairn_sync_seconds", "{file=\"journal\"}").milliseconds
        let prefix = "cairn_thread_cpu_seconds_total{thread=\""
        let names = Set(after.flatMap(\.keys)).filter { $0.hasPrefix(prefix) }
        threads = names.map { (String($0.dropFirst(prefix.count).dropLast(2)), growth($0) / seconds) }
            .filter { $0.1 >= 0.01 }
            .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    }

    /// What each node says now.
    static func read(_ endpoints: [String]) async throws -> [Samples] {
        let loop = try EventLoop(name: "metrics")
        defer { loop.stop() }
        var all: [Samples] = []
        for endpoint in endpoints {
            let client = HTTPClient(on: loop, endpoint: try HTTPEndpoint(endpoint))
            let response = try await client.get(path: MetricsText.path)
            client.close()
            guard response.status == 200, let text = String(bytes: response.body, encoding: .utf8) else {
                throw CommandError.failed("\(endpoint) does not tell its metrics: status \(response.status)")
            }
            all.append(samples(text))
        }
        return all
    }

    private static func samples(_ text: String) -> Samples {
        var samples: Samples = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " ") else { continue }
            samples[String(line[..<space])] = Double(line[line.index(after: space)...])
        }
        return samples
    }

    var json: JSON {
        [
            "stageMilliseconds": Self.object(stages.map { ($0.name, $0.milliseconds) }),
            "journalSyncMilliseconds": .rounded(syncMilliseconds), "busyThreads": Self.object(threads),
        ]
    }

    private static func object(_ values: [(String, Double)]) -> JSON {
        var object = JSONObject()
        for (name, value) in values { object[name] = .rounded(value) }
        return .object(object)
    }

    var lines: [String] {
        let shown = stages.map { "\($0.name) \(String(format: "%.1f", $0.milliseconds)) ms" }
        let busy = threads.prefix(8).map { "\($0.name) \(String(format: "%.2f", $0.busy))" }
        return [
            "stages      \(shown.joined(separator: ", ")) (mean of \(stages.map(\.count).max() ?? 0) followed)",
            "processors  \(busy.joined(separator: ", ")) (of all nodes together, by thread)",
            "journal     \(String(format: "%.2f", syncMilliseconds)) ms a sync",
        ]
    }
}

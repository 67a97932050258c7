import Foundation
import HTTP
import Networking
import SystemTestSupport
import Testing

extension NodeTests {
    /// What real nodes tell operators, as Prometheus reads it.
    @Suite struct NetworkMetricsTests {
        private static let peer = PythonPeer(script: "metrics.py", packages: ["prometheus_client"])

        private struct Metrics {
            let samples: [String: Double]
            let kinds: JSON

            subscript(_ name: String) -> Double? { samples[name] }
        }

        /// Asks a node, and has Prometheus's own parser read the answer.
        private static func ask(_ world: NetworkWorld, _ number: Int) async throws -> Metrics {
            let loop = try EventLoop(name: "metrics")
            defer { loop.stop() }
            let endpoint = try #require(world.nodes[number]?.endpoint)
            let response = try await HTTPClient(on: loop, endpoint: try HTTPEndpoint(endpoint)).get(path: "/metrics")
            #expect(response.status == 200)
            let scratch = try ScratchFolder()
            try Data(response.body).write(to: URL(filePath: scratch.file("metrics")))
            let json = try JSON(parsing: Array(try peer.run([scratch.file("metrics")], scratch: scratch).utf8))
            var samples: [String: Double] = [:]
            for member in try #require(json["samples"]?.objectValue).members {
                samples[member.key] = Double(String(decoding: member.value.text, as: UTF8.self))
            }
            return Metrics(samples: samples, kinds: try #require(json["kinds"]))
        }

        @Test(.timeLimit(.minutes(5)), .enabled(if: peer.isThere()))
        func prometheusReadsWhatNodesTell() async throws {
            let world = try await NetworkWorld(count: 4, engine: .fbft, seed: 41)
            let before = try await Self.ask(world, 0)
            try await world.load([0, 1]) { try? await Task.sleep(for: .milliseconds(1000)) }
            #expect(try await world.findings() == [])
            var leaders = 0.0
            for number in 0..<4 {
                let (metrics, report) = (try await Self.ask(world, number), try await world.report(number))
                #expect(metrics["cairn_height{}"] == Double(report.height))
                #expect(metrics["cairn_epoch{}"] == Double(report.epoch) && metrics["cairn_behind{}"] == 0)
                #expect(metrics["cairn_stage{stage=running}"] == 1 && metrics["cairn_accepting{}"] == 1)
                leaders += metrics["cairn_leader{}"] ?? 0
                for peer in report.peers {
                    let name = "cairn_peer_connected{organisation=\(peer.organisation),peer=\(peer.name)}"
                    #expect(metrics[name] == 1, "\(name)")
                }
                let ends = metrics.samples.filter { $0.key.hasPrefix("cairn_certificate_not_after_seconds{") }
                #expect(ends.count == 4 && ends.allSatisfy { $0.value > Date().timeIntervalSince1970 }, "\(ends)")
                #expect(metrics["process_resident_memory_bytes{}"] ?? 0 > 1_000_000)
                #expect(metrics["cairn_thread_cpu_seconds_total{thread=replica}"] != nil)
                #expect(metrics.kinds["cairn_transaction_stage_seconds"] == "histogram")
                #expect(metrics.kinds["cairn_transactions"] == "counter")
                #expect(metrics.kinds["cairn_peer_dropped_messages"] == "counter")
            }
            #expect(leaders == 1)
            // What clients gave the first node went through all stages, and all nodes count the same.
            let after = try await Self.ask(world, 0)
            for stage in ["admission", "ordering", "execution", "certification"] {
                let name = "cairn_transaction_stage_seconds_count{stage=\(stage)}"
                #expect(after[name] ?? 0 > before[name] ?? .infinity, "\(stage)")
            }
            let all = "cairn_transactions_total{outcome=success}"
            #expect(try await Self.ask(world, 3)[all] == after[all] && after[all] ?? 0 > before[all] ?? .infinity)
            #expect(after["cairn_sync_seconds_count{file=journal}"] ?? 0 > 0)
        }
    }
}

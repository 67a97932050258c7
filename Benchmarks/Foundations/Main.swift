import BenchmarkSupport
import Foundation

struct BenchmarkError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

@main
struct Main {
    static func main() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "cairn-benchmark-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "cairn").path
        let endToEnd = EndToEndBenchmark(
            program: program, folder: folder,
            checkpointInterval: ProcessInfo.processInfo.environment["CHECKPOINT_INTERVAL"] ?? "1000")
        let count = CommandLine.arguments.last.flatMap { Int($0) } ?? 1_000_000
        let parts: [(option: String, run: () async throws -> [Figure])] = [
            ("--decoding", { try DecodingBenchmark().run() }),
            ("--execution", { try ExecutionBenchmark().run(blocks: 20) }),
            ("--index", { try IndexBenchmark(folder: folder).run() }),
            ("--checkpoints", { try CheckpointBenchmark(folder: folder).run(keys: count) }),
            ("--snapshots", { try SnapshotBenchmark(folder: folder).run(keys: count) }),
            ("--state-tree", { try Sibling("state-tree-benchmark").run() }),
            ("--signatures", { SignatureFigures.ofThisMachine(try Sibling("signatures-benchmark").run()) }),
            ("--end-to-end", { try await endToEnd.run(transactions: count, posted: min(count / 10, 20_000)) }),
        ]
        // Those that are named, or all.
        let named = parts.filter { CommandLine.arguments.contains($0.option) }
        var figures: [Figure] = []
        for part in named.isEmpty ? parts : named {
            let found = try await part.run()
            for figure in found { print(figure.line) }
            figures += found
        }
        guard named.isEmpty else { return }
        print("\nthe floors, by the medians of this run")
        for floor in Floor.all(figures) { print(floor.line) }
    }
}

import Foundation

/// A figure with its runs.
struct Figure {
    let name: String
    let runs: [Double]
    let unit: String

    init(_ name: String, _ runs: [Double], _ unit: String) {
        self.name = name
        self.runs = runs.sorted()
        self.unit = unit
    }

    var median: Double { runs[runs.count / 2] }

    var line: String {
        let value = median < 1000 ? String(format: "%.1f", median) : String(format: "%.0f", median)
        let range =
            runs.count > 1
            ? String(format: " (%.0f to %.0f, %d runs)", runs[0], runs[runs.count - 1], runs.count) : ""
        return "\(name.padding(toLength: 55, withPad: " ", startingAt: 0)) \(value) \(unit)\(range)"
    }
}

struct BenchmarkError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// How long something takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return (ContinuousClock.now - start).inSeconds
}

/// How long this thread's processor works on something: what others do on the machine does not count.
func processorSeconds(_ body: () throws -> Void) rethrows -> Double {
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
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
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
        let count = CommandLine.arguments.last.flatMap { Int($0) } ?? 200_000
        if CommandLine.arguments.contains("--checkpoints") {
            for figure in try CheckpointBenchmark(folder: folder).run(keys: count) { print(figure.line) }
            return
        }
        if CommandLine.arguments.contains("--end-to-end") {
            for figure in try await endToEnd.run(transactions: count, posted: count / 10) { print(figure.line) }
            return
        }
        for figure in try DecodingBenchmark().run() { print(figure.line) }
        guard !CommandLine.arguments.contains("--decoding") else { return }
        for figure in try ExecutionBenchmark().run(blocks: 20) { print(figure.line) }
        guard !CommandLine.arguments.contains("--execution") else { return }
        for figure in try IndexBenchmark(folder: folder).run() { print(figure.line) }
        for figure in try await endToEnd.run(transactions: count, posted: count / 10) { print(figure.line) }
    }
}

import BenchmarkSupport
import Foundation
import Primitives
import Storage

/// What a checkpoint costs: making it, opening it, and the room that it takes while the store goes on.
struct CheckpointBenchmark {
    private static let batchKeys = 250_000
    private static let changedKeys = 100_000
    private static let rounds = 9
    private static let valueByteCount = 80

    let folder: URL

    /// On a store with so many keys; between two checkpoints a tenth of a million of them change.
    func run(keys: Int) throws -> [Figure] {
        let store = try RocksDBStore(path: folder.appending(path: "state").path)
        let checkpoints = try RocksDBCheckpoints(of: store, path: folder.appending(path: "checkpoints").path)
        for start in stride(from: 0, to: keys, by: Self.batchKeys) {
            try write(start..<min(start + Self.batchKeys, keys), round: 0, to: store)
        }
        var (makes, opens, reads, writes): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
        var generator = SystemRandomNumberGenerator()
        for round in 1...Self.rounds {
            let first = Int.random(in: 0..<max(1, keys - Self.changedKeys), using: &generator)
            writes.append(
                try seconds { try write(first..<min(first + Self.changedKeys, keys), round: round, to: store) })
            makes.append(try seconds { try checkpoints.keep(UInt64(round)) })
            var reader: (any KeyValueReader)?
            opens.append(try seconds { reader = try checkpoints.open(UInt64(round)) })
            reads.append(try seconds { _ = try reader?.get(Self.key(first)) })
        }
        return [
            Figure("a batch of \(Self.changedKeys) keys, written and flushed", writes.map { $0 * 1000 }, "ms"),
            Figure("making a checkpoint of \(keys) keys", makes.map { $0 * 1000 }, "ms"),
            Figure("opening one", opens.map { $0 * 1000 }, "ms"),
            Figure("the first read of it", reads.map { $0 * 1000 }, "ms"),
            Figure("the store", [try Self.megabytes("\(folder.path)/state")], "MB"),
            Figure(
                "\(Self.rounds) checkpoints besides it",
                [try Self.megabytes(folder.path) - Self.megabytes("\(folder.path)/state")], "MB"),
        ]
    }

    private func write(_ range: Range<Int>, round: Int, to store: RocksDBStore) throws {
        let changes = range.map { number in
            KeyValueChange(
                Self.key(number), (0..<Self.valueByteCount).map { UInt8(truncatingIfNeeded: $0 &* number &+ round) })
        }
        try store.apply(changes, flush: true)
    }

    private static func key(_ number: Int) -> StoreKey {
        var key = StoreKey.empty
        for part in [1, 0x100, number] { key.append(UInt32(part)) }
        return key
    }

    /// What the file system has set aside: a file with several names counts once.
    private static func megabytes(_ path: String) throws -> Double {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(filePath: "/usr/bin/du")
        process.arguments = ["-sk", path]
        process.standardOutput = pipe
        try process.run()
        process.waitUntilExit()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        return (text.split(separator: "\t").first.flatMap { Double($0) } ?? 0) / 1024
    }
}

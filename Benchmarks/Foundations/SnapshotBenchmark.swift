import BenchmarkSupport
import Cryptography
import Foundation
import Ledger
import Primitives
import Replica
import Storage

/// What a snapshot of a state costs: cutting it from a checkpoint, checking its chunks, and restoring it.
struct SnapshotBenchmark {
    private static let suite = Suite.international
    private static let group: GroupIdentifier = 1
    private static let batchKeys = 100_000
    private static let valueByteCount = 72
    /// With the contract's address and the value 100 bytes a pair.
    private static let keyByteCount = 8
    private static let rounds = 3

    let folder: URL

    func run(keys: Int) throws -> [Figure] {
        let store = try RocksDBStore(path: folder.appending(path: "snapshot-state").path)
        let statement = try fill(store, keys: keys)
        let checkpoints = try RocksDBCheckpoints(of: store, path: folder.appending(path: "snapshot-checkpoints").path)
        try checkpoints.keep(statement.height)
        let disk = try FileDisk(root: folder.path)
        let cutter = SnapshotCutter(certified: statement, suite: Self.suite, on: disk, in: "snapshot")
        var (cuts, checks, restores): ([Double], [Double], [Double]) = ([], [], [])
        var (cutWork, restoreWork): ([Double], [Double]) = ([], [])
        let before = Self.resetPeakMegabytes()
        var snapshot: KeptSnapshot?
        for _ in 0..<Self.rounds {
            cutWork.append(
                try processorSeconds {
                    cuts.append(try seconds { snapshot = try cutter.cut(checkpoints.open(statement.height)) })
                })
        }
        let peak = Self.megabytes("VmHWM:")
        guard let snapshot else { throw BenchmarkError("nothing was cut") }
        for round in 0..<Self.rounds {
            var chunks: [VerifiedChunk] = []
            checks.append(try seconds { chunks = try self.chunks(of: snapshot) })
            restoreWork.append(
                try processorSeconds {
                    restores.append(try seconds { try restore(chunks, snapshot, statement, round: round) })
                })
        }
        let sizes = try snapshot.manifest.chunks.indices.map { try snapshot.chunk(at: UInt32($0))?.count ?? 0 }
        return [
            Figure("cutting a state of \(keys) keys", cuts, "s"),
            Figure("of that its thread's processor", cutWork, "s"),
            Figure("memory that this took at the most, besides", [peak - before], "MB"),
            Figure("its chunks", [Double(sizes.count)], ""),
            Figure("bytes of a chunk", sizes.map { Double($0) / 1024 }, "KiB"),
            Figure("its manifest", [Double(snapshot.manifest.canonicalBytes.count) / 1024], "KiB"),
            Figure("reading and checking the chunks, twice", checks, "s"),
            Figure("restoring the state from checked chunks", restores, "s"),
            Figure("of that its thread's processor", restoreWork, "s"),
        ]
    }

    /// A state as an executor leaves it.
    private func fill(_ store: RocksDBStore, keys: Int) throws -> ResultStatement {
        let state = GroupState(group: Self.group, store: try WriteBackStore(store: store, group: Self.group))
        var tree = StateTree(suite: Self.suite, cachedPagesMax: 64_000)
        var (height, root): (UInt64, Digest) = (0, .zero)
        for start in stride(from: 0, to: keys, by: Self.batchKeys) {
            let writes = (start..<min(start + Self.batchKeys, keys)).map(Self.write)
            let leaves = writes.map { write in
                LeafChange(
                    path: write.key.path(in: Self.suite),
                    value: write.value.map { StateKey.digest(ofValue: $0, in: Self.suite) })
            }
            root = try tree.update(leaves.sorted { $0.path < $1.path }, from: state)
            height += 1
            state.commit(BlockChanges(height: height, values: writes, keptPageCount: tree.changedPageCount))
            guard state.beginFreeze() else { continue }
            tree.freeze()
            state.addFrozen(tree.takeFrozenPages(atMost: .max))
            let batch = state.finishFreeze()
            try batch.write(to: store)
            state.store.flushed(batch)
        }
        let header = BlockHeader(
            group: Self.group, height: height, parent: .zero, epoch: 0, executionVersion: 1, decision: height,
            time: Timestamp(milliseconds: 1), transactionCount: 0, transactionsRoot: .zero)
        return ResultStatement(
            header: header, blockHash: header.hash(in: Self.suite), genesis: .zero, stateRoot: root, receiptsRoot: .zero
        )
    }

    private static func write(_ number: Int) -> StateWrite {
        let key = (0..<keyByteCount).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        let value = (0..<valueByteCount).map { UInt8(truncatingIfNeeded: ($0 + 1) &* number) }
        return StateWrite(key: StateKey(contract: .system(1), key: key), value: value)
    }

    /// Read and checked by who gives them, and checked by who takes them.
    private func chunks(of snapshot: KeptSnapshot) throws -> [VerifiedChunk] {
        try snapshot.manifest.chunks.indices.compactMap { index in
            guard let bytes = try snapshot.chunk(at: UInt32(index)) else { return nil }
            return try VerifiedChunk(bytes, index: index, of: snapshot.manifest, in: Self.suite)
        }
    }

    private func restore(
        _ chunks: [VerifiedChunk], _ snapshot: KeptSnapshot, _ statement: ResultStatement, round: Int
    ) throws {
        let store = try RocksDBStore(path: folder.appending(path: "snapshot-restored-\(round)").path)
        var restorer = try SnapshotRestorer(
            snapshot.manifest, certified: statement, suite: Self.suite, store: store)
        // As they come from several peers: not in order.
        for chunk in chunks.shuffled() { try restorer.put(chunk) }
        try restorer.finish()
    }

    /// What the process has of memory; its peak is counted anew from here.
    private static func resetPeakMegabytes() -> Double {
        if let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") { file.write(Data("5".utf8)) }
        return megabytes("VmRSS:")
    }

    private static func megabytes(_ name: String) -> Double {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
        let kilobytes = line?.split { $0 == " " || $0 == "\t" }.dropFirst().first.flatMap { Double($0) }
        return (kilobytes ?? 0) / 1024
    }
}

import Ledger
import Primitives
import Storage
import TestSupport
import Testing

@testable import Replica

/// A state is cut, checked and put together again.
@Suite struct SnapshotTests {
    private let suite = SnapshotSample.suite

    private func restore(
        _ snapshot: KeptSnapshot, _ statement: ResultStatement, to store: MemoryKeyValueStore, batchByteCount: Int,
        seed: UInt64
    ) throws {
        var generator = SeededGenerator(seed: seed)
        var restorer = try SnapshotRestorer(
            snapshot.manifest, certified: statement, suite: suite, store: store, batchByteCount: batchByteCount)
        for chunk in try SnapshotSample.chunks(of: snapshot).shuffled(using: &generator) {
            try restorer.put(chunk)
        }
        try restorer.finish()
    }

    @Test(arguments: [0, 1, 2, 3, 40, 600], SnapshotSample.Shape.allCases)
    func `what is restored is what was there`(_ count: Int, _ shape: SnapshotSample.Shape) throws {
        let sample = try SnapshotSample(count: count, shape: shape, seed: UInt64(count))
        for (chunkByteCount, runByteCount) in [(1000, 5000), (1, 1), (1 << 20, 1 << 20)] {
            let snapshot = try sample.cut(chunkByteCount: chunkByteCount, runByteCount: runByteCount)
            #expect(snapshot.manifest.root(in: suite) == sample.statement.stateRoot)
            try snapshot.manifest.check(against: sample.statement, in: suite)
            try checkRule(snapshot, chunkByteCount, pairCount: count)
            for batchByteCount in [1, 4000, 1 << 20] {
                let store = try MemoryKeyValueStore()
                try restore(
                    snapshot, sample.statement, to: store, batchByteCount: batchByteCount, seed: UInt64(batchByteCount))
                // Values, pages and height.
                #expect(try contents(of: store) == contents(of: sample.store))
            }
        }
    }

    /// That nothing is cut that need not be, and all that must be.
    private func checkRule(_ snapshot: KeptSnapshot, _ chunkByteCount: Int, pairCount: Int) throws {
        let manifest = snapshot.manifest
        let sizes = try manifest.chunks.indices.map { index in
            let bytes = try #require(try snapshot.chunk(at: UInt32(index)))
            let chunk = try SnapshotChunk(canonicalBytes: bytes)
            return (pairs: chunk.pairs.count, bytes: chunk.pairs.reduce(0) { $0 + $1.canonicalBytes.count })
        }
        #expect(sizes.reduce(0) { $0 + $1.pairs } == pairCount)
        #expect(sizes.allSatisfy { $0.pairs < 2 || $0.bytes <= chunkByteCount })
        for (index, chunk) in manifest.chunks.enumerated().dropLast() {
            let next = manifest.chunks[index + 1].subtree
            guard chunk.subtree.depth == next.depth, chunk.subtree.depth > 0,
                !chunk.subtree.prefix.bit(at: next.depth - 1)
            else { continue }
            let (left, right) = (sizes[index], sizes[index + 1])
            #expect(left.pairs + right.pairs > 1 && left.bytes + right.bytes > chunkByteCount)
        }
    }

    @Test func `all cut the same bytes, however they sort`() throws {
        for shape in SnapshotSample.Shape.allCases {
            let sample = try SnapshotSample(count: 500, shape: shape, seed: 9)
            let other = try SnapshotSample(sample.pairs.reversed())
            let snapshots = [
                try sample.cut(), try sample.cut(runByteCount: 1), try sample.cut(runByteCount: 1 << 20),
                try other.cut(),
            ]
            for snapshot in snapshots {
                #expect(snapshot.manifest.canonicalBytes == snapshots[0].manifest.canonicalBytes)
                for index in snapshot.manifest.chunks.indices {
                    #expect(try snapshot.chunk(at: UInt32(index)) == snapshots[0].chunk(at: UInt32(index)))
                }
            }
            #expect(try snapshots[0].chunk(at: UInt32(snapshots[0].manifest.chunks.count)) == nil)
        }
    }

    @Test func `the longest values make chunks of their own`() throws {
        let value = [UInt8](repeating: 1, count: LedgerLimits.stateValueByteCountMax)
        let longest = [UInt8](repeating: 2, count: LedgerLimits.stateKeyByteCountMax)
        let sample = try SnapshotSample(
            [
                SnapshotPair(key: StateKey(contract: .system(1), key: longest), value: value),
                SnapshotPair(key: StateKey(contract: .system(2), key: longest), value: value),
                SnapshotPair(key: StateKey(contract: .system(3), key: [] as [UInt8]), value: []),
            ])
        let snapshot = try SnapshotCutter(
            certified: sample.statement, suite: suite, on: MemoryDisk(), in: "snapshot"
        ).cut(sample.store)
        let lengths = try snapshot.manifest.chunks.indices.compactMap { try snapshot.chunk(at: UInt32($0))?.count }
        let longestOfAll = try #require(lengths.max())
        // The number of pairs takes one byte of the five that it might.
        #expect(longestOfAll == ReplicaLimits.snapshotChunkByteCountMax - 4)
        #expect(snapshot.manifest.chunks.count >= 2)
        let store = try MemoryKeyValueStore()
        try restore(snapshot, sample.statement, to: store, batchByteCount: 1, seed: 1)
        #expect(try contents(of: store) == contents(of: sample.store))
    }

    @Test func `limits agree`() {
        #expect(ReplicaLimits.snapshotChunkByteCountMax < ReplicaLimits.messageByteCountMax)
        #expect((ReplicaLimits.snapshotChunksMax * 33) + 100 < ReplicaLimits.messageByteCountMax)
        #expect(ReplicaLimits.snapshotRequestsPerPeerMax <= ReplicaLimits.snapshotRequestsMax)
        #expect(ReplicaLimits.snapshotPairByteCountMax > ReplicaLimits.snapshotChunkByteCount)
        #expect(ReplicaLimits.snapshotPairByteCountMax < ReplicaLimits.snapshotRunByteCount)
    }

    // MARK: Cutting goes wrong

    @Test func `a state that is not the certified one is not cut`() throws {
        let sample = try SnapshotSample(count: 100, shape: .even, seed: 3)
        let disk = MemoryDisk()
        let key = StateLayout(group: SnapshotSample.group).key(of: sample.pairs[7].key)
        try sample.store.apply([KeyValueChange(key, nil)], flush: true)
        #expect(throws: SnapshotError.self) { try sample.cut(on: disk) }
        #expect(try disk.list("snapshot") == [])
        // Nor one of another height, or of none.
        let other = try SnapshotSample(count: 100, shape: .even, seed: 3)
        try other.store.apply(ReservedKeys.changes(appliedHeight: 11, of: SnapshotSample.group), flush: true)
        #expect(throws: SnapshotError.self) { try other.cut() }
        try other.store.apply(ReservedKeys.changes(appliedHeight: nil, of: SnapshotSample.group), flush: true)
        #expect(throws: SnapshotError.self) { try other.cut() }
    }

    @Test func `cutting stops when it is asked to, and on a full disk`() throws {
        let sample = try SnapshotSample(count: 100, shape: .even, seed: 4)
        let disk = MemoryDisk()
        let cutter = SnapshotCutter(
            certified: sample.statement, suite: suite, on: disk, in: "snapshot", chunkByteCount: 1000,
            runByteCount: 5000)
        #expect(throws: SnapshotError.self) { try cutter.cut(sample.store) { true } }
        #expect(try disk.list("snapshot") == [])
        for bytesLeft in stride(from: 0, to: 40_000, by: 999) {
            disk.faults = MemoryDisk.Faults()
            disk.faults.bytesLeft = bytesLeft
            if (try? cutter.cut(sample.store)) != nil { break }
            #expect(bytesLeft < 38_000)
            #expect(try KeptSnapshot(certified: sample.statement, suite: suite, on: disk, in: "snapshot") == nil)
        }
    }

    @Test func `a snapshot is whole or not there`() throws {
        let sample = try SnapshotSample(count: 300, shape: .even, seed: 5)
        let disk = MemoryDisk()
        let opened = { try KeptSnapshot(certified: sample.statement, suite: suite, on: disk, in: "snapshot") }
        #expect(try opened() == nil)
        let snapshot = try sample.cut(on: disk)
        #expect(try disk.list("snapshot") == ["chunks", "contents"])
        #expect(try opened()?.manifest == snapshot.manifest)
        // What the disk changes of it is not given out.
        let file = try disk.open("snapshot/chunks", .existing)
        let chunk = try #require(try snapshot.chunk(at: 3))
        let start = try (0..<3).reduce(0) { try $0 + (snapshot.chunk(at: UInt32($1))?.count ?? 0) }
        try file.write([chunk[chunk.count - 1] ^ 1], at: start + chunk.count - 1)
        #expect(throws: SnapshotError.self) { try snapshot.chunk(at: 3) }
        #expect(try snapshot.chunk(at: 4) != nil)
        let contents = try disk.open("snapshot/contents", .existing)
        try contents.write([9], at: 40)
        #expect(throws: SnapshotError.self) { try opened() }
        // Another cut takes its place.
        #expect(try sample.cut(on: disk).manifest == snapshot.manifest)
        #expect(try opened()?.chunk(at: 3) == chunk)
    }
}

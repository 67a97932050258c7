import Ledger
import Primitives
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Replica

/// Restoring with crashes, full disks, old states and other cuts on the way.
@Suite struct RestoringTests {
    private let suite = SnapshotSample.suite
    private let sample: SnapshotSample

    init() throws { sample = try SnapshotSample(count: 200, shape: .even, seed: 30) }

    private func restorer(
        _ snapshot: KeptSnapshot, in store: any KeyValueStore, batchByteCount: Int = 3000
    ) throws -> SnapshotRestorer {
        try SnapshotRestorer(
            snapshot.manifest, certified: sample.statement, suite: suite, store: store, batchByteCount: batchByteCount)
    }

    private func checkUnderWay(_ store: MemoryKeyValueStore) throws {
        #expect(try SnapshotRestorer.isUnderWay(in: store, group: SnapshotSample.group))
        #expect(try WriteBackStore(store: store, group: SnapshotSample.group).appliedHeight == nil)
    }

    @Test func `after a crash it goes on with what was written`() throws {
        let snapshot = try sample.cut()
        let chunks = try SnapshotSample.chunks(of: snapshot)
        for crash in 0...chunks.count {
            let store = try MemoryKeyValueStore()
            var first = try restorer(snapshot, in: store)
            for chunk in chunks.prefix(crash) { try first.put(chunk) }
            store.crash()
            try checkUnderWay(store)
            var second = try restorer(snapshot, in: store)
            let there = second.isComplete.count { $0 }
            #expect(there <= crash + snapshot.manifest.chunks.count - chunks.count)
            #expect(crash < 10 || there > 4)
            for chunk in chunks.reversed() where !second.isComplete[chunk.index] {
                #expect(throws: SnapshotError.self) { try second.finish() }
                try second.put(chunk)
                try checkUnderWay(store)
            }
            try second.finish()
            #expect(try contents(of: store) == contents(of: sample.store))
            store.crash()
            #expect(try contents(of: store) == contents(of: sample.store))
        }
    }

    @Test func `an old state goes`() throws {
        let snapshot = try sample.cut()
        for _ in 0..<2 {
            let store = try SnapshotSample(count: 300, shape: .even, seed: 31).store
            var restorer = try restorer(snapshot, in: store)
            try checkUnderWay(store)
            for chunk in try SnapshotSample.chunks(of: snapshot) { try restorer.put(chunk) }
            try restorer.finish()
            #expect(try contents(of: store) == contents(of: sample.store))
        }
    }

    @Test func `other groups stay as they are`() throws {
        let snapshot = try sample.cut()
        let other = try SnapshotSample(sample.pairs, group: 8)
        let (before, alone) = (try contents(of: other.store), try contents(of: sample.store))
        var restorer = try restorer(snapshot, in: other.store)
        for chunk in try SnapshotSample.chunks(of: snapshot) { try restorer.put(chunk) }
        try restorer.finish()
        #expect(try Set(contents(of: other.store)) == Set(before).union(alone))
    }

    @Test func `another cut of the same state goes on from there`() throws {
        let (coarse, fine) = (try sample.cut(chunkByteCount: 4000), try sample.cut(chunkByteCount: 300))
        for (from, to) in [(coarse, fine), (fine, coarse)] {
            let store = try MemoryKeyValueStore()
            var restorer = try restorer(from, in: store)
            let chunks = try SnapshotSample.chunks(of: from)
            for chunk in chunks.prefix(chunks.count / 2) { try restorer.put(chunk) }
            try restorer.recut(to.manifest)
            #expect(restorer.isComplete.count { $0 } > to.manifest.chunks.count / 4)
            for chunk in try SnapshotSample.chunks(of: to) { try restorer.put(chunk) }
            try restorer.finish()
            #expect(try contents(of: store) == contents(of: sample.store))
        }
    }

    @Test func `a full disk costs nothing but time`() throws {
        let snapshot = try sample.cut()
        let store = FullStore(try MemoryKeyValueStore())
        var restorer = try restorer(snapshot, in: store)
        var refusals = 0
        for chunk in try SnapshotSample.chunks(of: snapshot) {
            store.isFull.withLock { $0 = true }
            do { try restorer.put(chunk) } catch {
                refusals += 1
                #expect(throws: SnapshotError.self) {
                    try restorer.put(chunk); try restorer.flush()
                }
                store.isFull.withLock { $0 = false }
                try restorer.flush()
                try restorer.put(chunk)
            }
        }
        #expect(refusals > 3)
        store.isFull.withLock { $0 = true }
        #expect(throws: SnapshotError.self) { try restorer.finish() }
        store.isFull.withLock { $0 = false }
        try restorer.finish()
        #expect(try contents(of: store) == contents(of: sample.store))
    }
}

/// Has no room at times.
private final class FullStore: KeyValueStore {
    private let store: MemoryKeyValueStore
    let isFull = Mutex(false)

    init(_ store: MemoryKeyValueStore) { self.store = store }

    func get(_ key: StoreKey) throws(StorageError) -> [UInt8]? { try store.get(key) }

    func iterate(
        from start: StoreKey, prefix: StoreKey, _ body: (StoreKey, [UInt8]) -> Bool
    ) throws(StorageError) { try store.iterate(from: start, prefix: prefix, body) }

    func apply(_ changes: [KeyValueChange], flush: Bool) throws(StorageError) {
        guard !isFull.withLock({ $0 }) else { throw .noSpace(.write, path: "memory") }
        try store.apply(changes, flush: flush)
    }

    func freeSpace() throws(StorageError) -> FreeSpace { try store.freeSpace() }
}

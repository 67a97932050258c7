import Foundation
import Primitives
import Storage
import Synchronization
import TestSupport
import Testing

/// What the flushing thread reports.
private final class Outcome: Sendable {
    let isDone = Atomic(false)
    let failed = Atomic(false)
}

@Suite struct WriteBackStoreTests {
    private let prefix = StoreKey([0, 0, 0, 7])

    private func randomKey(_ generator: inout SeededGenerator) -> StoreKey {
        StoreKey(
            [0, 0, 0, 7]
                + (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                    UInt8.random(in: 0..<6, using: &generator)
                })
    }

    private func expectedScan(
        _ model: [StoreKey: [UInt8]], prefix: StoreKey, from start: StoreKey, limit: Int
    ) -> [KeyValueChange] {
        Array(
            model.filter { $0.key.hasPrefix(prefix) && !($0.key < start) }.sorted { $0.key < $1.key }.prefix(limit)
                .map { KeyValueChange($0.key, $0.value) })
    }

    /// Random commits, look-ups, scans, flushes and crashes against a dictionary for each height.
    @Test func `behaves as a dictionary, and comes back at a height that was flushed`() throws {
        for seed in 0..<400 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let store = try MemoryKeyValueStore()
            var state = try WriteBackStore(store: store, group: 7)
            var model: [StoreKey: [UInt8]] = [:]
            var history: [UInt64: [StoreKey: [UInt8]]] = [:]
            var batch: FlushBatch?
            var isWritten = false
            for _ in 0..<120 {
                switch Int.random(in: 0..<12, using: &generator) {
                case 0...4:
                    let changes = (0..<Int.random(in: 0..<8, using: &generator)).map { _ in
                        let isDeletion = Int.random(in: 0..<3, using: &generator) == 0
                        return (randomKey(&generator), isDeletion ? nil : generator.bytes(3))
                    }
                    for (key, value) in changes { model[key] = value }
                    let height = (state.height ?? 0) + 1
                    state.commit(height: height, changes: changes)
                    history[height] = model
                case 5...6:
                    let key = randomKey(&generator)
                    #expect(try state.get(key) == model[key])
                case 7...8:
                    let start = randomKey(&generator)
                    let narrow = Bool.random(using: &generator) ? prefix : StoreKey(start.bytes.prefix(5) + [])
                    let limit = Int.random(in: 0..<20, using: &generator)
                    let found = try state.scan(prefix: narrow, from: start, limit: limit)
                    let expected = expectedScan(model, prefix: narrow, from: start, limit: limit)
                    #expect(found.map { KeyValueChange($0.0, $0.1) } == expected, "seed \(seed)")
                case 9:
                    if let frozen = state.freeze() {
                        #expect(batch == nil && frozen.height == state.height)
                        (batch, isWritten) = (frozen, false)
                    }
                case 10:
                    if let frozen = batch, !isWritten {
                        try frozen.write(to: store)
                        isWritten = true
                    } else if let frozen = batch {
                        state.flushed(frozen)
                        batch = nil
                    }
                default:
                    guard Int.random(in: 0..<4, using: &generator) == 0 else { continue }
                    let flushed = batch.flatMap { isWritten ? $0.height : nil } ?? state.appliedHeight
                    store.crash()
                    state = try WriteBackStore(store: store, group: 7)
                    batch = nil
                    #expect(state.appliedHeight == flushed)
                    model = flushed.flatMap { history[$0] } ?? [:]
                    let all = try state.scan(prefix: prefix, from: .empty, limit: .max)
                    #expect(
                        all.map { KeyValueChange($0.0, $0.1) }
                            == expectedScan(model, prefix: prefix, from: .empty, limit: .max))
                }
            }
        }
    }

    @Test func `asks for flushes and for patience by its limits`() throws {
        var limits = WriteBackLimits()
        (limits.keysToFlush, limits.bytesToFlush, limits.factorMax) = (10, 1000, 3)
        let state = try WriteBackStore(store: MemoryKeyValueStore(), group: 7, limits: limits)
        func commit(_ height: UInt64, _ bytes: Int = 0) {
            state.commit(
                height: height, changes: [(StoreKey([0, 0, 0, 7, UInt8(height)]), [UInt8](repeating: 1, count: bytes))])
        }
        for height in 1...9 as ClosedRange<UInt64> { commit(height) }
        #expect(!state.shouldFlush)
        commit(10)
        #expect(state.shouldFlush && !state.isOverLimit)
        let batch = try #require(state.freeze())
        #expect(state.freeze() == nil)
        for height in 11...40 as ClosedRange<UInt64> { commit(height) }
        #expect(!state.shouldFlush && state.isOverLimit)
        state.flushed(batch)
        #expect(state.shouldFlush && state.appliedHeight == 10)
        let next = try #require(state.freeze())
        state.flushed(next)
        commit(41, 996)
        #expect(state.shouldFlush)
        // One key written often is one dirty key, with the bytes of its last value.
        state.commit(height: 42, changes: (0..<50).map { _ in (StoreKey([0, 0, 0, 7, 41]), [1]) })
        #expect(state.dirtyKeyCount == 1 && state.dirtyByteCount == 6)
    }

    @Test func `groups keep heights of their own in one store`() throws {
        let store = try MemoryKeyValueStore()
        for group in 1...3 as ClosedRange<UInt32> {
            let state = try WriteBackStore(store: store, group: group)
            state.commit(height: UInt64(group) * 10, changes: [])
            let batch = try #require(state.freeze())
            try batch.write(to: store)
        }
        #expect(try WriteBackStore(store: store, group: 2).appliedHeight == 20)
        #expect(try WriteBackStore(store: store, group: 4).appliedHeight == nil)
    }

    /// The executor reads and commits while another thread writes the frozen batch to RocksDB.
    @Test func `reads stay right while a batch is being written`() throws {
        let folder = try TemporaryFolder()
        let store = try RocksDBStore(path: folder.path)
        let state = try WriteBackStore(store: store, group: 7)
        func key(_ number: Int) -> StoreKey {
            StoreKey([0, 0, 0, 7, UInt8(number >> 8), UInt8(number & 255)])
        }
        for round in 1...10 {
            let changes = (0..<2000).map { (key($0), $0 % 7 == round % 7 ? nil : [UInt8(round), UInt8($0 & 255)]) }
            state.commit(height: UInt64(round), changes: changes)
            let batch = try #require(state.freeze())
            let outcome = Outcome()
            Thread.detachNewThread {
                do { try batch.write(to: store) } catch { outcome.failed.store(true, ordering: .releasing) }
                outcome.isDone.store(true, ordering: .releasing)
            }
            repeat {
                for number in stride(from: 0, to: 2000, by: 37) {
                    let expected = number % 7 == round % 7 ? nil : [UInt8(round), UInt8(number & 255)]
                    #expect(try state.get(key(number)) == expected)
                }
                #expect(try state.scan(prefix: prefix, from: key(3), limit: 50).count == 50)
            } while !outcome.isDone.load(ordering: .acquiring)
            let failed = outcome.failed.load(ordering: .acquiring)
            #expect(!failed)
            state.flushed(batch)
        }
    }
}

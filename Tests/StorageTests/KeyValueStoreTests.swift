import Foundation
import Primitives
import Storage
import TestSupport
import Testing

enum StoreKind: CaseIterable { case memory, rocksDB }

@Suite struct KeyValueStoreTests {
    private func smallOptions() -> RocksDBStore.Options {
        var options = RocksDBStore.Options()
        (options.blockCacheBytes, options.writeBufferBytes) = (8 << 20, 4 << 20)
        return options
    }

    private func withStore(_ kind: StoreKind, _ body: (any KeyValueStore) throws -> Void) throws {
        let folder = try TemporaryFolder()
        switch kind {
        case .memory: try body(MemoryKeyValueStore())
        case .rocksDB: try body(RocksDBStore(path: folder.path, options: smallOptions()))
        }
        withExtendedLifetime(folder) {}
    }

    @Test(arguments: StoreKind.allCases) func `is an ordered map`(_ kind: StoreKind) throws {
        try withStore(kind) { store in
            var generator = SeededGenerator(seed: 3)
            var model: Set<[UInt8]> = []
            for _ in 0..<60 {
                var changes: [KeyValueChange] = []
                for _ in 0..<Int.random(in: 0..<20, using: &generator) {
                    let count = [2, 3, 70].randomElement(using: &generator) ?? 1
                    let key = (0..<count).map { _ in UInt8.random(in: 0...3, using: &generator) }
                    let isDeletion = Int.random(in: 0..<3, using: &generator) == 0
                    changes.append(KeyValueChange(StoreKey(key), isDeletion ? nil : key))
                    if isDeletion { model.remove(key) } else { model.insert(key) }
                }
                try store.apply(changes, flush: Bool.random(using: &generator))
                let sorted = model.sorted { $0.lexicographicallyPrecedes($1) }
                for prefix in [[], [1], [2, 0]] as [[UInt8]] {
                    for start in [[], [1, 2], [3]] as [[UInt8]] {
                        let expected = sorted.filter { $0.starts(with: prefix) && !$0.lexicographicallyPrecedes(start) }
                        let found = try list(store, from: start, prefix: prefix)
                        #expect(found == expected)
                    }
                }
                for key in sorted { #expect(try store.get(StoreKey(key)) == key) }
            }
            #expect(try store.get(StoreKey([9, 9])) == nil)
        }
    }

    private func list(_ store: any KeyValueStore, from: [UInt8], prefix: [UInt8]) throws -> [[UInt8]] {
        var found: [[UInt8]] = []
        try store.iterate(from: StoreKey(from), prefix: StoreKey(prefix)) { key, value in
            // The store's own keys begin so.
            guard key.bytes.first != 0xFF else { return false }
            #expect(key.bytes == value)
            found.append(value)
            return true
        }
        return found
    }

    @Test(arguments: StoreKind.allCases) func `an empty value is not a missing one`(_ kind: StoreKind) throws {
        try withStore(kind) { store in
            try store.apply([KeyValueChange(StoreKey([1]), [])], flush: true)
            #expect(try store.get(StoreKey([1])) == [])
            #expect(try store.get(StoreKey([2])) == nil)
        }
    }

    @Test(arguments: StoreKind.allCases) func `a scan stops when told`(_ kind: StoreKind) throws {
        try withStore(kind) { store in
            try store.apply((0..<9).map { KeyValueChange(StoreKey([1, $0]), [$0]) }, flush: false)
            var seen: [UInt8] = []
            try store.iterate(from: StoreKey([1, 2]), prefix: StoreKey([1])) { _, value in
                seen += value
                return seen.count < 3
            }
            #expect(seen == [2, 3, 4])
        }
    }

    @Test func `a foreign or newer store is refused`() throws {
        let folder = try TemporaryFolder()
        var format = StoreKey.empty
        format.append(ReservedKeys.group)
        format.append(UInt8(ascii: "f"))
        do {
            let store = try RocksDBStore(path: folder.path, options: smallOptions())
            try store.apply([KeyValueChange(format, [2, 0, 0, 0])], flush: true)
        }
        #expect(throws: StorageError.unknownFormat(path: folder.path, found: "version 2", supported: "version 1")) {
            try RocksDBStore(path: folder.path, options: smallOptions())
        }
    }

    /// Copies a folder whose files come and go in the background: once more whenever one went in between.
    private func copyOfLive(_ path: String, into folder: String) throws -> String {
        for attempt in 0..<100 {
            let copy = "\(folder)/\(attempt)"
            if (try? FileManager.default.copyItem(atPath: path, toPath: copy)) != nil { return copy }
        }
        throw CocoaError(.fileReadUnknown)
    }

    /// What is on the disk while the process lives is what killing it would leave: a copy of it must hold exactly
    /// the last flushed height, and nothing of what was only applied.
    @Test func `killed without a flush, it holds a named height`() throws {
        let (folder, image) = (try TemporaryFolder(), try TemporaryFolder())
        let store = try RocksDBStore(path: folder.path, options: smallOptions())
        let key = StoreKey([0, 0, 0, 7, 1])
        let state = try WriteBackStore(store: store, group: 7)
        for height in 1...20 as ClosedRange<UInt64> {
            state.commit(height: height, changes: [(key, [UInt8(height)])])
            if height % 6 == 0, let batch = state.freeze() {
                try batch.write(to: store)
                state.flushed(batch)
            }
        }
        try store.apply([KeyValueChange(key, [99])], flush: false)
        let copy = try copyOfLive(folder.path, into: image.path)
        let survivor = try RocksDBStore(path: copy, options: smallOptions())
        #expect(try WriteBackStore(store: survivor, group: 7).appliedHeight == 18)
        #expect(try survivor.get(key) == [18])
        #expect(try store.get(key) == [99])
    }
}

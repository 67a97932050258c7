import Foundation
import Primitives
import Storage
import TestSupport
import Testing

/// Checkpoints of a key-value store.
@Suite struct CheckpointTests {
    private static let keyCount = 20_000

    private func smallOptions() -> RocksDBStore.Options {
        var options = RocksDBStore.Options()
        (options.blockCacheBytes, options.writeBufferBytes) = (8 << 20, 4 << 20)
        return options
    }

    private func store(_ folder: TemporaryFolder) throws -> RocksDBStore {
        try RocksDBStore(path: "\(folder.path)/state", options: smallOptions())
    }

    private func checkpoints(_ folder: TemporaryFolder, of store: RocksDBStore) throws -> RocksDBCheckpoints {
        try RocksDBCheckpoints(of: store, path: "\(folder.path)/checkpoints")
    }

    private func key(_ number: Int) -> StoreKey {
        var key = StoreKey.empty
        key.append(7 as UInt32)
        key.append(UInt32(number))
        return key
    }

    /// Gives every key the value of a round, and leaves out every seventh from the second round on.
    private func write(round: Int, to store: any KeyValueStore) throws {
        let value = [UInt8](repeating: UInt8(round), count: 100)
        let changes = (0..<Self.keyCount).map { number in
            KeyValueChange(key(number), round > 1 && number.isMultiple(of: 7) ? nil : value)
        }
        try store.apply(changes, flush: true)
    }

    private func check(_ reader: any KeyValueReader, round: Int) throws {
        let value = [UInt8](repeating: UInt8(round), count: 100)
        var count = 0
        var prefix = StoreKey.empty
        prefix.append(7 as UInt32)
        try reader.iterate(from: .empty, prefix: prefix) { _, found in
            count += 1
            return found == value
        }
        #expect(count == (round == 1 ? Self.keyCount : Self.keyCount - (Self.keyCount + 6) / 7))
        #expect(try reader.get(key(1)) == value)
        #expect(try reader.get(key(7)) == (round == 1 ? value : nil))
    }

    @Test func `a checkpoint stays as it was, whatever becomes of the store`() throws {
        let folder = try TemporaryFolder()
        do {
            let store = try store(folder)
            let checkpoints = try checkpoints(folder, of: store)
            // So many rounds that old tables are merged and go.
            for round in 1...12 {
                try write(round: round, to: store)
                if [1, 5, 6].contains(round) { try checkpoints.keep(UInt64(round) * 10) }
                if round >= 6 { try check(try checkpoints.open(60), round: 6) }
            }
            #expect(try checkpoints.heights() == [10, 50, 60])
            for round in [1, 5, 6] { try check(try checkpoints.open(UInt64(round) * 10), round: round) }
            // One that is there stays as it is.
            try checkpoints.keep(50)
            try check(try checkpoints.open(50), round: 5)
            try check(store, round: 12)
        }
        let store = try store(folder)
        let checkpoints = try checkpoints(folder, of: store)
        #expect(try checkpoints.heights() == [10, 50, 60])
        try check(try checkpoints.open(10), round: 1)
        try checkpoints.remove(50)
        #expect(try checkpoints.heights() == [10, 60])
        #expect(throws: StorageError.self) { try checkpoints.open(50) }
        try check(try checkpoints.open(60), round: 6)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/checkpoints").sorted()
                == ["10", "60", "LOCK"])
    }

    @Test func `what a crash left half-made or half-removed goes, and nothing else`() throws {
        let folder = try TemporaryFolder()
        let store = try store(folder)
        try write(round: 1, to: store)
        do { try checkpoints(folder, of: store).keep(30) }
        let files = FileManager.default
        for name in ["40.new", "40.new.tmp", "20.old", "notes", "5x", "007"] {
            try files.copyItem(
                atPath: "\(folder.path)/checkpoints/30", toPath: "\(folder.path)/checkpoints/\(name)")
            try files.removeItem(atPath: "\(folder.path)/checkpoints/\(name)/CURRENT")
        }
        let checkpoints = try checkpoints(folder, of: store)
        #expect(try checkpoints.heights() == [30])
        let left = try files.contentsOfDirectory(atPath: "\(folder.path)/checkpoints").sorted()
        #expect(left == ["007", "30", "5x", "LOCK", "notes"])
        try check(try checkpoints.open(30), round: 1)
        // While the process lives, an earlier try that failed is in nobody's way.
        for name in ["40.new", "40.new.tmp"] {
            try files.createDirectory(
                atPath: "\(folder.path)/checkpoints/\(name)", withIntermediateDirectories: false)
        }
        try checkpoints.keep(40)
        #expect(try checkpoints.heights() == [30, 40])
        try check(try checkpoints.open(40), round: 1)
    }

    @Test func `a damaged one gives an error`() throws {
        let folder = try TemporaryFolder()
        let store = try store(folder)
        try write(round: 1, to: store)
        let checkpoints = try checkpoints(folder, of: store)
        try checkpoints.keep(30)
        try FileManager.default.removeItem(atPath: "\(folder.path)/checkpoints/30/CURRENT")
        #expect(throws: StorageError.self) { try checkpoints.open(30) }
        // It goes as any other.
        try checkpoints.remove(30)
        #expect(try checkpoints.heights().isEmpty)
    }

    @Test func `reading leaves a checkpoint's files as they are`() throws {
        let folder = try TemporaryFolder()
        let store = try store(folder)
        try write(round: 1, to: store)
        let checkpoints = try checkpoints(folder, of: store)
        try checkpoints.keep(30)
        let path = "\(folder.path)/checkpoints/30"
        let before = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        for _ in 0..<2 { try check(try checkpoints.open(30), round: 1) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: path).sorted() == before)
    }

    @Test func `the memory's twin does the same`() throws {
        let store = try MemoryKeyValueStore()
        let checkpoints = MemoryCheckpoints(of: store)
        for round in 1...3 {
            try write(round: round, to: store)
            try checkpoints.keep(UInt64(round))
        }
        try checkpoints.keep(2)
        for round in 1...3 { try check(try checkpoints.open(UInt64(round)), round: round) }
        try checkpoints.remove(2)
        #expect(try checkpoints.heights() == [1, 3])
        #expect(throws: StorageError.self) { try checkpoints.open(2) }
    }
}

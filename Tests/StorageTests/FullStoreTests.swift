import Foundation
import Glibc
import Primitives
import SystemTestSupport
import TestSupport
import Testing

@testable import Storage

/// RocksDB on a real file system that somebody else fills at random moments.
@Suite(
    .enabled(
        if: SmallDisk.isPermitted,
        "not tried: this process may not mount a file system (run the tests as root, or with unshare -rm)"))
struct FullStoreTests {
    private static let rounds = 4
    private static let batches = 10

    private func changes(_ generator: inout SeededGenerator) -> [KeyValueChange] {
        (0..<Int.random(in: 1...9000, using: &generator)).map { _ in
            let key = Int.random(in: 0..<10_000, using: &generator)
            return KeyValueChange(
                StoreKey([7] + withUnsafeBytes(of: key) { Array($0) }),
                [UInt8](repeating: UInt8.random(in: 0...255, using: &generator), count: 1000))
        }
    }

    /// Tries until there is room, as often as a node does. How often there was none; nil if that does not come to an end.
    private func apply(_ changes: [KeyValueChange], to store: RocksDBStore) throws -> Int? {
        for failures in 0..<150 {
            do throws(StorageError) {
                try store.apply(changes, flush: true)
                return failures
            } catch {
                guard case .noSpace = error else { throw error }
                usleep(200_000)
            }
        }
        return nil
    }

    /// Some batches are larger than a memtable, so that several of those wait to be flushed when there is no room. With
    /// RocksDB's atomic flushes this test found that it never wrote again.
    @Test(.timeLimit(.minutes(4)), arguments: 1...4 as ClosedRange<UInt64>)
    func `a store on a full disk goes on when there is room, loses nothing, and closes`(_ seed: UInt64) throws {
        let folder = try TemporaryFolder()
        let disk = try SmallDisk(at: "\(folder.path)/small", megabytes: 256)
        let path = "\(disk.path)/state"
        var options = RocksDBStore.Options()
        (options.blockCacheBytes, options.writeBufferBytes) = (8 << 20, 4 << 20)
        var generator = SeededGenerator(seed: seed)
        var held: [StoreKey: [UInt8]] = [:]
        var wasFull = 0
        do {
            let store = try RocksDBStore(path: path, options: options)
            let checkpoints = try RocksDBCheckpoints(of: store, path: "\(disk.path)/checkpoints")
            for round in 0..<Self.rounds {
                let delay = UInt32.random(in: 0...40_000, using: &generator)
                Thread.detachNewThread {
                    for pause in [delay, 300_000, 600_000] {
                        usleep(pause)
                        disk.fill(leaving: 0)
                    }
                    disk.makeRoom()
                }
                for batch in 0..<Self.batches {
                    let changes = changes(&generator)
                    guard let failures = try apply(changes, to: store) else {
                        Issue.record("round \(round): it never writes again, with \(disk.freeByteCount) bytes free")
                        return
                    }
                    wasFull += failures
                    for change in changes { held[change.key] = change.value }
                    guard batch.isMultiple(of: 2) else { continue }
                    let height = UInt64(round * Self.batches + batch + 1)
                    do throws(StorageError) { try checkpoints.keep(height) } catch {
                        guard case .noSpace = error else { throw error }
                    }
                    for old in try checkpoints.heights() where old + 3 < height { try checkpoints.remove(old) }
                }
            }
        }
        #expect(wasFull > 0)
        disk.makeRoom()
        let again = try RocksDBStore(path: path, options: options)
        let lost = try held.count { try again.get($0.key) != $0.value }
        #expect(lost == 0, "of \(held.count) values")
    }
}

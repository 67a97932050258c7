import Cryptography
import Ledger
import Primitives
import Storage
import TestSupport

@testable import Replica

/// A state of made-up pairs in a store, as an executor would have left it, and its snapshots.
struct SnapshotSample {
    static let suite = Suite.international
    static let group: GroupIdentifier = 7
    static let height: UInt64 = 12

    /// How the hashes of keys are spread.
    enum Shape: CaseIterable {
        case even
        /// All begin with the same bits.
        case skewed
        /// Some values are as long as several chunks.
        case large
    }

    let pairs: [SnapshotPair]
    let store: MemoryKeyValueStore
    let statement: ResultStatement

    init(count: Int, shape: Shape, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        try self.init((0..<count).map { _ in Self.pair(shape, &generator) })
    }

    init(_ pairs: [SnapshotPair], group: GroupIdentifier = group) throws {
        self.pairs = pairs
        store = try MemoryKeyValueStore()
        let state = GroupState(group: group, store: try WriteBackStore(store: store, group: group))
        var tree = StateTree(suite: Self.suite, cachedPagesMax: 1000)
        let leaves = pairs.map { pair in
            LeafChange(
                path: pair.key.path(in: Self.suite), value: StateKey.digest(ofValue: pair.value, in: Self.suite))
        }
        let root = try tree.update(leaves.sorted { $0.path < $1.path }, from: state)
        let header = BlockHeader(
            group: group, height: Self.height, parent: .zero, epoch: 0, executionVersion: 1, decision: 5,
            time: Timestamp(milliseconds: 1000), transactionCount: 0, transactionsRoot: .zero)
        statement = ResultStatement(
            header: header, blockHash: header.hash(in: Self.suite), genesis: .zero, stateRoot: root, receiptsRoot: .zero
        )
        state.commit(
            BlockChanges(
                height: Self.height, values: pairs.map { StateWrite(key: $0.key, value: $0.value) },
                keptPageCount: tree.changedPageCount))
        guard state.beginFreeze() else { return }
        tree.freeze()
        state.addFrozen(tree.takeFrozenPages(atMost: .max))
        try state.finishFreeze().write(to: store)
    }

    private static func pair(_ shape: Shape, _ generator: inout SeededGenerator) -> SnapshotPair {
        var key: StateKey
        repeat {
            let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            key = StateKey(
                contract: .system(UInt16.random(in: 1...3, using: &generator)), key: bytes + number(&generator))
        } while shape == .skewed && key.path(in: suite).words[0] >> 54 != 0x155
        let isLong = shape == .large && Int.random(in: 0..<5, using: &generator) == 0
        let count = isLong ? 3000 : Int.random(in: 0...80, using: &generator)
        return SnapshotPair(key: key, value: (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    /// So that no key is there twice.
    private static func number(_ generator: inout SeededGenerator) -> [UInt8] {
        (0..<8).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    func cut(
        chunkByteCount: Int = 1000, runByteCount: Int = 5000, on disk: MemoryDisk = MemoryDisk()
    ) throws -> KeptSnapshot {
        try SnapshotCutter(
            certified: statement, suite: Self.suite, on: disk, in: "snapshot", chunkByteCount: chunkByteCount,
            runByteCount: runByteCount
        ).cut(store)
    }

    /// All chunks, but for empty ones.
    static func chunks(of snapshot: KeptSnapshot) throws -> [VerifiedChunk] {
        try snapshot.manifest.chunks.indices.filter { snapshot.manifest.chunks[$0].digest != .zero }.map { index in
            guard let bytes = try snapshot.chunk(at: UInt32(index)) else {
                throw SimulationFailure("it has no \(index)")
            }
            return try VerifiedChunk(bytes, index: index, of: snapshot.manifest, in: suite)
        }
    }
}

/// Everything that a store holds, line by line.
func contents(of store: any KeyValueReader) throws -> [String] {
    var lines: [String] = []
    try store.iterate(from: .empty, prefix: .empty) { key, value in
        lines.append("\(key.bytes.hexadecimal) \(value.hexadecimal)")
        return true
    }
    return lines
}

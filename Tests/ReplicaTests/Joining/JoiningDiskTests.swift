import Foundation
import Ledger
import Primitives
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Replica

/// What a joiner asks for becomes a node, wherever the process dies on the way.
@Suite struct JoiningDiskTests {
    private let chain: JoiningChain
    private let height: UInt64
    /// All that a joiner asks of a disk, in order, and what it ends with.
    private let effects: [JoinerEffect]
    private let state: JoinedState

    init() throws {
        let chain = try JoiningChain.long()
        let recorded = try Self.record(chain)
        (self.chain, effects, state) = (chain, recorded.effects, recorded.state)
        height = state.statement.height
    }

    private static func record(_ chain: JoiningChain) throws -> (effects: [JoinerEffect], state: JoinedState) {
        let bench = JoinerBench(chain, invitation: chain.invitation(to: 3))
        var effects: [JoinerEffect] = []
        for _ in 0..<100 {
            effects += bench.goOn() + bench.pass(milliseconds: 200)
            for case .ended(.restored(let state)) in effects { return (effects.filter(\.isOfDisk), state) }
        }
        throw SimulationFailure("it does not end")
    }

    private func node() throws -> JoinedNode {
        JoinedNode(chain: chain, disk: MemoryDisk(), store: try MemoryKeyValueStore())
    }

    /// Joins to the end, or until something can't be written.
    private func join(_ node: JoinedNode, over store: (any KeyValueStore)? = nil) throws -> ReplicaRecord {
        var disk = node.joiningDisk(over: store)
        for effect in effects {
            let answer = try disk.perform(effect)
            guard case .begun(_, let isComplete)? = answer else { continue }
            #expect(isComplete.count > 3)
        }
        return try disk.finish(state)
    }

    private func settle(_ node: JoinedNode, _ record: ReplicaRecord) throws {
        #expect(try node.standing == .whole(record))
        try JoiningDisk.settle(chain.genesis.group, disk: node.disk)
        #expect(try node.standing == .none)
        try node.check(record, at: height)
    }

    /// What a node finds when it starts: it joins anew if that is under way.
    private func start(_ node: JoinedNode) throws {
        switch try node.standing {
        case .none: throw SimulationFailure("nothing says that joining was under way")
        case .underWay: try settle(node, try join(node))
        case .whole(let record): try settle(node, record)
        }
    }

    @Test func `an empty disk becomes a node`() throws {
        let node = try node()
        #expect(try node.standing == .none)
        try settle(node, try join(node))
        #expect(try node.disk.list("tail/7").isEmpty)
    }

    /// At every write to files. Whatever was not synced may be lost.
    @Test func `it may die at any byte that is written to files`() throws {
        var (limit, count, wholeCount) = (0, 0, 0)
        while true {
            let node = try node()
            node.disk.faults.bytesUntilFailure = limit
            let outcome = Result { try join(node) }
            if case .success(let record) = outcome {
                try settle(node, record)
                break
            }
            count += 1
            var generator = SeededGenerator(seed: UInt64(limit))
            node.disk.faults = .init()
            node.disk.crash(using: &generator)
            node.store.crash()
            if case .whole = try node.standing { wholeCount += 1 }
            try start(node)
            limit += 37
        }
        #expect(count > 50, "it died \(count) times, \(wholeCount) of them as a whole")
    }

    @Test func `it may die before and after any batch that is written to the store`() throws {
        var (batch, count, wholeCount) = (0, 0, 0)
        while true {
            let node = try node()
            let store = DyingStore(node.store, batches: batch / 2, isWritten: !batch.isMultiple(of: 2))
            let outcome = Result { try join(node, over: store) }
            if case .success(let record) = outcome {
                try settle(node, record)
                break
            }
            count += 1
            var generator = SeededGenerator(seed: UInt64(batch))
            node.disk.crash(using: &generator)
            node.store.crash()
            // Before the first batch nothing is different.
            if batch == 0 {
                #expect(try node.standing == .none)
            } else {
                if case .whole = try node.standing { wholeCount += 1 }
                try start(node)
            }
            batch += 1
        }
        #expect(count > 6 && wholeCount > 0, "it died \(count) times, \(wholeCount) of them as a whole")
    }

    @Test func `chunks that are there stay`() throws {
        let node = try node()
        let store = DyingStore(node.store, batches: 5, isWritten: true)
        #expect(throws: JoiningError.self) { try join(node, over: store) }
        node.store.crash()
        var disk = node.joiningDisk()
        let begin = try #require(effects.first)
        guard case .begun(_, let isComplete)? = try disk.perform(begin) else {
            Issue.record("it does not begin")
            return
        }
        #expect(isComplete.contains(true) && isComplete.contains(false))
    }

    @Test func `what stood there before goes, but not what was signed`() throws {
        let node = try node()
        let old = try JoiningChain.retired()
        let log = try BlockLog.open(disk: node.disk, group: 7, segmentBytes: 4096).log
        for block in old.ledger.blocks { try log.append(block) }
        try log.sync()
        try node.store.apply(try changes(of: old.ledger.store), flush: true)
        let decisions = try BlockLog.open(
            disk: node.disk, group: 7, name: NetworkRecovered.decisionsFolder(of: 1), segmentBytes: 4096
        ).log
        try decisions.append(height: 5, payload: [1])
        try decisions.sync()
        try settle(node, try join(node))
        #expect(try node.disk.list("decisions-1/7").isEmpty == false)
    }

    private func changes(of store: MemoryKeyValueStore) throws -> [KeyValueChange] {
        var changes: [KeyValueChange] = []
        try store.iterate(from: .empty, prefix: .empty) { key, value in
            changes.append(KeyValueChange(key, value))
            return true
        }
        return changes
    }

    @Test func `another state takes the place of one that was given up`() throws {
        let node = try node()
        var disk = node.joiningDisk()
        let other = try JoiningChain.retired()
        let bench = JoinerBench(other, invitation: nil)
        let abandoned = try #require(bench.run())
        #expect(abandoned.statement != state.statement)
        for effect in effects.prefix(4) { _ = try disk.perform(effect) }
        for effect in try Self.effects(of: other) { _ = try disk.perform(effect) }
        #expect(throws: JoiningError.self) { try disk.finish(state) }
        #expect(try node.standing == .underWay)
        for effect in effects { _ = try disk.perform(effect) }
        try settle(node, try disk.finish(state))
    }

    private static func effects(of chain: JoiningChain) throws -> [JoinerEffect] {
        let bench = JoinerBench(chain, invitation: nil)
        var effects: [JoinerEffect] = []
        for _ in 0..<100 { effects += bench.goOn() + bench.pass(milliseconds: 200) }
        return effects.filter(\.isOfDisk)
    }

    @Test func `a mark that is damaged is said to be`() throws {
        let node = try node()
        _ = try join(node)
        try node.disk.flip("joined/7", at: 0, mask: 4)
        #expect(throws: JoiningError.self) { try node.standing }
    }

    @Test func `on RocksDB`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "joining-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try RocksDBStore(path: folder)
        let node = try node()
        let record = try join(node, over: store)
        #expect(try JoiningDisk.standing(of: 7, disk: node.disk, store: store) == .whole(record))
        #expect(try contents(of: store) == chain.contentsByHeight[height])
    }
}

extension JoinerEffect {
    fileprivate var isOfDisk: Bool {
        switch self {
        case .begin, .store, .keep, .readEpoch: true
        case .send, .verify, .refused, .ended: false
        }
    }
}

/// Takes so many batches, and perhaps one more of which nobody hears that it was taken.
private final class DyingStore: KeyValueStore {
    private let store: MemoryKeyValueStore
    private let left: Mutex<Int>
    private let isWritten: Bool

    init(_ store: MemoryKeyValueStore, batches: Int, isWritten: Bool) {
        self.store = store
        self.isWritten = isWritten
        left = Mutex(batches)
    }

    func get(_ key: StoreKey) throws(StorageError) -> [UInt8]? { try store.get(key) }

    func iterate(
        from start: StoreKey, prefix: StoreKey, _ body: (StoreKey, [UInt8]) -> Bool
    ) throws(StorageError) { try store.iterate(from: start, prefix: prefix, body) }

    func apply(_ changes: [KeyValueChange], flush: Bool) throws(StorageError) {
        let rest = left.withLock { left in
            left -= 1
            return left
        }
        guard rest < 0 else { return try store.apply(changes, flush: flush) }
        if isWritten, rest == -1 { try store.apply(changes, flush: flush) }
        throw .keyValueStore(operation: "write", path: "memory", text: "the process dies")
    }

    func freeSpace() throws(StorageError) -> FreeSpace { try store.freeSpace() }
}

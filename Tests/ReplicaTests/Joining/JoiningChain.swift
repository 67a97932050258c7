import Contracts
import Ledger
import Primitives
import Storage
import TestSupport
import Testing

@testable import Replica

/// A chain through some epochs, with all that a node on it gives to those who join.
final class JoiningChain {
    private(set) var ledger: EpochLedger
    private(set) var shelf: SnapshotShelf
    let log: BlockLog
    let shelfDisk = MemoryDisk()
    /// What the store holds at heights that were cut.
    private(set) var contentsByHeight: [UInt64: [String]] = [:]

    static let chunkByteCount = 250

    private init() throws {
        let rules = try #require(ExecutionRules(version: 2))
        ledger = try EpochLedger(rules: rules) {
            $0.expiryWindowMilliseconds = 1000
            $0.checkpointInterval = 2
        }
        shelf = try SnapshotShelf(genesis: ledger.genesis, on: shelfDisk)
        log = try BlockLog.open(disk: MemoryDisk(), group: ledger.genesis.group).log
    }

    // MARK: Chains

    /// Through three hand-overs, with snapshots of the newest epoch; or less of the same chain.
    static func long(epochs: Int = 3, blocksAfter: Int = 9, cuts: [Int] = [3, 6]) throws -> JoiningChain {
        let chain = try JoiningChain()
        let next: [(EngineKind, [UInt8], [UInt8])] = [
            (.fbft, [1, 2, 3, 5, 6], [1, 2, 4]), (.fbft, [1, 7, 3, 5, 6], [2, 3, 5, 6]),
            (.raft, [1, 7, 3, 5, 6], [7, 3, 5, 6]),
        ]
        for (number, (engine, keys, voters)) in next.prefix(epochs).enumerated() {
            try chain.handOver(to: try EpochLedger.epoch(UInt64(number) + 1, engine, keys), by: voters)
        }
        try chain.decide(blocksAfter, cuts: cuts)
        return chain
    }

    /// What the keys of the first epoch can make of the same genesis when nobody looks after them any more.
    static func usurped() throws -> JoiningChain {
        let chain = try JoiningChain()
        for number in 1...5 {
            let keys: [UInt8] = number.isMultiple(of: 2) ? [1, 2, 4, 9] : [1, 2, 4, 8]
            try chain.handOver(to: try EpochLedger.epoch(UInt64(number), .fbft, keys), by: [1, 2, 4])
        }
        try chain.decide(9, cuts: [4, 8])
        return chain
    }

    /// What the keys of the first and the second epoch can make, within the heights of these.
    static func retired() throws -> JoiningChain {
        let chain = try JoiningChain()
        try chain.handOver(to: try EpochLedger.epoch(1, .fbft, [1, 2, 3, 5, 6]), by: [1, 3, 4])
        try chain.decide(4, cuts: [1, 3])
        return chain
    }

    func handOver(to next: EpochConfiguration, by voters: [UInt8]) throws {
        try ledger.handOver(to: next, by: voters)
        try archive()
    }

    /// Decisions so far from each other that the window reaches back over a few.
    func decide(_ count: Int, cuts: [Int] = [], after milliseconds: UInt64 = 300) throws {
        for number in 0..<count {
            try ledger.decide(try [ledger.filler(byteCount: 100)], after: milliseconds)
            try archive()
            if cuts.contains(number) { try cut() }
        }
    }

    func decide(_ transactions: [SignedTransaction]) throws {
        try ledger.decide(transactions)
        try archive()
    }

    func vote(for next: EpochConfiguration, by voter: UInt8) throws -> SignedTransaction {
        try ledger.vote(for: next, by: voter)
    }

    private func archive() throws {
        for block in ledger.blocks where block.height > log.heights?.upperBound ?? 0 { try log.append(block) }
        try log.sync()
    }

    /// Writes the newest state back.
    func flushed() throws -> BlockCertificate { try ledger.flush() }

    /// Cuts the newest state.
    func cut() throws {
        let certificate = try ledger.flush()
        try shelf.cut(certificate, ledger.store, chunkByteCount: Self.chunkByteCount)
        contentsByHeight[certificate.statement.height] = try contents(of: ledger.store)
    }

    // MARK: What it holds

    var genesis: Genesis { ledger.genesis }

    subscript(height: UInt64) -> CommittedBlock { ledger.blocks[Int(height) - 1] }

    func certificate(_ height: UInt64) -> BlockCertificate { self[height].certified.certificate }

    func holds(_ statement: ResultStatement) -> Bool {
        statement.height <= UInt64(ledger.blocks.count) && certificate(statement.height).statement == statement
    }

    func invitation(to epoch: Int) -> Invitation {
        Invitation(epoch: UInt64(epoch), digest: ledger.epochs[epoch].digest(in: genesis.suite))
    }

    func answer(_ message: ReplicaMessage) throws -> ReplicaMessage? {
        try shelf.answer(message, log: log, state: ledger.state)
    }

    /// The lowest block that the tail of a state has.
    func lowest(ofTailAt height: UInt64) throws -> UInt64 {
        var tail = SnapshotTail(certified: certificate(height).statement, genesis: genesis)
        while let wanted = tail.wantedHeight {
            _ = try tail.take(self[wanted])
            if tail.isComplete { return wanted }
        }
        return height
    }
}

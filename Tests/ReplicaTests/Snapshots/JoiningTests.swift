import Contracts
import Ledger
import Primitives
import Storage
import TestSupport
import Testing

@testable import Replica

/// A node that takes a snapshot goes on as those who executed everything.
@Suite struct JoiningTests {
    /// Blocks of random actions, with checkpoints.
    private struct History {
        let chain: SimulatedChain
        let store: MemoryKeyValueStore
        let checkpoints: MemoryCheckpoints
        var maker: LedgerMaker
        var blocks: [CommittedBlock] = []

        init(seed: UInt64) throws {
            chain = try .with()
            store = try MemoryKeyValueStore()
            checkpoints = MemoryCheckpoints(of: store)
            maker = try LedgerMaker(chain, over: store)
            var generator = SeededGenerator(seed: seed)
            for number in 0..<40 {
                var transactions = number == 0 ? try chain.opening.map { try maker.transaction($0) } : []
                // Some more than once, in this block and later: they have no effect.
                transactions += blocks.suffix(6).flatMap(\.certified.block.transactions).shuffled(using: &generator)
                    .prefix(2)
                for _ in 0..<Int.random(in: 0...6, using: &generator) {
                    transactions.append(
                        try maker.transaction(
                            .random(symbols: chain.symbols, addresses: chain.addresses, using: &generator)))
                }
                let pause = UInt64.random(in: 1...900, using: &generator)
                let reading = Timestamp(milliseconds: maker.executor.head.time.milliseconds + pause)
                let decided = try maker.decide(transactions, at: reading)
                blocks += decided
                guard let (first, last) = decided.first.flatMap({ first in decided.last.map { (first, $0) } }),
                    chain.genesis.limits.holdsCheckpoint(first.height...last.height),
                    let batch = maker.executor.freeze()
                else { continue }
                try batch.write(to: store)
                maker.state.store.flushed(batch)
                try checkpoints.keep(batch.height)
            }
        }

        subscript(height: UInt64) -> CommittedBlock { blocks[Int(height) - 1] }
    }

    /// A store with the state of a height, and a log with what goes with it.
    private func join(
        _ history: History, at height: UInt64
    ) throws -> (store: MemoryKeyValueStore, log: BlockLog, tail: SnapshotTail) {
        let statement = history[height].certified.certificate.statement
        let suite = history.chain.suite
        let snapshot = try SnapshotCutter(
            certified: statement, suite: suite, on: MemoryDisk(), in: "snapshot", chunkByteCount: 300,
            runByteCount: 1000
        ).cut(history.checkpoints.open(height))
        let store = try MemoryKeyValueStore()
        var restorer = try SnapshotRestorer(
            snapshot.manifest, certified: statement, suite: suite, store: store, batchByteCount: 500)
        for chunk in try SnapshotSample.chunks(of: snapshot) { try restorer.put(chunk) }
        // Nobody takes it for a state before.
        #expect(throws: RecoveryError.self) { try recover(history, store, LedgerMaker.log([]), at: 0) }
        try restorer.finish()

        var tail = SnapshotTail(certified: statement, genesis: history.chain.genesis)
        var taken: [CommittedBlock] = []
        while let wanted = tail.wantedHeight { taken.append(try tail.take(history[wanted])) }
        let log = try BlockLog.open(disk: MemoryDisk(), group: history.chain.genesis.group).log
        for block in taken.reversed() { try log.append(block) }
        try log.sync()
        return (store, log, tail)
    }

    private func recover(
        _ history: History, _ store: MemoryKeyValueStore, _ log: BlockLog, at height: UInt64
    ) throws -> Executor {
        let journal = try LedgerMaker.journal([.logged(decision: 0, height: height)], of: history.chain.genesis)
        return try LedgerMaker.recover(history.chain, log: log, journal: journal, store: store).executor
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `execution goes on with the same results`(_ seed: UInt64) throws {
        let history = try History(seed: seed)
        let heights = try history.checkpoints.heights().dropLast()
        for height in [heights.first, heights.dropFirst(heights.count / 2).first, heights.last].compactMap(\.self) {
            let (store, log, tail) = try join(history, at: height)
            #expect(try contents(of: store) == contents(of: history.checkpoints.open(height)))
            var executor = try recover(history, store, log, at: height)
            #expect(executor.head == tail.head)
            #expect(tail.duplicates?.count == executor.window.count)
            for block in history.blocks where block.height > height {
                #expect(try executor.violation(of: block.certified.block) == nil)
                let executed = try executor.replay(block.certified.block, isLastOfDecision: false)
                #expect(executed.statement == block.certified.certificate.statement)
                #expect(executed.writes == block.writes)
            }
            #expect(executor.head == history.maker.executor.head)
        }
    }

    // MARK: The tail

    private func tail(_ history: History, at height: UInt64) -> SnapshotTail {
        SnapshotTail(certified: history[height].certified.certificate.statement, genesis: history.chain.genesis)
    }

    @Test func `the window is that of who executed all`() throws {
        let history = try History(seed: 10)
        var executor = try LedgerMaker(history.chain).executor
        for block in history.blocks {
            _ = try executor.replay(block.certified.block, isLastOfDecision: false)
            var tail = tail(history, at: block.height)
            var count = 0
            while let wanted = tail.wantedHeight {
                #expect(tail.duplicates == nil)
                _ = try tail.take(history[wanted])
                count += 1
            }
            let window = try #require(tail.duplicates)
            #expect(window.count == executor.window.count && tail.head == executor.head)
            for signed in history.blocks.prefix(Int(block.height)).flatMap(\.certified.block.transactions) {
                #expect(
                    window.contains(signed.identity, expiry: signed.expiry)
                        == executor.window.contains(signed.identity, expiry: signed.expiry))
            }
            #expect(throws: SnapshotTailFault.notWanted(height: block.height)) { try tail.take(block) }
        }
    }

    @Test func `another block, transaction or result is refused`() throws {
        let history = try History(seed: 11)
        let height = try #require(history.blocks.last { $0.certified.block.transactions.count > 1 }?.height)
        var tail = tail(history, at: height)
        let block = history[height]
        func change(
            _ transactions: [SignedTransaction]? = nil, _ receipts: Receipts? = nil,
            _ certificate: BlockCertificate? = nil
        ) -> CommittedBlock {
            let certified = block.certified
            return CommittedBlock(
                certified: CertifiedBlock(
                    block: Block(header: block.header, transactions: transactions ?? certified.block.transactions),
                    receipts: receipts ?? certified.receipts, certificate: certificate ?? certified.certificate),
                writes: block.writes)
        }
        let transactions = block.certified.block.transactions
        #expect(throws: SnapshotTailFault.wrongBlock(height: height)) { try tail.take(history[height - 1]) }
        for wrong in [[], Array(transactions.dropLast()), transactions.reversed(), transactions + transactions] {
            #expect(throws: SnapshotTailFault.wrongTransactions(height: height)) { try tail.take(change(wrong)) }
        }
        let receipts = block.certified.receipts
        #expect(throws: SnapshotTailFault.wrongResult(height: height)) {
            try tail.take(change(nil, Receipts(receipts.indices.reversed().map { receipts[$0] })))
        }
        #expect(throws: SnapshotTailFault.wrongResult(height: height)) {
            try tail.take(change(nil, nil, history[height - 1].certified.certificate))
        }
        // The right one then is taken, without what nobody has signed.
        let taken = try tail.take(change())
        #expect(taken.certified == block.certified)
        #expect(taken.writes.transactionCount == transactions.count && taken.writes.all.isEmpty)
    }
}

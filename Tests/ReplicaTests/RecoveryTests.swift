import Contracts
import Dissemination
import Ledger
import Primitives
import Replica
import Storage
import TestSupport
import Testing

/// What a node that is alone comes back with from what is on its disk.
@Suite struct RecoveryTests {
    private let chain: SimulatedChain

    init() throws { chain = try .with() }

    private func journal(_ records: [ReplicaRecord]) throws -> JournalContents {
        try LedgerMaker.journal(records, of: chain.genesis)
    }

    /// Decisions with their blocks, and what journal and log of decisions hold of them.
    private struct History {
        var blocks: [[CommittedBlock]] = []
        var journaled: [ReplicaRecord] = []
        var logged: [LoggedDecision] = []
        /// The state after each decision, from before the first one on.
        var stores: [MemoryKeyValueStore]
        var maker: LedgerMaker

        init(_ chain: SimulatedChain, _ sizes: [Int]) throws {
            let store = try MemoryKeyValueStore()
            maker = try LedgerMaker(chain, over: store)
            stores = [MemoryKeyValueStore(copying: store)]
            for size in sizes {
                let transactions = try (0..<size).map { _ in try maker.transaction(.create("GOLD")) }
                let decided = try maker.decide(transactions)
                let number = UInt64(blocks.count + 1)
                let record = DecisionRecord(
                    number: number, value: [UInt8(number)], proof: nil, batches: [], headers: [],
                    certificates: decided.map(\.certified.certificate))
                blocks.append(decided)
                journaled.append(.decision(number: number, value: record.value))
                logged.append(LoggedDecision(record: record, frontier: LaneFrontier()))
                guard let batch = maker.executor.freeze() else { continue }
                try batch.write(to: store)
                maker.state.store.flushed(batch)
                stores.append(MemoryKeyValueStore(copying: store))
            }
        }

        var payloads: [[UInt8]] { blocks.flatMap { $0 }.map(\.record) }
    }

    @Test func `an empty disk gives genesis`() throws {
        let recovered = try LedgerMaker.recover(chain, log: LedgerMaker.log([]))
        #expect(recovered.executor.head == Head(genesis: chain.genesis))
        #expect(recovered.base == nil && recovered.further.isEmpty && recovered.epochs.current == chain.genesis.epoch)
    }

    /// Every height at which the log may end, with every decision up to which the log of decisions may go beyond that,
    /// and every state that may have been stored by then, be it an old one.
    @Test func `every point of a crash`() throws {
        let history = try History(chain, [1, 9, 0, 6])
        let ends = [0, 1, 4, 5, 7]
        try #require(history.payloads.count == 7 && history.stores.count == 5)
        var count = 0
        for logged in 0...7 {
            let whole = ends.lastIndex { $0 <= logged } ?? 0
            let needed = ends.firstIndex { $0 >= logged } ?? 0
            for (decisions, stored) in (needed...4).flatMap({ last in (0...whole).map { (last, $0) } }) {
                let log = try LedgerMaker.log(Array(history.payloads.prefix(logged)))
                let store = MemoryKeyValueStore(copying: history.stores[stored])
                let recovered = try LedgerMaker.recover(
                    chain, log: log, decisions: Array(history.logged.prefix(decisions)),
                    journal: journal(history.journaled), store: store)
                let head = history.blocks.prefix(whole).last?.last.map { block in
                    Head(header: block.header, hash: block.certified.certificate.statement.blockHash)
                }
                #expect(recovered.executor.head == head ?? Head(genesis: chain.genesis))
                #expect(recovered.base == (whole > 0 ? history.logged[whole - 1] : nil))
                #expect(recovered.further == history.logged[whole..<decisions].map(\.record))
                // What follows has the results that it had.
                var executor = recovered.executor
                for block in history.blocks[whole...].flatMap({ $0 }) {
                    let executed = try executor.replay(block.certified.block, isLastOfDecision: false)
                    #expect(executed.statement == block.certified.certificate.statement)
                }
                #expect(log.durableHeight ?? 0 == UInt64(logged))
                count += 1
            }
        }
        #expect(count > 30)
    }

    // MARK: The journal

    /// Decay of the journal's last record looks like a torn write, which is cut off: what came after is gone as well, and
    /// somebody may have been told of it.
    @Test func `logs that go further than the journal are refused`() throws {
        let history = try History(chain, [1, 9, 2])
        let journals: [[ReplicaRecord]] =
            (0...2).map { Array(history.journaled.prefix($0)) } + [[.logged(decision: 2, height: 4)]]
        for records in journals {
            let error = #expect(throws: RecoveryError.self) {
                try LedgerMaker.recover(
                    chain, log: LedgerMaker.log(history.payloads), decisions: history.logged,
                    journal: journal(records))
            }
            guard case .journalBehind(_, logged: 3)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `a journal that has let go of everything leaves it to the logs`() throws {
        let history = try History(chain, [1, 9, 2])
        let recovered = try LedgerMaker.recover(
            chain, log: LedgerMaker.log(history.payloads), decisions: history.logged,
            journal: journal([.logged(decision: 3, height: 5)]))
        #expect(recovered.executor.head.height == 5 && recovered.base == history.logged[2])
    }

    // MARK: The log

    @Test func `damage, foreign logs and gaps are named`() throws {
        let history = try History(chain, [1, 1, 1])
        func error(_ payloads: [[UInt8]]) -> String {
            do throws(any Error) {
                _ = try LedgerMaker.recover(
                    chain, log: LedgerMaker.log(payloads), decisions: history.logged,
                    journal: journal(history.journaled))
                return "none"
            } catch { return "\(error)" }
        }
        #expect(error(history.payloads) == "none")
        var damaged = history.payloads
        damaged[1][0] = 9
        #expect(error(damaged).contains("block 2 of the log does not decode"))
        #expect(error([history.payloads[0], history.payloads[2]]).contains("block 3 of the log does not follow"))
        let other = try History(try .with { $0.blockGasMax += 1 }, [1])
        #expect(error(other.payloads).contains("another chain"))
        // Another result than the certified one.
        var forged = try LedgerMaker(chain)
        let wrong = try forged.force([])
        let right = history.blocks[0][0]
        let block = CertifiedBlock(
            block: right.certified.block, receipts: right.certified.receipts,
            certificate: wrong.certified.certificate)
        #expect(
            error([CommittedBlock(certified: block, writes: right.writes).record]).contains("gives another result"))
    }

    // MARK: The state

    @Test func `a state that is ahead of the log is refused`() throws {
        let history = try History(chain, [1, 1])
        let error = #expect(throws: RecoveryError.self) {
            try LedgerMaker.recover(
                chain, log: LedgerMaker.log([history.payloads[0]]), decisions: history.logged,
                journal: journal(history.journaled), store: history.stores[2])
        }
        guard case .stateAhead(applied: 2, logged: 1)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// The state of another chain may be of the same height; nothing that it holds is believed.
    @Test func `a state that is not the log's is refused`() throws {
        let history = try History(chain, [1, 1])
        var other = try LedgerMaker(try .with { $0.blockGasMax += 1 })
        let time = SimulatedChain.start.milliseconds + 1000
        for (index, symbol) in ["OIL", "WOOD"].enumerated() {
            let reading = Timestamp(milliseconds: time + UInt64(index))
            let create = try other.transaction(.create(symbol), expiry: Timestamp(milliseconds: time + 1000))
            _ = try other.decide([create], at: reading)
        }
        let store = try MemoryKeyValueStore()
        _ = try other.executor.freeze()?.write(to: store)
        let error = #expect(throws: RecoveryError.self) {
            try LedgerMaker.recover(
                chain, log: LedgerMaker.log(history.payloads), decisions: history.logged,
                journal: journal(history.journaled), store: store)
        }
        guard case .foreignState(applied: 2)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// The window forgets whole seconds: whoever rebuilds it must remember as long as who never stopped.
    @Test func `a restarted node fills its duplicates' window as one that went on`() throws {
        let narrow = try SimulatedChain.with {
            $0.expiryWindowMilliseconds = 1000
            $0.blockTransactionCountMax = 1
            $0.duplicateWindowCountMax = 1
        }
        let second = SimulatedChain.start.milliseconds + 1000
        var maker = try LedgerMaker(narrow)
        let first = try maker.transaction(.create("GOLD"), expiry: Timestamp(milliseconds: second + 1000))
        var blocks = try maker.decide([first], at: Timestamp(milliseconds: second))
        blocks += try maker.decide([], at: Timestamp(milliseconds: second + 1010))
        let store = try MemoryKeyValueStore()
        _ = try maker.executor.freeze()?.write(to: store)
        let log = try LedgerMaker.log(blocks.map(\.record))
        var restarted = try LedgerMaker.recover(narrow, log: log, store: store).executor

        let next = try maker.transaction(.create("OIL"), expiry: Timestamp(milliseconds: second + 1900))
        let decision = Decision(number: 3, reading: Timestamp(milliseconds: second + 1020), transactions: [next])
        let (one, other) = (try maker.executor.execute(decision), try restarted.execute(decision))
        #expect(one.dropped == other.dropped)
        #expect(one.blocks.map(\.statement) == other.blocks.map(\.statement))
    }
}

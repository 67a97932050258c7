import Consensus
import Contracts
import Dissemination
import Ledger
import Primitives
import Replica
import Storage
import TestSupport
import Testing

/// What a node comes back with from what is on its disk.
@Suite struct RecoveryTests {
    private let chain: SimulatedChain

    init() throws { chain = try .with() }

    private func recover(
        _ chain: SimulatedChain, log: BlockLog, records: [ReplicaRecord], store: MemoryKeyValueStore? = nil
    ) throws -> Recovered {
        let store = try store ?? MemoryKeyValueStore()
        let contents = try JournalContents(
            group: 7,
            records: records.enumerated().map { index, record in
                RecoveredRecord(
                    sequence: UInt64(index + 1),
                    record: JournalRecord(group: 7, kind: record.kind, payload: record.payload))
            })
        let state = GroupState(group: 7, store: try WriteBackStore(store: store, group: 7))
        let recovery = try Recovery(
            genesis: chain.genesis, log: log, state: state, store: store, contents: contents)
        return try recovery.run { _ in }
    }

    /// Decisions with their blocks and what the journal held of them.
    private struct History {
        var blocks: [[CommittedBlock]] = []
        var decisions: [ReplicaRecord] = []
        var results: [ReplicaRecord] = []
        var maker: LedgerMaker

        init(_ chain: SimulatedChain, _ sizes: [Int]) throws {
            maker = try LedgerMaker(chain)
            for size in sizes {
                let transactions = try (0..<size).map { _ in try maker.transaction(.create("GOLD")) }
                let reading = maker.nextTime
                let number = UInt64(blocks.count + 1)
                let value = Proposal(reading: reading, transactions: transactions.map(\.canonicalBytes))
                let decided = try maker.decide(transactions, at: reading)
                blocks.append(decided)
                decisions.append(.decision(number: number, value: value.canonicalBytes))
                results.append(.result(decision: number, certificates: decided.map(\.certified.certificate)))
            }
        }

        var payloads: [[UInt8]] { blocks.flatMap { $0 }.map(\.record) }
    }

    @Test func `an empty disk gives genesis`() throws {
        let recovered = try recover(chain, log: LedgerMaker.log([]), records: [])
        #expect(recovered.executor.head == Head(genesis: chain.genesis))
        #expect(recovered.committed.height == 0 && recovered.uncertified.isEmpty)
    }

    /// Every height at which the log may end, with every result that the journal may hold or lack after it.
    @Test func `every point of a crash`() throws {
        let history = try History(chain, [1, 9, 0, 6])
        #expect(history.payloads.count == 7)
        let ends = [0, 1, 4, 5, 7]
        for logged in 0...7 {
            let needed = ends.firstIndex { $0 >= logged } ?? 0
            for results in needed...4 {
                for decisions in results...4 {
                    let log = try LedgerMaker.log(Array(history.payloads.prefix(logged)))
                    let records = history.decisions.prefix(decisions) + history.results.prefix(results)
                    let recovered = try recover(chain, log: log, records: Array(records))
                    #expect(recovered.committed.height == UInt64(ends[results]))
                    #expect(recovered.uncertified.map(\.number) == (results..<decisions).map { UInt64($0 + 1) })
                    #expect(recovered.executor.head.height == UInt64(ends[decisions]))
                    #expect(log.durableHeight ?? 0 == UInt64(ends[results]))
                    for height in 1...7 where height <= ends[results] {
                        #expect(try log.read(height: UInt64(height)) == history.payloads[height - 1])
                    }
                }
            }
        }
    }

    @Test func `a decision after one that nobody has signed is not certain`() throws {
        let history = try History(chain, [1, 1, 1])
        let log = try LedgerMaker.log(Array(history.payloads.prefix(1)))
        let records = history.decisions + [history.results[0], history.results[2]]
        let recovered = try recover(chain, log: log, records: records)
        #expect(recovered.committed.height == 1)
        #expect(recovered.uncertified.map(\.number) == [2, 3])
        #expect(log.durableHeight == 1)
    }

    /// Decay of the journal's last record looks like a torn write, which is cut off: what came after is gone as well.
    @Test func `a log that goes further than the journal is refused`() throws {
        let history = try History(chain, [1, 9, 2])
        for count in 1...2 {
            let error = #expect(throws: RecoveryError.self) {
                try recover(
                    chain, log: LedgerMaker.log(history.payloads), records: Array(history.decisions.prefix(count)))
            }
            guard case .journalBehind(decision: UInt64(count), logged: 3)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `a journal that has let go of everything leaves it to the log`() throws {
        let history = try History(chain, [1, 9, 2])
        let recovered = try recover(
            chain, log: LedgerMaker.log(history.payloads), records: [.logged(decision: 3, height: 5)])
        #expect(recovered.committed.height == 5 && recovered.executor.head.height == 5)
        #expect(recovered.uncertified.isEmpty)
    }

    @Test func `a journal that is lost, or ends before the log, is refused`() throws {
        let history = try History(chain, [1, 9, 2])
        for records in [[], [ReplicaRecord.logged(decision: 2, height: 4)]] {
            let error = #expect(throws: RecoveryError.self) {
                try recover(chain, log: LedgerMaker.log(history.payloads), records: records)
            }
            guard case .journalBehind(_, logged: 3)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `a decision that is half in the log and whose certificates are gone is refused`() throws {
        let history = try History(chain, [9])
        let log = try LedgerMaker.log(Array(history.payloads.prefix(2)))
        let error = #expect(throws: RecoveryError.self) {
            try recover(chain, log: log, records: history.decisions)
        }
        guard case .missingCertificates(decision: 1)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `damage, foreign logs and gaps are named`() throws {
        let history = try History(chain, [1, 1, 1])
        func error(_ payloads: [[UInt8]], _ records: [ReplicaRecord] = [.logged(decision: 3, height: 3)]) -> String {
            do throws(any Error) {
                _ = try recover(chain, log: LedgerMaker.log(payloads), records: records)
                return "none"
            } catch { return "\(error)" }
        }
        #expect(error(history.payloads) == "none")
        var damaged = history.payloads
        damaged[1][0] = 9
        #expect(error(damaged).contains("block 2 of the log does not decode"))
        #expect(error([history.payloads[0], history.payloads[2]]).contains("block 3 of the log does not follow"))
        #expect(error([], [history.decisions[2]]).contains("decision 1 is neither"))
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

    @Test func `a state that is ahead of the log is refused`() throws {
        let history = try History(chain, [1, 1])
        let logged = [ReplicaRecord.logged(decision: 2, height: 2)]
        let store = try MemoryKeyValueStore()
        var maker = history.maker
        _ = try maker.executor.freeze()?.write(to: store)
        #expect(throws: RecoveryError.self) {
            try recover(chain, log: LedgerMaker.log([history.payloads[0]]), records: logged, store: store)
        }
        let recovered = try recover(chain, log: LedgerMaker.log(history.payloads), records: logged, store: store)
        #expect(recovered.replayedBlockCount == 0 && recovered.executor.head.height == 2)
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
            try recover(
                chain, log: LedgerMaker.log(history.payloads), records: [.logged(decision: 2, height: 2)],
                store: store)
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
        var restarted = try recover(
            narrow, log: log, records: [.logged(decision: 2, height: 2)], store: store
        ).executor

        let next = try maker.transaction(.create("OIL"), expiry: Timestamp(milliseconds: second + 1900))
        let decision = Decision(number: 3, reading: Timestamp(milliseconds: second + 1020), transactions: [next])
        let (one, other) = (try maker.executor.execute(decision), try restarted.execute(decision))
        #expect(one.dropped == other.dropped)
        #expect(one.blocks.map(\.statement) == other.blocks.map(\.statement))
    }

    /// The largest block that a chain may allow, with all that its receipts may hold, is one record of the log.
    @Test func `limits agree`() {
        let receiptFrame = 64 + 2 * (LedgerLimits.failureTextByteCountMax + 2)
        let receipts =
            ContractLimits.blockOutputByteCountMax + LedgerLimits.blockTransactionCountMax * receiptFrame
        let certificate = 512 + LedgerLimits.validatorsMax * 68
        #expect(
            LedgerLimits.blockByteCountMax + receipts + certificate + 256 <= StorageLimits.recordBytesMax)
        // A proposal frames each transaction by a length.
        #expect(
            LedgerLimits.blockByteCountMax + 4 * LedgerLimits.blockTransactionCountMax + 64
                <= StorageLimits.recordBytesMax)
        // With its receipts for those who join it is one message; so is a decision with its batches and certificates.
        let frame = 1024 + 10 * LedgerLimits.blockTransactionCountMax
        #expect(
            LedgerLimits.blockByteCountMax + receipts + certificate + frame <= ReplicaLimits.messageByteCountMax)
        let cut = 2 * ConsensusLimits.messageByteCountMax + ReplicaLimits.decisionBatchesMax * 256
        let blocks = Int(DisseminationLimits.decisionBlocksMax) * 2 * certificate
        #expect(
            Int(DisseminationLimits.decisionByteCountMax) + cut + blocks + frame
                <= ReplicaLimits.messageByteCountMax)
        #expect(DisseminationLimits.decisionByteCountMax >= UInt64(DisseminationLimits.batchByteCountMax))
        #expect(LedgerLimits.stateValueByteCountMax <= StorageLimits.valueBytesMax)
        #expect(LedgerLimits.stateKeyByteCountMax + 20 + 5 < StoreKeyLimits.byteCountMax)
        #expect(ReplicaLimits.poolByteCountMax >= LedgerLimits.blockByteCountMax)
        #expect(ContractLimits.blockOutputByteCountMax >= LedgerLimits.payloadByteCountMax)
    }
}

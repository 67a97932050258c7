import Contracts
import Ledger
import Primitives
import Replica
import Storage
import TestSupport
import Testing

/// How decisions become blocks.
@Suite struct ExecutorTests {
    private func numbers(_ blocks: [CommittedBlock]) -> [Int] {
        blocks.map(\.certified.block.transactions.count)
    }

    @Test func `a decision is split where a block is full of transactions`() throws {
        let chain = try SimulatedChain.with()
        var maker = try LedgerMaker(chain)
        let many = try (0..<11).map { _ in try maker.transaction(.burn("OIL", .zero)) }
        let blocks = try maker.decide(many)
        #expect(numbers(blocks) == [4, 4, 3])
        #expect(blocks.flatMap(\.certified.block.transactions).map(\.identity) == many.map(\.identity))
        #expect(Set(blocks.map(\.certified.block.header.decision)) == [1])
        let times = blocks.map(\.certified.block.header.time.milliseconds)
        #expect(times[1] == times[0] + 1 && times[2] == times[0] + 2)
    }

    @Test func `a decision is split where declared gas or bytes are full`() throws {
        let byGas = try SimulatedChain.with {
            $0.blockGasMax = 3 * SimulatedChain.gasLimit
            $0.blockTransactionCountMax = 50
        }
        var maker = try LedgerMaker(byGas)
        #expect(numbers(try maker.decide(try (0..<7).map { _ in try maker.transaction(.create("X")) })) == [3, 3, 1])
        let byBytes = try SimulatedChain.with {
            $0.blockTransactionCountMax = 50
            $0.transactionByteCountMax = 512
            $0.blockByteCountMax = 700
        }
        maker = try LedgerMaker(byBytes)
        let some = try (0..<5).map { _ in try maker.transaction(.burn("OIL", .zero)) }
        #expect(some[0].byteCount > 234 && some[0].byteCount < 350)
        #expect(numbers(try maker.decide(some)) == [2, 2, 1])
    }

    @Test func `time passes the parent's whatever the clock says`() throws {
        let chain = try SimulatedChain.with()
        var maker = try LedgerMaker(chain)
        let late = Timestamp(milliseconds: SimulatedChain.start.milliseconds + 500)
        #expect(try maker.decide([], at: late).map(\.certified.block.header.time) == [late])
        let before = Timestamp(milliseconds: 3)
        #expect(try maker.decide([], at: before)[0].certified.block.header.time.milliseconds == late.milliseconds + 1)
    }

    @Test func `duplicates and what has expired have no effect and no receipt`() throws {
        let chain = try SimulatedChain.with()
        var maker = try LedgerMaker(chain)
        let time = maker.nextTime
        let good = try maker.transaction(.create("GOLD"))
        let expired = try maker.transaction(.create("OIL"), expiry: time)
        let tooLate = try maker.transaction(
            .create("OIL"),
            expiry: Timestamp(milliseconds: time.milliseconds + chain.genesis.limits.expiryWindowMilliseconds + 1))
        let decision = Decision(number: 1, reading: time, transactions: [good, expired, good, tooLate])
        let result = try maker.executor.execute(decision)
        #expect(result.blocks.map { $0.block.transactions } == [[good]])
        #expect(result.blocks[0].receipts.count == 1)
        #expect(result.dropped.map(\.identity) == [expired, good, tooLate].map(\.identity))
        #expect(result.dropped[1].reason == .duplicate)
        let again = try maker.executor.execute(Decision(number: 2, reading: time, transactions: [good]))
        #expect(again.blocks.count == 1 && again.blocks[0].block.transactions.isEmpty)
        #expect(again.dropped.map(\.reason) == [.duplicate])
    }

    @Test func `a later block of a decision judges expiry by its own time`() throws {
        let chain = try SimulatedChain.with()
        var maker = try LedgerMaker(chain)
        let time = maker.nextTime
        let four = try (0..<4).map { _ in try maker.transaction(.create("GOLD")) }
        // Not yet expired in the first block, but the first is full.
        let fifth = try maker.transaction(.create("OIL"), expiry: Timestamp(milliseconds: time.milliseconds + 1))
        let result = try maker.executor.execute(Decision(number: 1, reading: time, transactions: four + [fifth]))
        #expect(result.dropped.map(\.identity) == [fifth.identity])
    }

    @Test func `replaying blocks gives what executing the decisions gave`() throws {
        let chain = try SimulatedChain.with()
        var (maker, again) = (try LedgerMaker(chain), try LedgerMaker(chain))
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<20 {
            let transactions = try (0..<6).map { _ in
                try maker.transaction(
                    .random(symbols: chain.symbols, addresses: chain.addresses, using: &generator))
            }
            for block in try maker.decide(transactions) {
                #expect(try again.executor.violation(of: block.certified.block) == nil)
                let replayed = try again.executor.replay(block.certified.block, isLastOfDecision: false)
                #expect(replayed.statement == block.certified.certificate.statement)
                #expect(replayed.receipts == block.certified.receipts)
            }
        }
        #expect(maker.executor.head == again.executor.head)
    }

    @Test func `a key's proof holds against the certified state, of presence and of absence`() throws {
        let chain = try SimulatedChain.with()
        var maker = try LedgerMaker(chain)
        let transactions = try chain.opening.prefix(3).map { try maker.transaction($0) }
        let block = try maker.decide(transactions)[0]
        var client = LightClient(genesis: chain.genesis, verifier: chain.verifier)
        let statement = try client.accept(block.certified.certificate)
        guard let symbol = AssetSymbol("GOLD") else { return }
        let present = try maker.executor.prove(
            Assets.address, AssetStore.holdingKey(symbol, chain.addresses[0]))
        #expect(present.value != nil)
        try client.check(present, against: statement)
        let absent = try maker.executor.prove(
            Assets.address, AssetStore.holdingKey(symbol, chain.addresses[3]))
        #expect(absent.value == nil)
        try client.check(absent, against: statement)
    }
}

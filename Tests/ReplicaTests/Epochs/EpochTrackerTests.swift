import Consensus
import Contracts
import Cryptography
import Ledger
import Primitives
import Replica
import TestSupport
import Testing

/// When blocks belong to another epoch, and which one of them says so.
@Suite struct EpochTrackerTests {
    private let chain: SimulatedChain
    private var maker: LedgerMaker
    private var salt: UInt64 = 1000

    private static let rules = ExecutionRules(
        version: 1, gas: .version1, contracts: NativeEngine([Assets.self, Accounts.self, Epochs.self]))

    init() throws {
        chain = try SimulatedChain.with()
        maker = try LedgerMaker(chain, rules: Self.rules)
    }

    /// Of one node: another one, or nil for the one that there is.
    private func next(_ number: UInt64, _ other: UInt8?) throws -> EpochConfiguration {
        let key =
            try other.map {
                try #require(PublicKey(scheme: .ed25519, bytes: [UInt8](repeating: $0, count: 32)))
            } ?? chain.certifier.publicKey
        try #require(key.isValid)
        return EpochConfiguration(
            number: number, engine: .solo, verification: .all, orderers: [key], certifiers: [key])
    }

    private mutating func change(_ next: EpochConfiguration) throws -> SignedTransaction {
        salt += 1
        let sender = try #require(chain.certifier.publicKey.address(in: chain.suite))
        let transaction = Transaction(
            genesis: chain.genesis.digest, group: chain.genesis.group, sender: sender, contract: Epochs.address,
            method: "change", arguments: next.canonicalBytes, salt: salt,
            expiry: Timestamp(milliseconds: maker.nextTime.milliseconds + 1000), gasLimit: SimulatedChain.gasLimit)
        return try SignedTransaction(signing: transaction, with: [chain.certifier], suite: chain.suite)
    }

    private mutating func decide(_ transactions: [SignedTransaction] = []) throws -> ExecutedDecision {
        let number = maker.executor.head.decision + 1
        return try maker.executor.execute(
            Decision(number: number, reading: maker.nextTime, transactions: transactions))
    }

    @Test mutating func `a change ends its epoch so many decisions later, and the last block alone names the next`()
        throws
    {
        let lag = ConsensusLimits.executionLagDecisions
        var all: [ExecutedDecision] = []
        for _ in 1...3 { all.append(try decide()) }
        #expect(all.allSatisfy { $0.epochEnd == nil && $0.nextEpoch == nil })
        let (first, second) = (try next(1, 9), try next(1, nil))
        all.append(try decide([try change(first)]))
        let end = 4 + lag
        while maker.executor.head.decision < end - 1 {
            // A later change takes the place of the first, and not of the end.
            all.append(try decide(maker.executor.head.decision == 6 ? [try change(second)] : []))
            #expect(all.last?.epochEnd == end && all.last?.nextEpoch == nil)
        }
        let many = try (0..<11).map { _ in try maker.transaction(.burn("OIL", .zero)) }
        let last = try decide(many)
        all.append(last)
        #expect(last.number == end && last.epochEnd == end && last.nextEpoch == second && last.blocks.count == 3)
        #expect(
            last.blocks.map(\.statement.nextEpoch) == [.zero, .zero, second.digest(in: chain.suite)])
        let others = all.dropLast().flatMap(\.blocks)
        #expect(others.allSatisfy { $0.statement.nextEpoch == .zero && $0.block.header.epoch == 0 })
        // The next epoch's certifiers vote about the one after it.
        all.append(try decide([try change(try next(2, 11))]))
        #expect(all.last?.blocks.allSatisfy { $0.block.header.epoch == 1 } ?? false)
        #expect(all.last?.epochEnd == end + 1 + lag)

        // Whoever goes through the blocks again finds the same, wherever it begins.
        var again = try LedgerMaker(chain, rules: Self.rules)
        for decision in all {
            for (index, block) in decision.blocks.enumerated() {
                let tracker = try EpochTracker(of: decision.number, genesis: chain.genesis, state: again.state)
                #expect(tracker.current.number == block.block.header.epoch)
                let replayed = try again.executor.replay(
                    block.block, isLastOfDecision: index == decision.blocks.count - 1)
                #expect(replayed.statement == block.statement)
            }
        }
    }

    @Test mutating func `a block that names the next epoch too early is found`() throws {
        let decision = try decide([try change(try next(1, 9))])
        var again = try LedgerMaker(chain, rules: Self.rules)
        let replayed = try again.executor.replay(decision.blocks[0].block, isLastOfDecision: true)
        #expect(replayed.statement.nextEpoch == .zero)
    }
}

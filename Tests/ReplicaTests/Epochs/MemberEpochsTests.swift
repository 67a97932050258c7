import Consensus
import Contracts
import Cryptography
import Ledger
import Primitives
import Replica
import Storage
import TestSupport
import Testing

/// A chain whose members decide by proposals who orders next: the real executor under the rules of execution version 3.
@Suite struct MemberEpochsTests {
    private static let suite = Suite.international
    private let genesis: Genesis
    private var executor: Executor
    private var decisions: [ExecutedDecision] = []
    private var salt: UInt64 = 0

    /// Four organisations, each with a validator and an administrator of the same key.
    init() throws {
        let members = Membership(
            rule: .majority,
            organisations: try (1...4).map { number in
                Organisation(
                    name: try Self.name("org-\(number)"), authorities: [try Self.root(UInt8(number))],
                    administrators: [try Self.account(UInt8(number))], nodes: [try Self.node("node", UInt8(number))])
            })
        let keys = members.validatorKeys
        genesis = Genesis(
            name: "members", suite: Self.suite, group: 7, time: SimulatedChain.start,
            faultModels: [.crash, .byzantine],
            epoch: EpochConfiguration(
                number: 0, engine: .fbft, verification: .all, orderers: keys, certifiers: keys),
            executionVersion: ExecutionRules.versionWithMembers, limits: ChainLimits(), members: members)
        try genesis.check()
        executor = try Self.executor(of: genesis)
    }

    private static func executor(of genesis: Genesis) throws -> Executor {
        let store = try WriteBackStore(store: MemoryKeyValueStore(), group: genesis.group)
        return Executor(
            genesis: genesis, head: Head(genesis: genesis),
            window: DuplicateWindow(countMax: Int(genesis.limits.duplicateWindowCountMax)),
            state: GroupState(group: genesis.group, store: store),
            rules: try #require(ExecutionRules(version: genesis.executionVersion)))
    }

    private static func name(_ text: String) throws -> MemberName { try #require(MemberName(text)) }

    private static func account(_ number: UInt8) throws -> Address {
        try #require(try EpochLedger.key(number).publicKey.address(in: suite))
    }

    private static func certificateKey(_ number: UInt8) throws -> SoftwareKey {
        try SoftwareKey(scheme: .p256, seed: [UInt8](repeating: number, count: 32))
    }

    private static func root(_ number: UInt8) throws -> [UInt8] {
        try CertificateAuthority.root(
            organisation: "org-\(number)", commonName: "root", days: 100, key: certificateKey(100 + number),
            at: SimulatedChain.start
        ).certificate.bytes
    }

    private static func node(_ text: String, _ number: UInt8) throws -> MemberNode {
        MemberNode(
            name: try name(text), role: .validator, consensusKey: try EpochLedger.key(number).publicKey,
            certificateKey: try certificateKey(number).publicKey, addresses: [])
    }

    // MARK: Deciding

    private mutating func call(
        _ contract: Address, _ method: String, _ arguments: [UInt8], by number: UInt8
    ) throws -> SignedTransaction {
        salt += 1
        let transaction = Transaction(
            genesis: genesis.digest, group: genesis.group, sender: try Self.account(number), contract: contract,
            method: method, arguments: arguments, salt: salt,
            expiry: Timestamp(milliseconds: executor.head.time.milliseconds + 1000), gasLimit: 10_000_000)
        return try SignedTransaction(
            signing: transaction, with: [try EpochLedger.key(number)], suite: Self.suite)
    }

    private mutating func propose(_ actions: [GovernanceAction], by number: UInt8) throws -> SignedTransaction {
        let expiry = Timestamp(milliseconds: executor.head.time.milliseconds + 60_000)
        let draft = ProposalDraft(actions: actions, note: "", expiry: expiry)
        return try call(Members.address, "propose", draft.canonicalBytes, by: number)
    }

    private mutating func vote(_ number: UInt64, by voter: UInt8) throws -> SignedTransaction {
        try call(Members.address, "vote", number.canonicalBytes + [1], by: voter)
    }

    @discardableResult
    private mutating func decide(_ transactions: [SignedTransaction] = []) throws -> ExecutedDecision {
        let decision = try executor.execute(
            Decision(
                number: executor.head.decision + 1,
                reading: Timestamp(milliseconds: executor.head.time.milliseconds + 1), transactions: transactions))
        for receipt in decision.blocks.flatMap({ Array($0.receipts) }) {
            #expect(receipt.outcome.isSuccess, "\(receipt.outcome)")
        }
        decisions.append(decision)
        return decision
    }

    /// Goes to the end of the epoch, and gives what follows.
    private mutating func toTheEnd() throws -> EpochConfiguration {
        while true {
            let decision = try decide()
            if let next = decision.nextEpoch { return next }
        }
    }

    @Test mutating func `proposals lead the chain from epoch to epoch`() throws {
        try decide()
        #expect(try decide([propose([.addNode(Self.name("org-2"), Self.node("second", 5))], by: 1)]).epochEnd == nil)
        let planned = try decide([vote(1, by: 2), vote(1, by: 3)])
        #expect(planned.epochEnd == 3 + ConsensusLimits.executionLagDecisions)
        // Until the end another proposal joins.
        try decide([
            propose([.changeNode(Self.name("org-4"), Self.node("node", 6))], by: 4), vote(2, by: 1), vote(2, by: 2),
        ])
        let second = try toTheEnd()
        let keys = try [1, 2, 5, 3, 6].map { try EpochLedger.key($0).publicKey }
        #expect(second.number == 1 && second.engine == .fbft && second.orderers == keys && second.certifiers == keys)
        #expect(try decide().blocks[0].block.header.epoch == 1)
        // The next epoch goes over to another engine, with one organisation less.
        try decide([
            propose([.removeOrganisation(Self.name("org-3")), .changeEngine(.raft, .all)], by: 1), vote(3, by: 2),
            vote(3, by: 4),
        ])
        let third = try toTheEnd()
        #expect(third.number == 2 && third.engine == .raft)
        #expect(third.orderers == keys.filter { $0 != keys[3] })
        // What is no matter of epochs makes none.
        try decide([propose([.setRule(.all)], by: 1), vote(4, by: 2)])
        #expect(try decide().epochEnd == nil)
        try replayed()
    }

    /// Whoever goes through the blocks again finds the same, wherever it begins.
    private func replayed() throws {
        var again = try Self.executor(of: genesis)
        for decision in decisions {
            for (index, block) in decision.blocks.enumerated() {
                let tracker = try EpochTracker(of: decision.number, genesis: genesis, state: again.state)
                #expect(tracker.current.number == block.block.header.epoch)
                let executed = try again.replay(block.block, isLastOfDecision: index == decision.blocks.count - 1)
                #expect(executed.statement == block.statement)
            }
        }
    }
}

extension Outcome {
    fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
}

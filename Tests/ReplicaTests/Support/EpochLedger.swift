import Contracts
import Cryptography
import Ledger
import Primitives
import Replica
import Storage
import TestSupport
import Testing

/// A chain whose certifiers vote it from epoch to epoch: blocks by the real executor, certificates by the real keys of
/// whoever certifies.
struct EpochLedger {
    static let suite = Suite.international
    /// Those with epochs.
    static var rules: ExecutionRules { get throws { try #require(ExecutionRules(version: 2)) } }

    let genesis: Genesis
    /// What the executor's state is written back to.
    let store: MemoryKeyValueStore
    let state: GroupState
    private(set) var executor: Executor
    /// Those so far, by their numbers.
    private(set) var epochs: [EpochConfiguration]
    private(set) var blocks: [CommittedBlock] = []
    private var nextSalt: UInt64 = 0

    /// A chain of four validators under FBFT that may go over to engines that bear crashes only; or one that begins with
    /// another epoch.
    init(
        rules: ExecutionRules? = nil, first: EpochConfiguration? = nil,
        _ change: (inout ChainLimits) -> Void = { _ in }
    ) throws {
        var limits = ChainLimits()
        limits.blockTransactionCountMax = 2
        limits.duplicateWindowCountMax = 4096
        change(&limits)
        let rules = try rules ?? Self.rules
        let epoch = try first ?? Self.epoch(0, .fbft, [1, 2, 3, 4])
        epochs = [epoch]
        genesis = Genesis(
            name: "epochs", suite: Self.suite, group: 7, time: SimulatedChain.start,
            faultModels: first.map { [$0.engine.faultModel] } ?? [.crash, .byzantine], epoch: epoch,
            executionVersion: rules.version, limits: limits)
        store = try MemoryKeyValueStore()
        state = GroupState(group: 7, store: try WriteBackStore(store: store, group: 7))
        executor = Executor(
            genesis: genesis, head: Head(genesis: genesis),
            window: DuplicateWindow(countMax: Int(limits.duplicateWindowCountMax)), state: state, rules: rules)
    }

    /// Through three hand-overs: other validators, another key of one of them, another engine; and a bit further.
    static func ofFourEpochs() throws -> EpochLedger {
        var ledger = try EpochLedger()
        try ledger.handOver(to: try epoch(1, .fbft, [1, 2, 3, 5, 6]), by: [1, 2, 4])
        try ledger.handOver(to: try epoch(2, .fbft, [1, 7, 3, 5, 6]), by: [2, 3, 5, 6])
        try ledger.handOver(to: try epoch(3, .raft, [1, 7, 3, 5, 6]), by: [7, 3, 5, 6])
        for _ in 1...2 { try ledger.decide() }
        return ledger
    }

    /// The epoch of the next block.
    var epoch: EpochConfiguration { epochs[epochs.count - 1] }

    // MARK: Keys

    static func key(_ number: UInt8) throws -> SoftwareKey {
        try SoftwareKey(scheme: .ed25519, seed: [UInt8](repeating: number, count: 32))
    }

    static func epoch(_ number: UInt64, _ engine: EngineKind, _ keys: [UInt8]) throws -> EpochConfiguration {
        let keys = try keys.map { try key($0).publicKey }
        return EpochConfiguration(
            number: number, engine: engine, verification: .all, orderers: keys, certifiers: keys)
    }

    /// A statement that these have signed, whether or not they may, as an epoch's certificate.
    static func certify(
        _ statement: ResultStatement, as epoch: EpochConfiguration, by keys: [UInt8] = Array(1...9)
    ) throws -> BlockCertificate {
        let digest = statement.digest(in: suite)
        let signatures = try keys.map(key).compactMap { key throws -> CertifierSignature? in
            guard let place = epoch.certifiers.firstIndex(of: key.publicKey) else { return nil }
            return CertifierSignature(certifier: UInt32(place), signature: try key.sign(digest))
        }
        return BlockCertificate(statement: statement, rule: epoch.certifierRule, signatures: signatures)
    }

    // MARK: Deciding

    /// A transaction of at least so many bytes that can't be made shorter, and changes nothing.
    mutating func filler(byteCount: Int, expiresIn milliseconds: UInt64 = 1000) throws -> SignedTransaction {
        var generator = SeededGenerator(seed: nextSalt)
        return try transaction("current", generator.bytes(byteCount), by: 1, expiresIn: milliseconds)
    }

    private mutating func transaction(
        _ method: String, _ arguments: [UInt8], by number: UInt8, expiresIn milliseconds: UInt64 = 1000
    ) throws -> SignedTransaction {
        nextSalt += 1
        let key = try Self.key(number)
        let transaction = Transaction(
            genesis: genesis.digest, group: genesis.group,
            sender: try #require(key.publicKey.address(in: Self.suite)), contract: Epochs.address, method: method,
            arguments: arguments, salt: nextSalt,
            expiry: Timestamp(milliseconds: executor.head.time.milliseconds + milliseconds), gasLimit: 1_000_000)
        return try SignedTransaction(signing: transaction, with: [key], suite: Self.suite)
    }

    mutating func vote(for next: EpochConfiguration, by voter: UInt8) throws -> SignedTransaction {
        try transaction("change", next.canonicalBytes, by: voter)
    }

    /// The next decision, certified by all of the epoch.
    @discardableResult mutating func decide(
        _ transactions: [SignedTransaction] = [], after milliseconds: UInt64 = 10
    ) throws -> ExecutedDecision {
        let reading = Timestamp(milliseconds: executor.head.time.milliseconds + milliseconds)
        let number = executor.head.decision + 1
        let executed = try executor.execute(Decision(number: number, reading: reading, transactions: transactions))
        let certificates = try executed.blocks.map { try Self.certify($0.statement, as: epoch) }
        blocks += zip(executed.blocks, certificates).map { CommittedBlock($0, certificate: $1) }
        if let next = executed.nextEpoch { epochs.append(next) }
        return executed
    }

    /// Writes the state back, and gives the certificate of its block.
    mutating func flush() throws -> BlockCertificate {
        let frozen = executor.freeze()
        let batch = try #require(frozen)
        try batch.write(to: store)
        state.store.flushed(batch)
        return try #require(blocks.last).certified.certificate
    }

    /// Goes over to the next epoch by votes. The last decision becomes two blocks.
    mutating func handOver(to next: EpochConfiguration, by voters: [UInt8]) throws {
        let votes = try voters.map { try vote(for: next, by: $0) }
        let end = try #require(try decide(votes).epochEnd)
        while executor.head.decision + 1 < end { try decide() }
        let last = try decide(try (0..<3).map { _ in try filler(byteCount: 0) })
        try #require(last.blocks.count == 2 && epoch == next)
    }

    // MARK: What is kept

    /// Where epochs begin: the first block of each in `blocks`.
    var starts: [Int] {
        blocks.indices.filter { $0 == 0 || blocks[$0].header.epoch != blocks[$0 - 1].header.epoch }
    }

    var payloads: [[UInt8]] { blocks.map(\.record) }

    /// The records of all blocks, one of them with another certificate.
    func payloads(replacing index: Int, _ certificate: BlockCertificate) -> [[UInt8]] {
        let block = blocks[index].certified
        var payloads = payloads
        payloads[index] =
            CommittedBlock(
                certified: CertifiedBlock(
                    block: block.block, receipts: Array(block.receipts), certificate: certificate),
                writes: blocks[index].writes
            ).record
        return payloads
    }
}

extension ResultStatement {
    /// The statement as if of another epoch, or with another one to follow.
    func changed(epoch: UInt64? = nil, nextEpoch: Digest? = nil) -> ResultStatement {
        let header = BlockHeader(
            group: group, height: height, parent: .zero, epoch: epoch ?? self.epoch,
            executionVersion: executionVersion, decision: decision, time: Timestamp(milliseconds: 0),
            transactionCount: 0, transactionsRoot: .zero)
        return ResultStatement(
            header: header, blockHash: blockHash, genesis: genesis, stateRoot: stateRoot, receiptsRoot: receiptsRoot,
            nextEpoch: nextEpoch ?? self.nextEpoch)
    }
}

internal import Consensus
internal import Contracts
internal import Cryptography
internal import Ledger
internal import Primitives
internal import Replica
internal import Storage

/// What the disks of those hold who have followed a chain that is there before the start: its blocks, by the real
/// executor and with certificates of its certifiers, its state, a snapshot of that, and the journal's note of them.
struct PrefilledDisk {
    let disk: MemoryDisk.Image
    let store: MemoryKeyValueStore
    /// From height 1 on, as are the times.
    let statements: [ResultStatement]
    /// The certificate of the last block.
    let certificate: BlockCertificate
    let times: [Timestamp]
    /// Of the next block.
    let epoch: EpochConfiguration
    /// Of the log's records.
    let logByteCount: Int
}

extension PrefilledDisk {
    init(_ prefilling: Prefilling, _ chain: SimulatedChain, _ signatures: Signatures) throws {
        let disk = MemoryDisk()
        var maker = try PrefillingMaker(prefilling, chain, signatures, disk)
        for height in 1...prefilling.blockCount { try maker.makeBlock(height) }
        try maker.finish(on: disk)
        guard let certificate = maker.certificate, let epoch = maker.nextEpoch else {
            throw SimulationFailure(.setUp, "the chain before the start does not end its epoch")
        }
        self.init(
            disk: disk.image, store: maker.store, statements: maker.statements, certificate: certificate,
            times: (1...prefilling.blockCount).map { prefilling.time(ofBlock: $0) }, epoch: epoch,
            logByteCount: maker.logByteCount)
    }
}

/// Makes the chain block by block: each is one decision.
private struct PrefillingMaker {
    let prefilling: Prefilling
    let chain: SimulatedChain
    let signatures: Signatures
    let store: MemoryKeyValueStore
    let state: GroupState
    let log: BlockLog
    var executor: Executor
    let approvalCount: Int
    let epoch: EpochConfiguration
    private(set) var nextEpoch: EpochConfiguration?
    private(set) var statements: [ResultStatement] = []
    private(set) var certificate: BlockCertificate?
    private(set) var logByteCount = 0
    private var salt: UInt64 = 0

    static let symbol = "PREFILLED"
    static let syncByteCount = 1 << 20

    init(
        _ prefilling: Prefilling, _ chain: SimulatedChain, _ signatures: Signatures, _ disk: MemoryDisk
    ) throws {
        (self.prefilling, self.chain, self.signatures) = (prefilling, chain, signatures)
        let genesis = chain.genesis
        epoch = genesis.epoch
        approvalCount = prefilling.approvalCount(epoch.certifiers.count)
        guard prefilling.blockCount > ConsensusLimits.executionLagDecisions, approvalCount >= 0 else {
            throw SimulationFailure(.setUp, "a chain before the start of too few blocks or keys")
        }
        store = try MemoryKeyValueStore()
        state = GroupState(group: genesis.group, store: try WriteBackStore(store: store, group: genesis.group))
        log = try BlockLog.open(disk: disk, group: genesis.group, segmentBytes: ReplicaProcess.segmentBytes).log
        executor = Executor(
            genesis: genesis, head: Head(genesis: genesis),
            window: DuplicateWindow(countMax: Int(genesis.limits.duplicateWindowCountMax)), state: state,
            rules: chain.rules)
        statements.reserveCapacity(Int(prefilling.blockCount))
    }

    // MARK: Blocks

    mutating func makeBlock(_ height: UInt64) throws {
        let time = prefilling.time(ofBlock: height)
        let transactions = try transactions(ofBlock: height, at: time)
        let executed = try executor.execute(Decision(number: height, reading: time, transactions: transactions))
        guard let block = executed.blocks.first, executed.blocks.count == 1, executed.dropped.isEmpty,
            block.receipts.allSatisfy({ if case .success = $0.outcome { true } else { false } })
        else { throw SimulationFailure(.setUp, "block \(height) before the start is not as it should be") }
        let committed = CommittedBlock(block, certificate: try certify(block.statement))
        let record = committed.record
        try log.append(height: height, payload: record)
        if log.bufferedByteCount >= Self.syncByteCount { try log.sync() }
        logByteCount += record.count
        statements.append(block.statement)
        (certificate, nextEpoch) = (committed.certified.certificate, executed.nextEpoch)
    }

    /// By as many as are a quorum.
    private func certify(_ statement: ResultStatement) throws -> BlockCertificate {
        let digest = statement.digest(in: chain.suite)
        let rule = epoch.certifierRule
        var signers: [CertifierSignature] = []
        for (place, key) in epoch.certifiers.enumerated() where !rule.isQuorum(SignerSet(signers.map(\.certifier))) {
            signers.append(
                CertifierSignature(certifier: UInt32(place), signature: try signatures.sign(digest, by: key)))
        }
        return BlockCertificate(statement: statement, rule: rule, signatures: signers)
    }

    // MARK: Transactions

    private mutating func transactions(ofBlock height: UInt64, at time: Timestamp) throws -> [SignedTransaction] {
        let expiry = Timestamp(milliseconds: time.milliseconds + Self.lifeMilliseconds)
        var transactions: [SignedTransaction] = []
        if height == 1 {
            transactions.append(
                try sign("create", expiry) {
                    $0.encode("prefilled"); $0.encode(UInt8(0))
                })
        }
        let first = prefilling.approvals(upTo: height - 1, of: approvalCount)
        for number in first..<prefilling.approvals(upTo: height, of: approvalCount) {
            let spender = chain.suite.hash(UInt64(number).canonicalBytes).bytes.prefix(Address.byteCount)
            guard let address = Address(Array(spender)) else { continue }
            transactions.append(
                try sign("approve", expiry) {
                    $0.encode(address)
                    $0.encode(UInt256(UInt64(number) + 1))
                })
        }
        if height == prefilling.blockCount - ConsensusLimits.executionLagDecisions {
            transactions += try votes(expiry)
        }
        return transactions
    }

    private static let lifeMilliseconds: UInt64 = 110_000

    /// By the first account, of the asset.
    private mutating func sign(
        _ method: String, _ expiry: Timestamp, _ encode: (inout CanonicalEncoder) -> Void
    ) throws -> SignedTransaction {
        var arguments = CanonicalEncoder()
        arguments.encode(Self.symbol)
        encode(&arguments)
        salt += 1
        return try chain.sign(
            SimulatedChain.Call(contract: Assets.address, method: method, arguments: arguments.bytes),
            by: chain.key(ofAccount: 0), salt: salt, expiry: expiry)
    }

    /// All certifiers vote for the same nodes again.
    private mutating func votes(_ expiry: Timestamp) throws -> [SignedTransaction] {
        let next = EpochConfiguration(
            number: epoch.number + 1, engine: epoch.engine, verification: epoch.verification,
            orderers: epoch.orderers, certifiers: epoch.certifiers)
        return try epoch.certifiers.map { voter in
            salt += 1
            return try chain.transaction(.vote(next, by: voter), by: 0, salt: salt, expiry: expiry)
        }
    }

    // MARK: The end

    /// Writes the state back, cuts it for those who join, and notes the blocks as one who follows would.
    mutating func finish(on disk: MemoryDisk) throws {
        try log.sync()
        guard let batch = executor.freeze() else {
            throw SimulationFailure(.setUp, "the chain before the start has no state")
        }
        try batch.write(to: store)
        state.store.flushed(batch)
        if let certificate {
            var shelf = try SnapshotShelf(genesis: chain.genesis, on: disk)
            try shelf.cut(certificate, store)
        }
        let journal = try Journal.open(disk: disk, segmentBytes: ReplicaProcess.segmentBytes).journal
        let record = ReplicaRecord.logged(decision: 0, height: prefilling.blockCount)
        _ = try journal.append(
            JournalRecord(group: chain.genesis.group, kind: record.kind, payload: record.payload))
        try journal.sync()
    }
}

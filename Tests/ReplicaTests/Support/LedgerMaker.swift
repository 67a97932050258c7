import Contracts
import Ledger
import Primitives
import Replica
import Storage
import TestSupport

/// Makes blocks by the real executor, and certifies whatever it is told to.
struct LedgerMaker {
    let chain: SimulatedChain
    let state: GroupState
    var executor: Executor
    private var nextSalt: UInt64 = 0

    init(
        _ chain: SimulatedChain, over store: MemoryKeyValueStore? = nil, rules: ExecutionRules? = nil
    ) throws {
        self.chain = chain
        let store = try store ?? MemoryKeyValueStore()
        state = GroupState(
            group: chain.genesis.group, store: try WriteBackStore(store: store, group: chain.genesis.group))
        guard let rules = rules ?? ExecutionRules(version: 1) else { throw SimulationFailure("version 1 is missing") }
        executor = Executor(
            genesis: chain.genesis, head: Head(genesis: chain.genesis),
            window: DuplicateWindow(countMax: Int(chain.genesis.limits.duplicateWindowCountMax)), state: state,
            rules: rules)
    }

    /// The time that a further block takes by default.
    var nextTime: Timestamp { Timestamp(milliseconds: executor.head.time.milliseconds + 10) }

    mutating func transaction(_ action: AssetAction, expiry: Timestamp? = nil) throws -> SignedTransaction {
        nextSalt += 1
        let latest = Timestamp(milliseconds: nextTime.milliseconds + 1000)
        return try chain.transaction(action, by: 0, salt: nextSalt, expiry: expiry ?? latest)
    }

    /// The blocks of the next decision.
    mutating func decide(_ transactions: [SignedTransaction], at reading: Timestamp? = nil) throws -> [CommittedBlock] {
        let decision = Decision(
            number: executor.head.decision + 1, reading: reading ?? nextTime, transactions: transactions)
        return try executor.execute(decision).blocks.map(certify)
    }

    /// A block that holds just these, whether or not it may.
    mutating func force(_ transactions: [SignedTransaction], at time: Timestamp? = nil) throws -> CommittedBlock {
        let header = BlockHeader(
            group: chain.genesis.group, height: 0, parent: .zero, epoch: 0, executionVersion: 1,
            decision: executor.head.decision + 1, time: time ?? nextTime, transactionCount: 0, transactionsRoot: .zero)
        return try certify(
            try executor.replay(Block(header: header, transactions: transactions), isLastOfDecision: true))
    }

    func certify(_ executed: ExecutedBlock) throws -> CommittedBlock {
        let signature = CertifierSignature(
            certifier: 0, signature: try chain.certifier.sign(executed.statement.digest(in: chain.suite)))
        let certificate = BlockCertificate(
            statement: executed.statement, rule: chain.genesis.epoch.certifierRule, signatures: [signature])
        return CommittedBlock(executed, certificate: certificate)
    }

    /// What a node of this chain comes back with; the log of its decisions holds these, from decision 1 on.
    static func recover(
        _ chain: SimulatedChain, log: BlockLog, decisions: [LoggedDecision] = [],
        journal: JournalContents = JournalContents(), store: MemoryKeyValueStore? = nil, checkpoints: Checkpoints? = nil
    ) throws -> NetworkRecovered {
        let (store, group) = (try store ?? MemoryKeyValueStore(), chain.genesis.group)
        let state = GroupState(group: group, store: try WriteBackStore(store: store, group: group))
        return try NetworkRecovered(
            genesis: chain.genesis, log: log, state: state, store: store, contents: journal, checkpoints: checkpoints
        ) { epoch, _ throws(StorageError) in
            let name = NetworkRecovered.decisionsFolder(of: epoch)
            let log = try BlockLog.open(disk: MemoryDisk(), group: group, name: name).log
            for decision in decisions {
                try log.append(height: decision.record.number, payload: decision.canonicalBytes)
            }
            return log
        }
    }

    /// What a journal of these records holds.
    static func journal(_ records: [ReplicaRecord], of genesis: Genesis) throws -> JournalContents {
        try JournalContents(
            group: genesis.group,
            records: records.enumerated().map { index, record in
                RecoveredRecord(
                    sequence: UInt64(index + 1),
                    record: JournalRecord(group: genesis.group, kind: record.kind, payload: record.payload))
            })
    }

    /// A log that holds these payloads, from height 1 on, each with a right checksum.
    static func log(_ payloads: [[UInt8]], on disk: any Disk = MemoryDisk()) throws -> BlockLog {
        let log = try BlockLog.open(disk: disk, group: 7).log
        for (index, payload) in payloads.enumerated() { try log.append(height: UInt64(index + 1), payload: payload) }
        try log.sync()
        return log
    }
}

extension SimulatedChain {
    /// With limits changed from the tight ones.
    static func with(_ change: (inout ChainLimits) -> Void = { _ in }) throws -> SimulatedChain {
        var limits = tightLimits
        change(&limits)
        return try SimulatedChain(limits: limits)
    }
}

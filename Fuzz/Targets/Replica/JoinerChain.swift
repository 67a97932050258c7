internal import Contracts
internal import Cryptography
internal import Ledger
internal import Primitives
internal import Replica
internal import Storage

/// A chain through two hand-overs, with snapshots of its newest epoch, and all that a node on it gives to those who join.
struct JoinerChain: Sendable {
    let genesis: Genesis
    /// By their numbers.
    private(set) var epochs: [EpochConfiguration]
    private(set) var blocks: [CommittedBlock] = []
    /// To whatever may be asked.
    private(set) var answers: [ReplicaMessage: ReplicaMessage] = [:]
    /// The heights of the snapshots, and what the store held there.
    private(set) var heights: [UInt64] = []
    private(set) var contents: [UInt64: [StoredPair]] = [:]

    struct StoredPair: Equatable {
        let key: StoreKey
        let value: [UInt8]
    }

    // MARK: Chains

    static let honest = made([(.fbft, [1, 2, 3, 5]), (.pbft, [1, 7, 3, 5])])
    /// What the keys of the first epoch make of it once they are anybody's, and those of the second.
    static let usurped = [
        made([(.fbft, [1, 2, 8, 9]), (.fbft, [1, 2, 8, 9])]),
        made([(.fbft, [1, 2, 3, 5]), (.fbft, [1, 2, 8, 9])]),
    ]

    /// What those of the second epoch could sign within its heights once that has ended: the first votes are others'.
    static let retired = made([(.fbft, [1, 2, 3, 5])], voterCount: 3)

    private static func made(_ next: [(EngineKind, [Int])], voterCount: Int = 4) -> JoinerChain {
        do { return try JoinerChainMaker(next, voterCount: voterCount).chain } catch {
            preconditionFailure("the chain is made: \(error)")
        }
    }

    init(genesis: Genesis) { (self.genesis, epochs) = (genesis, [genesis.epoch]) }

    static func epoch(_ number: UInt64, _ engine: EngineKind, _ keys: [Int]) -> EpochConfiguration {
        let keys = keys.map(StandInKeys.key)
        return EpochConfiguration(
            number: number, engine: engine, verification: .all, orderers: keys, certifiers: keys)
    }

    mutating func append(_ new: [CommittedBlock], _ next: EpochConfiguration?) {
        blocks += new
        if let next { epochs.append(next) }
    }

    mutating func note(_ contents: [StoredPair], at height: UInt64) {
        heights.append(height)
        self.contents[height] = contents
    }

    mutating func note(_ answer: ReplicaMessage, to message: ReplicaMessage) { answers[message] = answer }

    // MARK: What it holds

    subscript(height: UInt64) -> CertifiedBlock? {
        height > 0 && height <= UInt64(blocks.count) ? blocks[Int(height) - 1].certified : nil
    }

    func holds(_ statement: ResultStatement) -> Bool { self[statement.height]?.certificate.statement == statement }

    func answer(_ message: ReplicaMessage) -> ReplicaMessage? {
        switch message {
        // Who asks for what is not there is told what is.
        case .fetchManifest, .fetchChunk: answers[message] ?? answers[.fetchOffer]
        default: answers[message]
        }
    }
}

/// Makes blocks by the real executor, certified by all who certify in their epoch.
private struct JoinerChainMaker {
    private(set) var chain: JoinerChain
    private let store: MemoryKeyValueStore
    private let state: GroupState
    private var executor: Executor
    private var shelf: SnapshotShelf
    private let log: BlockLog
    private var salt: UInt64 = 0

    static let chunkByteCount = 300

    init(_ next: [(EngineKind, [Int])], voterCount: Int) throws {
        var limits = ChainLimits()
        limits.blockTransactionCountMax = 3
        limits.duplicateWindowCountMax = 4096
        limits.expiryWindowMilliseconds = 1000
        let genesis = Genesis(
            name: "fuzz", suite: .international, group: ReplicaChain.group, time: ReplicaChain.start,
            faultModels: [.byzantine], epoch: JoinerChain.epoch(0, .fbft, [1, 2, 3, 4]), executionVersion: 2,
            limits: limits)
        guard let rules = ExecutionRules(version: 2) else { throw FuzzFailure("there is no execution version 2") }
        chain = JoinerChain(genesis: genesis)
        store = try MemoryKeyValueStore()
        state = GroupState(group: genesis.group, store: try WriteBackStore(store: store, group: genesis.group))
        executor = Executor(
            genesis: genesis, head: Head(genesis: genesis), window: DuplicateWindow(countMax: 4096), state: state,
            rules: rules)
        let disk = MemoryDisk()
        shelf = try SnapshotShelf(genesis: genesis, on: disk)
        log = try BlockLog.open(disk: disk, group: genesis.group).log
        for (number, (engine, keys)) in next.enumerated() {
            try handOver(to: JoinerChain.epoch(UInt64(number) + 1, engine, keys), voterCount: voterCount)
        }
        // So far apart that the window of a snapshot reaches back into the epochs before, and not to the beginning.
        for number in 0..<6 {
            try decide([work()], after: 200)
            if number == 1 || number == 3 { try cut() }
        }
        try noteAnswers()
    }

    // MARK: Deciding

    private mutating func handOver(to next: EpochConfiguration, voterCount: Int) throws {
        let votes = try chain.epochs[chain.epochs.count - 1].certifiers.prefix(voterCount).map {
            try transaction(Epochs.address, "change", next.canonicalBytes, by: $0)
        }
        guard let end = try decide(votes, after: 10).epochEnd else { throw FuzzFailure("the votes come to nothing") }
        while executor.head.decision < end { try decide([], after: 40) }
    }

    @discardableResult private mutating func decide(
        _ transactions: [SignedTransaction], after milliseconds: UInt64
    ) throws -> ExecutedDecision {
        let epoch = chain.epochs[chain.epochs.count - 1]
        let reading = Timestamp(milliseconds: executor.head.time.milliseconds + milliseconds)
        let executed = try executor.execute(
            Decision(number: executor.head.decision + 1, reading: reading, transactions: transactions))
        let blocks = executed.blocks.map { block in
            CommittedBlock(block, certificate: Self.certificate(block.statement, by: epoch))
        }
        for block in blocks { try log.append(block) }
        try log.sync()
        chain.append(blocks, executed.nextEpoch)
        return executed
    }

    private static func certificate(_ statement: ResultStatement, by epoch: EpochConfiguration) -> BlockCertificate {
        let digest = statement.digest(in: .international)
        let signatures = epoch.certifiers.enumerated().map { place, key in
            CertifierSignature(certifier: UInt32(place), signature: StandInKeys.signature(digest, by: key))
        }
        return BlockCertificate(statement: statement, rule: epoch.certifierRule, signatures: signatures)
    }

    /// Another asset.
    private mutating func work() throws -> SignedTransaction {
        var arguments = CanonicalEncoder()
        arguments.encode("A\(salt)")
        arguments.encode("a")
        arguments.encode(UInt8(0))
        return try transaction(Assets.address, "create", arguments.bytes, by: StandInKeys.key(31))
    }

    private mutating func transaction(
        _ contract: Address, _ method: String, _ arguments: [UInt8], by key: PublicKey
    ) throws -> SignedTransaction {
        guard let sender = key.address(in: .international) else { throw FuzzFailure("a key has no address") }
        salt += 1
        let transaction = Transaction(
            genesis: chain.genesis.digest, group: chain.genesis.group, sender: sender, contract: contract,
            method: method, arguments: arguments, salt: salt,
            expiry: Timestamp(milliseconds: executor.head.time.milliseconds + 900), gasLimit: 1_000_000)
        let identity = transaction.identity(in: .international)
        let signature = AccountSignature(
            signer: 0, publicKey: key, signature: StandInKeys.signature(identity, by: key))
        return SignedTransaction(transaction: transaction, signatures: [signature], identity: identity)
    }

    // MARK: Serving

    private mutating func cut() throws {
        guard let batch = executor.freeze(), let last = chain.blocks.last else { throw FuzzFailure("nothing is new") }
        try batch.write(to: store)
        state.store.flushed(batch)
        try shelf.cut(last.certified.certificate, store, chunkByteCount: Self.chunkByteCount)
        chain.note(try JoinerChain.contents(of: store), at: last.height)
    }

    private mutating func noteAnswers() throws {
        var messages: [ReplicaMessage] = [.fetchOffer]
        messages += (0...UInt64(chain.epochs.count)).map { .fetchHandOvers(from: $0) }
        messages += (1...UInt64(chain.blocks.count)).map { .fetchTail(from: $0) }
        for height in chain.heights {
            messages.append(.fetchManifest(height: height))
            messages += (0..<64).map { .fetchChunk(height: height, index: $0) }
        }
        for message in messages {
            let answer = try shelf.answer(message, log: log, state: state)
            // What is not there is answered by what is.
            if case .fetchOffer = message {} else if case .offer? = answer { continue }
            if let answer { chain.note(answer, to: message) }
        }
    }
}

extension JoinerChain {
    static func contents(of store: any KeyValueReader) throws -> [StoredPair] {
        var pairs: [StoredPair] = []
        try store.iterate(from: .empty, prefix: .empty) { key, value in
            pairs.append(StoredPair(key: key, value: value))
            return true
        }
        return pairs
    }
}

internal import Cryptography
internal import Ledger
internal import Primitives
internal import Replica

/// What replicas told of the ledger, and whether that can be: knows nothing of how a replica works, and keeps accounts
/// by itself.
struct LedgerChecker {
    private let chain: SimulatedChain
    private let signatures: Signatures
    private(set) var epochs: EpochModel
    /// Those that were entered, by number.
    private(set) var entered: [EpochConfiguration]
    private(set) var switchCount = 0
    /// What each transaction that clients sent asks for.
    private var actions: [Digest: (action: SimulatedChain.Action, account: Int)] = [:]
    /// From height 1 on.
    private(set) var statements: [ResultStatement] = []
    private var times: [Timestamp] = []
    private(set) var committed: Set<Digest> = []
    private var balances = [UInt64](repeating: 0, count: SimulatedChain.accountCount)
    private var isCreated = false
    private var lastTime = SimulatedChain.start
    private(set) var decisions: UInt64 = 0
    var reads = ReadChecker()
    private(set) var longDecisionCount = 0
    private(set) var failureCount = 0
    /// What each node said that heights gave, by height.
    private var results: [[UInt64: Digest]]
    /// By process, up to where it said that its log is durable.
    private var durable: [Int: UInt64] = [:]

    init(_ chain: SimulatedChain, _ signatures: Signatures, nodeCount: Int) {
        self.chain = chain
        self.signatures = signatures
        epochs = EpochModel(chain.genesis)
        entered = [chain.genesis.epoch]
        results = Array(repeating: [:], count: nodeCount)
    }

    /// Begins with a chain that is there before the start: what accounts have by it is no concern of those who ask for
    /// something here.
    mutating func begin(after prefilled: PrefilledDisk) {
        statements = prefilled.statements
        times = prefilled.times
        (decisions, lastTime) = (statements.last?.decision ?? 0, times.last ?? lastTime)
        epochs = EpochModel(chain.genesis, current: prefilled.epoch)
        entered.append(prefilled.epoch)
    }

    var height: UInt64 { UInt64(statements.count) }

    mutating func register(_ signed: SignedTransaction, _ action: SimulatedChain.Action, by account: Int) {
        actions[signed.identity] = (action, account)
    }

    /// Whether blocks are the next ones, and a quorum of their epoch has signed each.
    func isNewAndCertified(_ blocks: [CommittedBlock]) -> Bool {
        var probe = self
        for (offset, block) in blocks.enumerated() {
            guard block.height == height + UInt64(offset) + 1 else { return false }
            probe.epochs.advance(to: block.header.decision)
            guard (try? probe.check(block.certified.certificate, of: block)) != nil else { return false }
        }
        return true
    }

    /// An honest process tells of blocks, or another one of what a quorum has signed.
    mutating func committed(_ blocks: [CommittedBlock], isWholeDecision: Bool, by process: Int) throws {
        if blocks.count > 1 { longDecisionCount += 1 }
        for (place, block) in blocks.enumerated() {
            let (certificate, index) = (block.certified.certificate, Int(block.height) - 1)
            guard index >= statements.count else {
                guard statements[index] == certificate.statement else {
                    throw SimulationFailure(
                        .agreement, "block \(block.height) is another at process \(process) than elsewhere")
                }
                continue
            }
            guard index == statements.count else {
                throw SimulationFailure(.order, "block \(block.height) was told of before those before it")
            }
            epochs.advance(to: block.header.decision)
            try check(certificate, of: block)
            try take(block.certified)
            let isLast =
                isWholeDecision ? place == blocks.count - 1 : certificate.statement.nextEpoch != .zero
            guard block.header.epoch == epochs.current.number, certificate.statement.epoch == epochs.current.number,
                certificate.statement.nextEpoch
                    == (isLast ? epochs.successor(of: block.header.decision, in: chain.suite) : .zero)
            else {
                throw SimulationFailure(
                    .epochs,
                    "block \(block.height) is of epoch \(block.header.epoch), not \(epochs.current.number), or "
                        + "names another one next than was voted for")
            }
            statements.append(certificate.statement)
            decisions = block.header.decision
        }
    }

    /// By the definition of quorums, counted anew.
    private func check(_ certificate: BlockCertificate, of block: CommittedBlock) throws {
        let statement = certificate.statement
        let signers = Set(certificate.signatures.map(\.certifier))
        let digest = statement.digest(in: chain.suite)
        let keys = epochs.current.certifiers
        let checks = certificate.signatures.map {
            SignatureCheck(
                publicKey: keys[min(Int($0.certifier), keys.count - 1)], digest: digest,
                signature: $0.signature)
        }
        guard epochs.isQuorum(signers.count), signers.allSatisfy({ $0 < UInt32(keys.count) }),
            signers.count == certificate.signatures.count,
            signatures.verify(checks).allSatisfy({ $0 }), statement.genesis == chain.genesis.terms.genesis,
            statement.height == block.height, statement.blockHash == block.header.hash(in: chain.suite)
        else { throw SimulationFailure(.proofs, "the certificate of block \(block.height) is not a quorum's") }
    }

    private mutating func take(_ block: CertifiedBlock) throws {
        let parent = statements.last?.blockHash ?? chain.genesis.terms.genesis
        guard block.block.header.parent == parent, block.block.header.time > lastTime else {
            throw SimulationFailure(.order, "block \(block.height) does not follow the one before it")
        }
        lastTime = block.block.header.time
        times.append(lastTime)
        for (signed, receipt) in zip(block.block.transactions, block.receipts) {
            guard committed.insert(signed.identity).inserted else {
                throw SimulationFailure(.exactlyOnce, "a transaction is executed again in block \(block.height)")
            }
            guard let known = actions[signed.identity], signed.expiry > lastTime,
                signatures.verify(StatelessCheck(terms: chain.genesis.terms).signatureChecks(of: signed))
                    .allSatisfy({ $0 })
            else {
                throw SimulationFailure(.validity, "block \(block.height) executes what nobody asked for, or too late")
            }
            let isExpected = apply(known.action, by: known.account, in: block.block.header.decision)
            let isSuccess = if case .success = receipt.outcome { true } else { false }
            guard isExpected == isSuccess else {
                throw SimulationFailure(.validity, "\(known.action) ended otherwise in block \(block.height)")
            }
            if !isSuccess { failureCount += 1 }
        }
    }

    /// Whether the contract should do what an account asks.
    private mutating func apply(_ action: SimulatedChain.Action, by account: Int, in decision: UInt64) -> Bool {
        switch action {
        case .vote(let next, let key): return epochs.vote(next, by: key, in: decision)
        case .create:
            guard !isCreated else { return false }
            isCreated = true
        case .issue(let receiver, let amount):
            guard isCreated, account == 0 else { return false }
            balances[receiver] += amount
        case .transfer(let receiver, let amount):
            guard isCreated, balances[account] >= amount else { return false }
            balances[account] -= amount
            balances[receiver] += amount
        }
        return true
    }

    // MARK: Epochs

    /// A node goes on to the next epoch.
    mutating func entered(_ epoch: EpochConfiguration, by node: Int) throws {
        let number = Int(epoch.number)
        if number == entered.count, let end = epochs.planned?.end, decisions == end || decisions > end {
            // The first to come there.
            if entered.last?.engine != epoch.engine { switchCount += 1 }
            entered.append(epoch)
        }
        guard number < entered.count, entered[number] == epoch,
            epoch == epochs.current || epoch == epochs.planned?.configuration || epoch.number < epochs.current.number
        else {
            throw SimulationFailure(.epochs, "\(node) enters another epoch \(epoch.number) than was voted for")
        }
    }

    /// The last one that anybody has entered.
    var newestEpoch: EpochConfiguration { entered.last ?? epochs.current }

    func orderers(in epoch: UInt64) -> [PublicKey] {
        Int(epoch) < entered.count ? entered[Int(epoch)].orderers : []
    }

    /// An honest node signs one result for a height, in all its lives.
    mutating func told(_ result: OwnResult, by place: Int) throws {
        guard results[place].updateValue(result.digest, forKey: result.height) ?? result.digest == result.digest else {
            throw SimulationFailure(.oneResult, "node \(place) signed two results for block \(result.height)")
        }
    }

    // MARK: Those who join

    /// Somebody who joins believes this of a state.
    func believes(_ statement: ResultStatement, by node: Int) throws {
        guard statement.height >= 1, statement.height <= height,
            statements[Int(statement.height) - 1] == statement
        else {
            throw SimulationFailure(
                .proofs, "\(node), who joins, believes in a state of \(statement.height) that is not")
        }
    }

    /// Somebody has joined after this height, with these blocks.
    func holds(_ heights: ClosedRange<UInt64>, after height: UInt64, by node: Int) throws {
        let (low, high) = (Int(heights.lowerBound) - 1, Int(height) - 1)
        guard heights.contains(height), high < times.count,
            low == 0 || !DuplicateWindow.reaches(times[low], from: times[high], limits: chain.genesis.limits)
        else {
            throw SimulationFailure(
                .exactlyOnce, "\(node) has joined after \(height) with blocks \(heights), and lacks duplicates")
        }
    }

    // MARK: Durability

    mutating func logged(_ height: UInt64, by process: Int) { durable[process] = max(durable[process] ?? 0, height) }

    /// Its disk was put back to an old copy.
    mutating func forget(_ process: Int) { durable[process] = nil }

    mutating func recovered(_ height: UInt64, by process: Int) throws {
        guard height >= durable[process] ?? 0 else {
            throw SimulationFailure(
                .durability, "process \(process) had \(durable[process] ?? 0) durable blocks and has \(height)")
        }
    }
}

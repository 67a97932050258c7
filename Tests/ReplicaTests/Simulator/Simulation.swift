import Consensus
import Ledger
import Primitives
import Replica
import Storage
import TestSupport

/// A node on one seed: its clients, its clock, its disks, its steps in any order, and its crashes.
struct Simulation {
    /// What happened, so that a test can see that anything did.
    struct Summary: Hashable {
        var crashes = 0
        var kills = 0
        var oldStates = 0
        var failedStarts = 0
        var failedWrites = 0
        var blocks = 0
        var transactions = 0
        var failures = 0
        var rejections = 0
        /// Blocks after the first of their decision.
        var blocksOfLongDecisions = 0
        /// Checkpoints that were looked at, after crashes and at the end.
        var checkpoints = 0

        mutating func add(_ other: Summary) {
            crashes += other.crashes
            kills += other.kills
            oldStates += other.oldStates
            failedStarts += other.failedStarts
            failedWrites += other.failedWrites
            blocks += other.blocks
            transactions += other.transactions
            failures += other.failures
            rejections += other.rejections
            blocksOfLongDecisions += other.blocksOfLongDecisions
            checkpoints += other.checkpoints
        }
    }

    private let chain: SimulatedChain
    private let plant: Plant?
    private let memory = MemoryDisk()
    private let disk: any Disk
    private var store: MemoryKeyValueStore
    private var checkpoints: MemoryCheckpoints
    /// Copies of the store from earlier, oldest first: what a backup would bring back.
    private var copies: [[KeyValueChange]] = []
    private var generator: SeededGenerator
    private let mergesProposals: Bool
    private let checker: Box
    private var node: SimulatedNode?
    private var nanoseconds: UInt64 = 1
    private var wall = SimulatedChain.start
    /// The latest that the wall clock has shown: whoever looked at it then took what had expired for gone.
    private var latestWall = SimulatedChain.start
    private var nextTicket: Ticket = 0
    private var submitted: [SignedTransaction] = []
    /// What the node's present life has to answer.
    private var asked: [Ticket: [SignedTransaction]] = [:]
    private(set) var summary = Summary()

    /// Lets the node's commits reach the checker whose turn comes between its steps.
    private final class Box {
        var checker: LedgerChecker
        init(_ checker: LedgerChecker) { self.checker = checker }
    }

    init(seed: UInt64, plant: Plant? = nil, usesRealSignatures: Bool = false) throws {
        generator = SeededGenerator(seed: seed)
        chain = try SimulatedChain(limits: SimulatedChain.tightLimits, usesRealSignatures: usesRealSignatures)
        self.plant = plant
        disk = plant == .journalSyncsIgnored ? ForgetfulDisk(memory) : memory
        store = try MemoryKeyValueStore()
        checkpoints = MemoryCheckpoints(of: store)
        mergesProposals = Bool.random(using: &generator)
        checker = Box(LedgerChecker(chain))
    }

    /// Runs some lives with crashes in between, then lets the node finish and checks what is left.
    mutating func run(lives: Int, stepsPerLife: Int) throws -> Summary {
        try start()
        for _ in 0..<lives {
            try live(Int.random(in: 1...stepsPerLife, using: &generator))
            try crash()
            try checkCheckpoints()
            try start()
            try checkCheckpoints()
        }
        for _ in 0..<stepsPerLife { try step() }
        try finish()
        return summary
    }

    private var now: ClockReading { ClockReading(monotonic: Instant(nanoseconds: nanoseconds), wall: wall) }

    // MARK: Steps

    /// Takes steps, the last of which may be a write or a sync that fails half-way: the end of the process.
    private mutating func live(_ count: Int) throws {
        for _ in 0..<count { try step() }
        guard Bool.random(using: &generator) else { return }
        if Bool.random(using: &generator) {
            memory.faults.failsSyncs = true
        } else {
            memory.faults.bytesLeft = Int.random(in: 0...2000, using: &generator)
        }
        defer { memory.faults = .init() }
        do {
            for _ in 0..<20 { try step() }
        } catch is StorageError {
            summary.failedWrites += 1
        }
    }

    private mutating func step() throws {
        guard let node else { return }
        advanceClock()
        switch Int.random(in: 0..<12, using: &generator) {
        case 0...1: try submit()
        case 2: try node.give(.tick, at: now)
        case 3:
            let until = Timestamp(milliseconds: wall.milliseconds + UInt64.random(in: 0...6000, using: &generator))
            try node.give(.waiting(until: until), at: now)
        default: try takeAnyStep(of: node)
        }
    }

    private mutating func takeAnyStep(of node: SimulatedNode) throws {
        let possible = SimulatedNode.Step.allCases.filter(node.canTake)
        guard let step = possible.randomElement(using: &generator) else { return }
        try node.take(step, at: now, using: &generator)
    }

    private mutating func advanceClock() {
        nanoseconds += UInt64.random(in: 1...1_000_000, using: &generator)
        // Now and then the wall clock is set back.
        if Int.random(in: 0..<50, using: &generator) == 0 {
            wall = Timestamp(milliseconds: wall.milliseconds - UInt64.random(in: 0...300, using: &generator))
        } else {
            wall = Timestamp(milliseconds: wall.milliseconds + UInt64.random(in: 0...60, using: &generator))
        }
        latestWall = max(latestWall, wall)
    }

    private mutating func submit() throws {
        var submissions: [Submission] = []
        for _ in 0...Int.random(in: 0...4, using: &generator) {
            var transactions = [try nextTransaction()]
            while Int.random(in: 0..<3, using: &generator) == 0 { transactions.append(try nextTransaction()) }
            submissions.append(Submission(ticket: nextTicket, transactions: transactions))
            asked[nextTicket] = transactions
            nextTicket += 1
        }
        try node?.give(.submit(submissions), at: now)
    }

    /// A new transaction, or an old one again, or one whose signature is wrong.
    private mutating func nextTransaction() throws -> SignedTransaction {
        if let old = submitted.suffix(20).randomElement(using: &generator),
            Int.random(in: 0..<6, using: &generator) == 0
        {
            return old
        }
        let opening = submitted.count < chain.opening.count ? chain.opening[submitted.count] : nil
        let action =
            opening ?? .random(symbols: chain.symbols, addresses: chain.addresses, using: &generator)
        let starves = Int.random(in: 0..<25, using: &generator) == 0
        // Some expire soon, and some too late to be taken.
        let expiry = Timestamp(milliseconds: wall.milliseconds + UInt64.random(in: 0...4200, using: &generator))
        let (account, salt) = (opening == nil ? sender() : 0, generator.next())
        var signed =
            starves
            ? try chain.starvingTransaction(action, by: account, salt: salt, expiry: expiry)
            : try chain.transaction(action, by: account, salt: salt, expiry: expiry)
        if Int.random(in: 0..<25, using: &generator) == 0 {
            signed = SignedTransaction(
                transaction: signed.transaction,
                signatures: signed.signatures.map {
                    AccountSignature(signer: $0.signer, publicKey: $0.publicKey, signature: .init(repeating: 1))
                }, identity: signed.identity)
        } else {
            checker.checker.register(signed, starves ? nil : action)
        }
        submitted.append(signed)
        return signed
    }

    /// The first account does the most, so that it often is the issuer and has something to give.
    private mutating func sender() -> Int {
        Bool.random(using: &generator) ? 0 : Int.random(in: 0..<chain.keys.count, using: &generator)
    }

    // MARK: Crashes

    private mutating func crash() throws {
        node = nil
        asked = [:]
        remember()
        if Int.random(in: 0..<4, using: &generator) == 0 {
            // The process is killed: what it wrote is there, synced or not.
            summary.kills += 1
            return
        }
        summary.crashes += 1
        memory.crash(using: &generator)
        store.crash()
        if let copy = copies.randomElement(using: &generator), Int.random(in: 0..<5, using: &generator) == 0 {
            summary.oldStates += 1
            store = try MemoryKeyValueStore()
            try store.apply(copy, flush: true)
        }
    }

    private mutating func remember() {
        var copy: [KeyValueChange] = []
        try? store.iterate(from: .empty, prefix: .empty) { key, value in
            copy.append(KeyValueChange(key, value))
            return true
        }
        copies.append(copy)
    }

    /// Starts the node; sometimes it fails half-way, for want of space, and is started again.
    private mutating func start() throws {
        while Int.random(in: 0..<4, using: &generator) == 0 {
            memory.faults.bytesLeft = Int.random(in: 0...3000, using: &generator)
            defer { memory.faults.bytesLeft = nil }
            do {
                node = try makeNode()
                break
            } catch is StorageError {
            } catch RecoveryError.storage {
            }
            summary.failedStarts += 1
            memory.crash(using: &generator)
            store.crash()
        }
        if node == nil { node = try makeNode() }
        try node?.give(.start, at: now)
    }

    private mutating func checkCheckpoints() throws {
        summary.checkpoints += try EarlierChecker(chain, told: checker.checker.told).check(checkpoints)
    }

    private mutating func makeNode() throws -> SimulatedNode {
        checkpoints = MemoryCheckpoints(of: store, with: checkpoints)
        let engine: any ConsensusEngine = mergesProposals ? MergingEngine() : Solo()
        return try SimulatedNode(
            chain, disk: disk, store: store,
            checkpoints: Checkpoints(store: checkpoints, countMax: Self.checkpointsMax), engine: engine, plant: plant,
            checking: { [checker] recovered, log in
                try checker.checker.checkRecovered(recovered, log)
                try checker.checker.tellRecovered(log, upTo: recovered.committed.height)
            }, onCommitted: { [checker] in try checker.checker.tell($0) })
    }

    private static let checkpointsMax = 3

    // MARK: The end

    /// Lets the node bring everything to its end, and checks what can be checked then only.
    private mutating func finish() throws {
        guard let node else { return }
        try node.give(.drain, at: now)
        var steps = 0
        while SimulatedNode.Step.allCases.contains(where: node.canTake) {
            steps += 1
            guard steps < Self.finishStepsMax else { throw SimulationFailure("the node does not come to rest") }
            advanceClock()
            try takeAnyStep(of: node)
        }
        guard node.isDrained else { throw SimulationFailure("the node has nothing to do but is not drained") }
        try checkAnswers(of: node)
        try checker.checker.checkState(node.executor)
        try checkLog(of: node)
        try checkCheckpoints()
        try EarlierChecker(chain, told: checker.checker.told).checkAnswers(
            from: Checkpoints(store: checkpoints, countMax: Self.checkpointsMax))
    }

    private static let finishStepsMax = 20_000

    /// What was taken is in a block, or was dropped in one, or has expired.
    private func checkIsRemembered(_ signed: SignedTransaction, by node: SimulatedNode) throws {
        let isOver = signed.expiry <= max(latestWall, node.executor.head.time)
        guard isOver || checker.checker.committed.contains(signed.identity) || node.dropped.contains(signed.identity)
        else { throw SimulationFailure("transaction \(signed.identity) was taken and then forgotten") }
    }

    private mutating func checkAnswers(of node: SimulatedNode) throws {
        for (ticket, transactions) in asked {
            guard let answer = node.answers[ticket], answer.count == transactions.count else {
                throw SimulationFailure("request \(ticket) was never answered, or not whole")
            }
            for (signed, rejection) in zip(transactions, answer) {
                if rejection == nil { try checkIsRemembered(signed, by: node) } else { summary.rejections += 1 }
            }
        }
    }

    private mutating func checkLog(of node: SimulatedNode) throws {
        var verification = LedgerVerification(genesis: chain.genesis, log: node.log, verifier: chain.verifier)
        let verified = try verification.run(store: try MemoryKeyValueStore()) { _ in }
        guard verified.height == checker.checker.told.count else {
            throw SimulationFailure("\(checker.checker.told.count) blocks were told, the log has \(verified.height)")
        }
        summary.blocks = Int(verified.height)
        summary.transactions = Int(verified.transactionCount)
        try count(node.log)
    }

    private mutating func count(_ log: BlockLog) throws {
        var decision: UInt64 = 0
        guard let heights = log.heights else { return }
        for height in heights {
            guard let block = try log.block(at: height, in: chain.suite)?.certified else { continue }
            if block.block.header.decision == decision { summary.blocksOfLongDecisions += 1 }
            decision = block.block.header.decision
            summary.failures += block.receipts.filter(\.events.isEmpty).count
        }
    }
}

internal import Contracts
package import Cryptography
package import Ledger
package import Primitives
package import Storage

/// What is wrong with a ledger, and where.
package struct LedgerFault: Error, Sendable, CustomStringConvertible {
    /// The first block that is not right.
    package let height: UInt64
    package let reason: String

    package init(height: UInt64, _ reason: String) {
        self.height = height
        self.reason = reason
    }

    package var description: String { "block \(height): \(reason)" }
}

/// What a whole ledger was found to be.
package struct VerifiedLedger: Hashable, Sendable {
    /// The first block that the log holds, and the first that was executed again: later ones than 1 where the node has
    /// joined. What comes before the second is proven by hashes and certificates.
    package let first, firstExecuted: UInt64
    package let height: UInt64
    package let blockHash: Digest
    package let stateRoot: Digest
    package let transactionCount: UInt64
    /// How many decisions the journal holds after those, whose blocks the node puts into the log when it starts.
    package let unloggedDecisionCount: Int
}

/// Checks a whole ledger from its log alone: the chain of hashes, every signature, every certificate, and every result by
/// executing it again. Of what the node has kept besides, the journal only says how far the log must go.
///
/// The log of a node that has joined does not begin with the first block: it needs a `VerificationBase`.
package struct LedgerVerification {
    private let genesis: Genesis
    private let log: BlockLog
    private let journal: JournalContents
    private let verifier: any SignatureVerifier
    private let check: StatelessCheck
    private var client: LightClient
    private var blocks: BlocksAhead
    /// Whether the log may not say what a block has written, as it stood before the state that the node has joined with.
    private var mayLackWrites = false

    /// `journal` is what the node had not yet put into the log when it ended.
    package init(
        genesis: Genesis, log: BlockLog, journal: JournalContents = JournalContents(),
        verifier: any SignatureVerifier
    ) {
        self.genesis = genesis
        self.log = log
        self.journal = journal
        self.verifier = verifier
        check = StatelessCheck(terms: genesis.terms)
        client = LightClient(genesis: genesis, verifier: verifier)
        blocks = BlocksAhead(log: log, suite: genesis.suite)
    }

    /// Walks the chain from the first block to the last, with the state in `store`, which must be empty.
    package mutating func run(
        store: any KeyValueStore, base: VerificationBase? = nil, progress: (RecoveryProgress) -> Void
    ) throws(LedgerFault) -> VerifiedLedger {
        guard let rules = ExecutionRules(version: genesis.executionVersion) else {
            throw LedgerFault(height: 1, "\(RecoveryError.unknownExecutionVersion(genesis.executionVersion))")
        }
        let first = log.heights?.lowerBound ?? 1
        var walk: Walk
        let state: GroupState
        if first > 1, let heights = log.heights {
            (walk, state) = try begin(heights, base, store)
        } else {
            state = try Self.state(group: genesis.group, store)
            walk = Walk(
                executor: Executor(
                    genesis: genesis, head: Head(genesis: genesis),
                    window: DuplicateWindow(countMax: Int(genesis.limits.duplicateWindowCountMax)),
                    state: state, rules: rules))
        }
        let firstExecuted = walk.executor.head.height + 1
        mayLackWrites = base?.hasJoined ?? false
        try walkLog(&walk, state, store, progress)
        let reached = walk.executor.head.height
        guard reached >= journal.loggedHeight else {
            throw LedgerFault(height: reached + 1, "the journal knows it to be in the log, but it is not")
        }
        return VerifiedLedger(
            first: first, firstExecuted: firstExecuted, height: reached, blockHash: walk.executor.head.hash,
            stateRoot: walk.stateRoot,
            transactionCount: walk.transactionCount,
            unloggedDecisionCount: journal.decisions.count { $0.number > walk.executor.head.decision })
    }

    /// How far the verification has come.
    private struct Walk {
        var executor: Executor
        var stateRoot = Digest.zero
        var transactionCount: UInt64 = 0
    }

    /// Begins with a snapshot, and checks what the log holds up to its block.
    private mutating func begin(
        _ heights: ClosedRange<UInt64>, _ base: VerificationBase?, _ store: any KeyValueStore
    ) throws(LedgerFault) -> (Walk, GroupState) {
        guard let base else { throw LedgerFault(height: heights.lowerBound - 1, "it is not in the log") }
        let certificate = try base.restore(into: store, of: heights, in: genesis.suite)
        let state = try Self.state(group: genesis.group, store)
        client = try base.client(upTo: certificate, genesis, log, state, verifier)
        var walk = Walk(
            executor: try LedgerFault.at(certificate.statement.height, "its state") {
                try Recovery(genesis: genesis, log: log, state: state, store: store, checkpoints: nil)
                    .executorAtAppliedHeight()
            })
        walk.stateRoot = certificate.statement.stateRoot
        var before: Head?
        for height in heights.lowerBound...certificate.statement.height {
            let certified = try block(at: height).certified
            try checkSignatures(of: certified.block)
            if let before { try checkPlace(of: certified.block, after: before) }
            try checkBudget(of: certified.block)
            try checkUnexecuted(certified, state)
            walk.transactionCount += UInt64(certified.block.transactions.count)
            before = Head(header: certified.block.header, hash: certified.block.header.hash(in: genesis.suite))
        }
        // By its hash all before it hang together with what is certified.
        guard before?.hash == certificate.statement.blockHash else {
            throw LedgerFault(height: certificate.statement.height, "it is another one than that of the snapshot")
        }
        return (walk, state)
    }

    /// Checks a block before the snapshot by its roots and its certificate.
    private func checkUnexecuted(_ certified: CertifiedBlock, _ state: GroupState) throws(LedgerFault) {
        let (suite, statement, header) = (genesis.suite, certified.certificate.statement, certified.block.header)
        let transactions = certified.block.transactions.map { suite.hash($0.canonicalBytes) }
        guard MerkleList.root(ofElements: transactions, in: suite) == header.transactionsRoot,
            certified.receipts.root(in: suite) == statement.receiptsRoot,
            statement.blockHash == header.hash(in: suite), statement.height == header.height,
            statement.epoch == header.epoch
        else { throw LedgerFault(height: header.height, "its certificate is not of what it holds") }
        let checks = try LedgerFault.at(header.height, "its certificate") {
            try VerificationBase.epoch(header.epoch, genesis, state)
                .checks(of: certified.certificate, on: genesis.terms)
        }
        let mask = verifier.verify(checks)
        guard mask.count == checks.count, mask.allSatisfy({ $0 }) else {
            throw LedgerFault(height: header.height, "its certificate: \(ProofError.wrongSignature)")
        }
    }

    /// Checks the blocks of the log.
    private mutating func walkLog(
        _ walk: inout Walk, _ state: GroupState, _ store: any KeyValueStore, _ progress: (RecoveryProgress) -> Void
    ) throws(LedgerFault) {
        let last = log.heights?.upperBound ?? 0
        while walk.executor.head.height < last {
            let height = walk.executor.head.height + 1
            let committed = try block(at: height)
            let certified = committed.certified
            try checkSignatures(of: certified.block)
            try checkPlace(of: certified.block, after: walk.executor.head)
            try checkBudget(of: certified.block)
            try Self.checkRules(of: certified.block, &walk.executor)
            walk.stateRoot = try checkResult(of: committed, &walk.executor)
            walk.transactionCount += UInt64(certified.block.transactions.count)
            try Self.flushIfDue(&walk.executor, state, to: store)
            progress(RecoveryProgress(height: height, last: last))
        }
    }

    private static func checkRules(of block: Block, _ executor: inout Executor) throws(LedgerFault) {
        let violation: Rejection?
        do throws(StateUnavailable) {
            violation = try executor.violation(of: block)
        } catch { throw LedgerFault(height: block.header.height, "\(error)") }
        guard let violation else { return }
        throw LedgerFault(height: block.header.height, "it holds a transaction that it must not: \(violation)")
    }

    /// Checks that a quorum has signed this very result.
    private mutating func check(
        _ certificate: BlockCertificate, of executed: ExecutedBlock
    ) throws(LedgerFault) {
        let height = executed.statement.height
        let statement: ResultStatement
        do throws(ProofError) {
            statement = try client.accept(certificate)
        } catch { throw LedgerFault(height: height, "its certificate: \(error)") }
        guard statement == executed.statement else {
            throw LedgerFault(height: height, "executing it gives another result than the certified one")
        }
    }

    /// Goes on with the certifiers of the next epoch if this certificate, which fits what was executed, names it.
    private mutating func enterNextEpoch(
        by certificate: BlockCertificate, _ executor: Executor
    ) throws(LedgerFault) {
        guard certificate.statement.nextEpoch != .zero, let next = executor.plannedEpoch else { return }
        do throws(ProofError) { try client.enter(next, by: certificate) } catch {
            throw LedgerFault(height: certificate.statement.height, "the next epoch: \(error)")
        }
    }

    private static func state(
        group: GroupIdentifier, _ store: any KeyValueStore
    ) throws(LedgerFault) -> GroupState {
        do throws(StorageError) {
            return GroupState(group: group, store: try WriteBackStore(store: store, group: group))
        } catch { throw LedgerFault(height: 1, "\(error)") }
    }

    /// Keeps the state that is in memory bounded.
    private static func flushIfDue(
        _ executor: inout Executor, _ state: GroupState, to store: any KeyValueStore
    ) throws(LedgerFault) {
        guard state.store.shouldFlush, let batch = executor.freeze() else { return }
        do throws(StorageError) {
            try batch.write(to: store)
        } catch { throw LedgerFault(height: batch.height, "\(error)") }
        state.store.flushed(batch)
    }

    private mutating func block(at height: UInt64) throws(LedgerFault) -> CommittedBlock {
        try Self.reading(height) { () throws(BlockRecordError) in try blocks.block(at: height) }
    }

    /// What `body` reads of a block that must be in the log.
    private static func reading<Value>(
        _ height: UInt64, _ body: () throws(BlockRecordError) -> Value?
    ) throws(LedgerFault) -> Value {
        let value: Value?
        do throws(BlockRecordError) {
            value = try body()
        } catch .unreadable(let error) {
            throw LedgerFault(height: height, "\(error)")
        } catch { throw LedgerFault(height: height, "it does not decode: \(error)") }
        guard let value else { throw LedgerFault(height: height, "it is not in the log") }
        return value
    }

    private func checkSignatures(of block: Block) throws(LedgerFault) {
        var checks: [SignatureCheck] = []
        for signed in block.transactions {
            do throws(Rejection) {
                try check.check(signed)
            } catch {
                throw LedgerFault(height: block.header.height, "transaction \(signed.identity): \(error)")
            }
            checks += check.signatureChecks(of: signed)
        }
        let mask = verifier.verify(checks)
        // A check without an answer has failed.
        let wrong = mask.firstIndex(of: false) ?? mask.endIndex
        if wrong < checks.count {
            throw LedgerFault(
                height: block.header.height, "the signature of transaction \(checks[wrong].digest) is wrong")
        }
    }

    private func checkPlace(of block: Block, after head: Head) throws(LedgerFault) {
        let header = block.header
        let height = head.height + 1
        guard header.height == height else { throw LedgerFault(height: height, "it says height \(header.height)") }
        guard header.parent == head.hash else {
            throw LedgerFault(height: height, "its parent is not the block before it")
        }
        guard header.time > head.time else {
            throw LedgerFault(height: height, "its time, \(header.time), is not after the block before it")
        }
        if header.decision == head.decision, head.height > 0 {
            guard header.time.milliseconds == head.time.milliseconds + 1 else {
                throw LedgerFault(
                    height: height, "a further block of a decision comes a millisecond after the one before")
            }
        } else if header.decision != head.decision + 1 {
            throw LedgerFault(height: height, "decision \(header.decision) does not follow \(head.decision)")
        }
    }

    private func checkBudget(of block: Block) throws(LedgerFault) {
        var budget = BlockBudget(limits: genesis.limits)
        for signed in block.transactions where !budget.take(signed) {
            throw LedgerFault(
                height: block.header.height, "with transaction \(signed.identity) it holds more than a block may")
        }
    }

    /// Executes the block again, and compares everything that its header and its certificate say.
    private mutating func checkResult(
        of committed: CommittedBlock, _ executor: inout Executor
    ) throws(LedgerFault) -> Digest {
        let (certified, height) = (committed.certified, committed.height)
        let executed: ExecutedBlock
        do throws(StateUnavailable) {
            executed = try executor.replay(
                certified.block, isLastOfDecision: blocks.isLastOfDecision(committed))
        } catch { throw LedgerFault(height: height, "\(error)") }
        guard executed.block.header == certified.block.header else {
            throw LedgerFault(height: height, "its header does not fit its transactions or its chain")
        }
        guard executed.receipts == certified.receipts else {
            throw LedgerFault(height: height, "executing it gives other receipts")
        }
        mayLackWrites = mayLackWrites && committed.writes.all.isEmpty
        guard mayLackWrites || executed.writes == committed.writes else {
            throw LedgerFault(height: height, "executing it writes something else")
        }
        try check(certified.certificate, of: executed)
        try enterNextEpoch(by: certified.certificate, executor)
        return executed.statement.stateRoot
    }
}

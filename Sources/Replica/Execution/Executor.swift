package import Contracts
internal import Cryptography
package import Ledger
package import Primitives
package import Storage

/// Turns decisions into blocks with results: the deterministic part of a replica, off the ordering path.
///
/// What it does depends on the genesis, the state and the decisions alone. Every node that has executed the same
/// decisions has the same head, the same state root and the same receipts.
package struct Executor {
    package let genesis: Genesis
    package let terms: ChainTerms
    package private(set) var head: Head
    package let state: any LedgerState
    private let execution: BlockExecution
    private let founders: FoundingMembers?
    /// What execution reads and writes, with what it remembers from block to block.
    private var journalled: JournalledState
    private var tree: StateTree
    /// Nil until the first block.
    private var epochs: EpochTracker?
    /// Whether the state is being set apart to be written.
    package private(set) var isFreezing = false
    /// The transactions up to the head that have not expired.
    package private(set) var window: DuplicateWindow

    /// An executor at `head`, whose state `state` holds. `window` are the transactions up to there that have not
    /// expired.
    package init(
        genesis: Genesis, head: Head, window: DuplicateWindow, state: any LedgerState, rules: ExecutionRules,
        cachedTreePagesMax: Int = ReplicaLimits.cachedTreePagesMax
    ) {
        self.genesis = genesis
        terms = genesis.terms
        self.head = head
        self.state = state
        self.window = window
        execution = BlockExecution(rules: rules, suite: genesis.suite)
        founders = genesis.members.map(FoundingMembers.init)
        journalled = JournalledState(over: state)
        tree = StateTree(suite: genesis.suite, cachedPagesMax: cachedTreePagesMax)
    }

    /// The epoch that follows the head's, as the state says so far.
    var plannedEpoch: EpochConfiguration? { epochs?.planned?.configuration }

    // MARK: Deciding what is in a block

    /// Executes a decision: one block, or as many as the chain's limits make of it.
    package mutating func execute(_ decision: Decision) throws(StateUnavailable) -> ExecutedDecision {
        var blocks: [ExecutedBlock] = []
        var dropped: [DroppedTransaction] = []
        var rest = decision.transactions[...]
        repeat {
            let earliest = Timestamp(milliseconds: head.time.milliseconds + 1)
            let time = blocks.isEmpty ? max(earliest, decision.reading) : earliest
            let selected = try select(from: &rest, at: time, &dropped)
            blocks.append(
                try execute(selected, decision: decision.number, at: time, isLastOfDecision: rest.isEmpty))
        } while !rest.isEmpty
        return ExecutedDecision(
            number: decision.number, blocks: blocks, dropped: dropped, epochEnd: epochs?.end,
            nextEpoch: epochs?.end == decision.number ? epochs?.planned?.configuration : nil)
    }

    /// The next transactions that have an effect in a block of this time, as many as fit.
    private mutating func select(
        from rest: inout ArraySlice<SignedTransaction>, at time: Timestamp, _ dropped: inout [DroppedTransaction]
    ) throws(StateUnavailable) -> [SignedTransaction] {
        window.advance(to: time)
        let authority = try AccountAuthority(over: state, suite: terms.suite)
        var budget = BlockBudget(limits: terms.limits)
        var selected: [SignedTransaction] = []
        while let next = rest.first {
            let unauthorized = try authority.unauthorizedSigner(of: next)
            do throws(Rejection) {
                try check(next, unauthorized, at: time)
                guard budget.take(next) else {
                    // What does not even fit an empty block has no effect; else it would keep the rest from theirs.
                    guard selected.isEmpty else { break }
                    throw .gasLimitTooHigh(next.gasLimit, maximum: terms.limits.blockGasMax)
                }
                window.insert(next.identity, expiry: next.expiry)
                selected.append(next)
            } catch {
                dropped.append(DroppedTransaction(identity: next.identity, reason: error))
            }
            rest.removeFirst()
        }
        return selected
    }

    /// Whether a transaction has an effect in a block of this time, given for which signer its keys do not act.
    private func check(
        _ signed: SignedTransaction, _ unauthorized: Address?, at time: Timestamp
    ) throws(Rejection) {
        try StatelessCheck(terms: terms).check(expiry: signed.expiry, at: time)
        if let unauthorized { throw .notAuthorized(account: unauthorized) }
        guard !window.contains(signed.identity, expiry: signed.expiry) else { throw .duplicate }
        guard !window.isFull else { throw .overloaded }
    }

    // MARK: Executing a block

    /// Executes a block that was made before, from the log. Whether the results are the same is for the caller to
    /// compare with its certificate. See `BlocksAhead` for how one knows which is the last of a decision.
    package mutating func replay(_ block: Block, isLastOfDecision: Bool) throws(StateUnavailable) -> ExecutedBlock {
        window.advance(to: block.header.time)
        for signed in block.transactions { window.insert(signed.identity, expiry: signed.expiry) }
        return try execute(
            block.transactions, decision: block.header.decision, at: block.header.time,
            isLastOfDecision: isLastOfDecision)
    }

    /// Executes a certified block that others have made, and says of its epoch what a decision's execution would.
    package mutating func follow(_ block: Block, isLastOfEpoch: Bool) throws(StateUnavailable) -> ExecutedDecision {
        let executed = try replay(block, isLastOfDecision: isLastOfEpoch)
        return ExecutedDecision(
            number: block.header.decision, blocks: [executed], dropped: [], epochEnd: epochs?.end,
            nextEpoch: isLastOfEpoch ? epochs?.planned?.configuration : nil)
    }

    /// Whether the chain's rules let this block follow the head: what `execute` would never have put into a block.
    package mutating func violation(of block: Block) throws(StateUnavailable) -> Rejection? {
        window.advance(to: block.header.time)
        let authority = try AccountAuthority(over: state, suite: terms.suite)
        var seen: Set<Digest> = []
        for signed in block.transactions {
            let unauthorized = try authority.unauthorizedSigner(of: signed)
            do throws(Rejection) {
                try check(signed, unauthorized, at: block.header.time)
                guard seen.insert(signed.identity).inserted else { throw .duplicate }
                guard window.count + seen.count <= window.countMax else { throw .overloaded }
            } catch { return error }
        }
        return nil
    }

    private mutating func execute(
        _ transactions: [SignedTransaction], decision: UInt64, at time: Timestamp, isLastOfDecision: Bool
    ) throws(StateUnavailable) -> ExecutedBlock {
        let suite = terms.suite
        var epochs = try epochs(of: decision)
        let header = BlockHeader(
            group: terms.group, height: head.height + 1, parent: head.hash, epoch: epochs.current.number,
            executionVersion: genesis.executionVersion, decision: decision, time: time,
            transactionCount: UInt32(transactions.count),
            transactionsRoot: MerkleList.root(
                ofElements: transactions.map { suite.hash($0.canonicalBytes) }, in: suite))
        let context = BlockContext(
            group: terms.group, height: header.height, time: time, epoch: epochs.terms(of: decision),
            founders: founders)
        let result = try execution.execute(transactions, in: context, on: &journalled)
        let stateRoot = try commit(result.changes, at: header.height)
        try epochs.read(from: state)
        self.epochs = epochs
        let hash = header.hash(in: suite)
        head = Head(header: header, hash: hash)
        let statement = ResultStatement(
            header: header, blockHash: hash, genesis: terms.genesis, stateRoot: stateRoot,
            receiptsRoot: result.receipts.root(in: suite),
            nextEpoch: epochs.successor(of: decision, isLastBlock: isLastOfDecision))
        return ExecutedBlock(
            block: Block(header: header, transactions: transactions), receipts: result.receipts, writes: result.writes,
            statement: statement)
    }

    /// Takes over what the blocks after the head have written, in their order, without executing them, and gives back
    /// the root that follows. Whether that is the certified one is for the caller to compare.
    package mutating func adopt(_ writes: [StateWrite], upTo head: Head) throws(StateUnavailable) -> Digest {
        var places: [StateKey: Int] = [:]
        var changes: [StateWrite] = []
        for write in writes {
            if let place = places[write.key] {
                changes[place] = write
            } else {
                places[write.key] = changes.count
                changes.append(write)
            }
        }
        let root = try commit(changes, at: head.height)
        self.head = head
        epochs = nil
        return root
    }

    /// The epochs as they are for a block of a decision.
    private func epochs(of decision: UInt64) throws(StateUnavailable) -> EpochTracker {
        guard var epochs else { return try EpochTracker(of: decision, genesis: genesis, state: state) }
        try epochs.advance(to: decision, in: state)
        return epochs
    }

    /// Puts a block's changes into the tree and the state, and gives back the new root.
    private mutating func commit(
        _ changes: [StateWrite], at height: UInt64
    ) throws(StateUnavailable) -> Digest {
        let suite = terms.suite
        var scratch: [UInt8] = []
        var leaves = changes.map { change in
            LeafChange(
                path: change.key.path(in: suite, &scratch),
                value: change.stored.map { StateKey.digest(ofValue: $0, in: suite, &scratch) })
        }
        leaves.sort { $0.path < $1.path }
        let root = try tree.update(leaves, from: state)
        state.commit(
            BlockChanges(
                height: height, values: changes, keptPageCount: tree.changedPageCount))
        return root
    }
}

// MARK: - Flushing

extension Executor {
    /// Sets the state after the head apart, to be written; nil if there is nothing new, or the last batch is not yet
    /// written.
    package mutating func freeze() -> FlushBatch? {
        beginFreeze() ? continueFreeze(pagesMax: .max) : nil
    }

    /// The same, a part at a time, so that no block waits for long: takes the state after the head as it is now.
    /// Blocks may be executed before `continueFreeze` gives the batch.
    package mutating func beginFreeze() -> Bool {
        guard !isFreezing, state.beginFreeze() else { return false }
        tree.freeze()
        isFreezing = true
        return true
    }

    /// Adds about so many pages of the tree to what was set apart, and gives the batch to be written once it is whole.
    package mutating func continueFreeze(pagesMax: Int) -> FlushBatch? {
        guard isFreezing else { return nil }
        var rest = pagesMax
        while rest > 0, tree.hasFrozenPages {
            let together = min(rest, ReplicaLimits.frozenPagesTogetherMax)
            state.addFrozen(tree.takeFrozenPages(atMost: together))
            rest -= together
        }
        guard !tree.hasFrozenPages else { return nil }
        isFreezing = false
        return state.finishFreeze()
    }
}

// MARK: - Questions

extension Executor {
    /// Whose keys act for whom, in the state after the head.
    package func authority() throws(StateUnavailable) -> AccountAuthority {
        try AccountAuthority(over: state, suite: terms.suite)
    }

    /// The chain's members in the state after the head; nil on a chain without.
    package func membership() throws(StateUnavailable) -> Membership? {
        guard let founders else { return nil }
        return try MemberStore.membership(in: state, founders)
    }

    /// The answer of a contract, asked in the state after the head.
    package func call(
        _ contract: Address, _ method: String, _ arguments: [UInt8], as caller: Address, gasLimit: UInt64
    ) throws(StateUnavailable) -> (outcome: Outcome, gasUsed: UInt64) {
        let epochs = try epochs(of: head.decision)
        let context = BlockContext(
            group: terms.group, height: head.height, time: head.time, epoch: epochs.terms(of: head.decision),
            founders: founders)
        return try execution.call(
            contract, method, arguments, as: caller, gasLimit: gasLimit, in: context, over: state)
    }

    /// The root of the state after the head.
    package mutating func stateRoot() throws(StateUnavailable) -> Digest { try tree.root(from: state) }

    /// What the state after the head holds at a key, with its proof.
    package mutating func prove(_ contract: Address, _ key: [UInt8]) throws(StateUnavailable) -> KeyProof {
        let stateKey = StateKey(contract: contract, key: key)
        let value = try state.value(at: stateKey)
        let path = try tree.proof(for: stateKey.path(in: terms.suite), from: state)
        return KeyProof(contract: contract, key: key, value: value, path: path)
    }
}

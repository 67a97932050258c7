internal import Consensus
internal import Cryptography
internal import Dissemination
internal import Ledger
internal import Primitives

// A node that has no say in the epoch, as it is none of its orderers, as its disk is an old copy, or as the epoch has
// ended without it, takes certified blocks from its peers, whatever the engine.
extension NetworkReplica {
    /// Whether this node has no say in the epoch.
    package var isFollowing: Bool { terms.orderer == nil && isRunning }

    /// From now on this node signs nothing in this epoch, and has nothing ordered.
    mutating func follow() {
        terms.resign()
        steps.removeAll()
        (fetch, blocksAskedOf) = (nil, nil)
        arrived = ArrivedDecisions(logged: [])
        if isStarting { begin() } else { beginFollowing() }
    }

    mutating func beginFollowing() {
        noteRole()
        status = EngineStatus(phase: "following", view: 0, leader: nil, decided: executed)
        for ticket in asked + reads.map(\.ticket) { effects.append(.readable(ticket, decision: nil)) }
        (asked, reads) = ([], [])
        // Nothing of what clients gave it goes out any more; they ask others.
        disseminator = Disseminator(
            terms.dissemination(
                JournalContents(), incarnation: incarnation, lastDecision: logged, frontier: LaneFrontier()))
        // What is not being executed comes with blocks.
        while let flight = flights.last, flight.order == nil { flights.removeLast() }
        decided = max(logged, flights.last?.number ?? 0)
        beginSynchronising()
    }

    /// Begins once what was decided here is in the logs.
    mutating func beginSynchronising() {
        guard isFollowing, flights.isEmpty, synchroniser == nil else { return }
        synchroniser = Synchroniser(
            terms.epoch, terms.chain, nodeCount: terms.directory.count, own: terms.own, height: head.height,
            hash: head.hash, seed: terms.seed, plant: terms.plant)
        synchronise()
    }

    /// A peer has shown that there are blocks.
    mutating func noteBlocks(upTo height: UInt64, at node: UInt32) {
        perform { synchroniser, now, effects in
            synchroniser.note(height, at: node)
            synchroniser.ask(at: now, into: &effects)
        }
    }

    /// Asks for what is missing.
    mutating func synchronise() {
        guard synchroniser == nil else { return perform { $0.ask(at: $1, into: &$2) } }
        // What this node has executed may lack certificates, and those who signed are in another epoch.
        guard isFollowing || ending.proven != nil, flights.contains(where: { !$0.isCommitted && isLate($0.since) }),
            let node = nextNode
        else { return }
        blocksAskedOf = node
        send(.fetchBlocks(from: loggedHeight + 1), toNodes: [node])
    }

    private mutating func perform(_ body: (inout Synchroniser, Instant, inout [Synchroniser.Effect]) -> Void) {
        guard var synchroniser else { return }
        var asked: [Synchroniser.Effect] = []
        self.synchroniser = nil
        body(&synchroniser, now.monotonic, &asked)
        self.synchroniser = synchroniser
        for effect in asked where !isHalted { perform(effect) }
    }

    private mutating func perform(_ effect: Synchroniser.Effect) {
        switch effect {
        case .ask(let node, let first): send(.fetchBlocks(from: first), toNodes: [node])
        case .verify(let checks): effects.append(.verify(token(for: .blocks(checks)), checks.signatures))
        case .refused(let node, let fault): effects.append(.refused(from: node, fault))
        case .contradiction(let height, let own, let other):
            halt(.diverged(height: height - 1, own: own, other: other))
        case .replay(let block): replay(block)
        }
    }

    private mutating func replay(_ block: FetchedBlock) {
        var transactions: [SignedTransaction] = []
        for bytes in block.transactions {
            // What a quorum has executed decodes.
            guard let signed = try? SignedTransaction(canonicalBytes: bytes, suite: terms.chain.suite) else {
                let hash = block.certificate.statement.blockHash
                return halt(.diverged(height: block.header.height, own: .zero, other: hash))
            }
            transactions.append(signed)
        }
        replaying.append(block)
        effects.append(
            .replay(
                Block(header: block.header, transactions: transactions),
                isLastOfEpoch: block.certificate.statement.nextEpoch != .zero))
    }

    // MARK: What comes back

    mutating func take(_ answer: FetchedBlocks, from node: UInt32) {
        guard synchroniser == nil else {
            perform { synchroniser, _, effects in synchroniser.take(answer, from: node, into: &effects) }
            return synchronise()
        }
        guard blocksAskedOf == node else { return }
        blocksAskedOf = nil
        for block in answer.blocks {
            results.take(block.certificate)
            examine(block.certificate.statement.height)
        }
        settle()
    }

    mutating func checked(_ checks: Synchroniser.Checks, _ mask: [Bool]) {
        perform { synchroniser, _, effects in synchroniser.checked(checks, mask, into: &effects) }
        synchronise()
    }

    /// A block was executed here: its result must be the certified one.
    mutating func replayed(_ decision: ExecutedDecision) {
        guard let first = replaying.first, let executed = decision.blocks.first else { return }
        replaying.removeFirst()
        let (own, certified) = (executed.statement, first.certificate.statement)
        guard own == certified else {
            let suite = terms.chain.suite
            return halt(
                .diverged(height: certified.height, own: own.digest(in: suite), other: certified.digest(in: suite)))
        }
        head = (own.height, own.blockHash)
        self.executed = decision.number
        status = EngineStatus(phase: "following", view: 0, leader: nil, decided: decision.number)
        noteEnding(decision)
        noteSuccession()
        effects.append(.followed(CommittedBlock(executed, certificate: first.certificate)))
        perform { synchroniser, _, effects in
            synchroniser.noteExecuted(own.height)
            synchroniser.deliver(into: &effects)
        }
    }

    mutating func loggedBlocks(upTo height: UInt64) {
        guard isFollowing, synchroniser != nil, height <= head.height else { return }
        loggedHeight = max(loggedHeight, height)
        ownResults.forget(upTo: loggedHeight)
        results.forget(upTo: loggedHeight)
        perform { [loggedHeight] synchroniser, _, effects in
            synchroniser.noteLogged(loggedHeight)
            synchroniser.deliver(into: &effects)
        }
        synchronise()
    }
}

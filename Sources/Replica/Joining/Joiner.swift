internal import Consensus
internal import Cryptography
internal import Ledger
package import Primitives

/// Finds out what a chain's newest state is that can be believed, and has it restored here: for a node whose disk is
/// empty, or that was away for long. Pure, and trusting nobody: all that it has is the genesis and, most often, an
/// invitation.
///
/// ```
/// epochs ──hand-over by hand-over──▶ offers ──certified by the newest──▶ chunks ──▶ tail ──▶ restored
///                                      └──nobody has any──▶ follow from the genesis
/// ```
/// - *Epochs.* It begins with the epoch that the invitation names by its digest, whoever gives it, or else with the first
///   one. From there each epoch's certifiers have signed what follows; who proves most is right. Where two successors of
///   one epoch are proven, old keys are being misused, and no machine can tell which one holds: it ends.
/// - *When it settles.* Every peer is asked for hand-overs, and none may still owe its first answer: each has said that
///   it knows no further epoch, or was silent for `joinerLateMilliseconds`. Two must have answered, or one if there are
///   not two or no second one has for `joinerPollMilliseconds`. With n peers that takes n / `joinerAskedTogetherMax` + 1
///   times `joinerLateMilliseconds` for each epoch at most, however often a peer connects anew. So a peer that is behind,
///   or lies, can't keep it in an old epoch as long as one answers that is not. It goes on asking: a state above the end
///   of its epoch is let go of.
/// - *Before it acts* upon what the newest epoch's certifiers have signed, be it that it begins with a state or that two
///   results of one height end it, it asks all once more whether there is another epoch: the keys of one that has just
///   ended may be anybody's already.
/// - *Heights.* Only what the newest epoch's certifiers have signed is believed, or the last block of the epoch before,
///   by which the newest itself is believed. What most peers offer comes first. A height is given up when it does not get
///   on and others are offered, or when nobody has it any more. Whoever offered it has its turn after others then, and
///   each turn of the same peers is twice as long as the one before: so however many heights liars offer, those of an
///   honest peer come to their turns, and one of these is long enough.
/// - *The tail*, the blocks that reach into the duplicates' window, comes last, from one peer at a time. Each block is
///   the one that the block after it names, and its certificate's signatures are verified with the keys of its epoch,
///   which for epochs before the invitation the restored state says.
///
/// What it holds is bounded: of blocks and chunks, what was asked for and is not taken in.
package struct Joiner: Sendable {
    enum Awaited: Sendable {
        case handOvers(FetchedHandOvers, from: UInt32)
        case offer(OfferedSnapshot, from: UInt32)
        case tail(TailPart, from: UInt32, attempt: UInt64)
    }

    /// An attempt at the state of one height.
    struct Attempt: Sendable {
        let number: UInt64
        let certificate: BlockCertificate
        var fetcher: SnapshotFetcher
        /// Who has offered it, and who of them has it still.
        var offering: [UInt32] = []
        var isHere: [UInt32] = []
        let doublings: UInt64
        let begunAt: Instant
        /// When something last came in.
        var progressAt: Instant
        /// Nil before all chunks are there.
        var tail: TailProgress?
    }

    /// Whether there is another epoch.
    struct Inquiry: Sendable {
        enum Purpose: Sendable {
            /// Before it begins with a state.
            case choice(ResultStatement)
            /// The newest epoch's certifiers have signed two results of one height.
            case contradiction(JoinerFailure)
        }

        let purpose: Purpose
        let since: Instant
    }

    let start: JoinerStart
    let invitation: Invitation?
    let chain: ChainTerms
    let plant: JoinerPlant?
    var now = Instant(nanoseconds: 0)
    var effects: [JoinerEffect] = []
    var isEnded = false
    /// By node; this one's own is there and not used.
    var peers: [JoinerPeer]
    /// Nil as long as nobody has given the epoch of the invitation.
    var epochs: KnownEpochs?
    /// What has proven all of them but the first.
    var handOvers: [HandOver] = []
    var handOverByteCount = 0
    /// When the newest epoch was learnt, or it began.
    var learntAt: Instant?
    var isSettled = false
    /// When the first offer came that can be believed, since the last attempt.
    var offeredAt: Instant?
    /// Since when there is nothing to begin with.
    var nothingSince: Instant?
    var attempt: Attempt?
    var inquiry: Inquiry?
    private var attemptCount: UInt64 = 0
    private var awaited: [(token: WorkToken, what: Awaited)] = []
    private var tokenCount: UInt64 = 0

    package init(_ start: JoinerStart, plant: JoinerPlant? = nil) {
        self.start = start
        self.plant = plant
        chain = start.genesis.terms
        let invitation = plant == .ignoresInvitation ? nil : start.invitation
        self.invitation = invitation
        let first = invitation?.epoch ?? start.genesis.epoch.number
        peers = Array(repeating: JoinerPeer(firstEpoch: first), count: start.nodeCount)
        if invitation == nil { epochs = KnownEpochs(genesis: start.genesis) }
    }

    package mutating func handle(_ input: JoinerInput, at now: Instant, into effects: inout [JoinerEffect]) {
        guard !isEnded else { return }
        self.now = now
        if learntAt == nil { learntAt = now }
        take(input)
        if !isEnded { goOn() }
        effects += self.effects
        self.effects = []
    }

    private mutating func take(_ input: JoinerInput) {
        switch input {
        case .message(let node, let bytes): receive(bytes, from: node)
        case .connected(let node): connect(node, isHere: true)
        case .disconnected(let node): connect(node, isHere: false)
        case .verified(let token, let mask): verified(token, mask)
        case .begun(let number, let isComplete):
            if attempt?.number == number { giveFetcher(.begun(isComplete: isComplete)) }
        case .stored(let number): if attempt?.number == number { giveFetcher(.stored) }
        case .kept(let number): if attempt?.number == number { keptTail() }
        case .epoch(let number, let epoch, let configuration):
            if attempt?.number == number { takeEpoch(epoch, configuration) }
        case .tick: giveFetcher(.tick)
        }
    }

    private mutating func goOn() {
        giveUpLate()
        askForHandOvers()
        settle()
        guard isSettled, !isEnded else { return }
        endInquiry()
        guard !isEnded else { return }
        askForOffers()
        endTurn()
        choose()
        askForTail()
        endWithNothing()
    }

    // MARK: Peers

    private func isPeer(_ node: UInt32) -> Bool { Int(node) < peers.count && node != start.own }

    /// The numbers of those who may be asked, ascending.
    var usable: [UInt32] { peers.indices.map(UInt32.init).filter { isPeer($0) && peers[Int($0)].isUsable } }

    private mutating func connect(_ node: UInt32, isHere: Bool) {
        guard isPeer(node) else { return }
        peers[Int(node)].isHere = isHere
        // What it knew before says nothing of what it knows now.
        peers[Int(node)].handOvers = JoinerQuestion()
        peers[Int(node)].offers.forget()
        peers[Int(node)].tail.forget()
        guard let attempt, attempt.offering.contains(node) else { return }
        if isHere { offerAgain(node) } else { leave(node) }
    }

    mutating func refuse(_ node: UInt32, _ fault: JoinerFault) {
        guard !peers[Int(node)].isLiar else { return }
        peers[Int(node)].isLiar = true
        peers[Int(node)].offer = nil
        effects.append(.refused(node, fault))
        if attempt?.isHere.contains(node) == true { leave(node) }
    }

    private mutating func giveUpLate() {
        for index in peers.indices {
            peers[index].handOvers.giveUp(at: now)
            peers[index].offers.giveUp(at: now)
            peers[index].tail.giveUp(at: now)
        }
    }

    mutating func send(_ message: ReplicaMessage, to node: UInt32) {
        let epoch = epochs?.newest.number ?? invitation?.epoch ?? start.genesis.epoch.number
        effects.append(.send(to: node, EpochMessage(epoch: epoch, message: message).canonicalBytes))
    }

    private mutating func receive(_ bytes: [UInt8], from node: UInt32) {
        guard isPeer(node), !peers[Int(node)].isLiar else { return }
        guard bytes.count <= ReplicaLimits.messageByteCountMax else { return refuse(node, .message(.tooLong)) }
        guard let received = try? EpochMessage(canonicalBytes: bytes) else {
            return refuse(node, .message(.undecodable))
        }
        switch received.message {
        case .handOvers(let answer): take(answer, from: node)
        case .offer(let offer): take(offer, from: node)
        case .manifest(let height, let bytes):
            if attempt?.certificate.statement.height == height { giveFetcher(.manifest(bytes, from: node)) }
        case .chunk(let height, let index, let bytes):
            if attempt?.certificate.statement.height == height { giveFetcher(.chunk(index, bytes, from: node)) }
        case .tail(let answer): take(answer, from: node)
        // What replicas say to each other is nothing to somebody who is none yet.
        default: break
        }
    }

    // MARK: Verifying

    mutating func verify(_ checks: [SignatureCheck], _ what: Awaited) {
        tokenCount += 1
        let token = WorkToken(number: tokenCount)
        awaited.append((token, what))
        effects.append(.verify(token, checks))
    }

    private mutating func verified(_ token: WorkToken, _ mask: [Bool]) {
        guard let index = awaited.firstIndex(where: { $0.token == token }) else { return }
        let isTrue = !mask.isEmpty && mask.allSatisfy { $0 }
        switch awaited.remove(at: index).what {
        case .handOvers(let answer, let node): checked(answer, from: node, isTrue)
        case .offer(let offer, let node): checked(offer, from: node, isTrue)
        case .tail(let part, let node, let number):
            if attempt?.number == number { checked(part, from: node, isTrue) }
        }
    }

    // MARK: Ending

    mutating func end(_ outcome: JoinerOutcome) {
        isEnded = true
        effects.append(.ended(outcome))
    }

    mutating func nextAttempt() -> UInt64 {
        attemptCount += 1
        return attemptCount
    }

    package var status: JoinerStatus {
        let stage: JoinerStatus.Stage =
            if isEnded { .ended } else if let attempt { attempt.tail == nil ? .chunks : .tail } else {
                isSettled ? .offers : .epochs
            }
        return JoinerStatus(
            stage: stage, epoch: epochs?.newest.number, height: attempt?.certificate.statement.height,
            chunks: attempt?.fetcher.progress.map { .init(complete: $0.complete, all: $0.all) },
            tailBlockCount: attempt?.tail?.blockCount ?? 0, peerCount: peers.count { $0.hasAnswered },
            liarCount: peers.count { $0.isLiar })
    }
}

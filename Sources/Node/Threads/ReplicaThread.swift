internal import Consensus
package import Cryptography
package import Ledger
internal import Networking
package import Primitives
package import Replica
internal import Storage
internal import Synchronization

/// Owns the replica: gives it its inputs, and does or hands on what it asks for.
///
/// It is `@unchecked Sendable` because everything but `recent`, `commits` and `state` is touched on its thread only.
final class ReplicaThread: @unchecked Sendable {
    enum Message: Sendable {
        case input(NetworkReplicaInput)
        /// Of clients, since a moment.
        case submit([SignedTransaction], since: Instant, @Sendable ([Rejection?]) -> Void)
        /// Run when everything up to the height is durable.
        case atHeight(UInt64, @Sendable () -> Void)
        case await(
            Digest, expiry: Timestamp?, deadline: Instant, look: @Sendable (ReceiptWaiters.Number) -> Void,
            answer: @Sendable (ReceiptAnswer) -> Void)
        /// The transaction was found elsewhere.
        case found(Digest, LocatedTransaction)
        /// The waiter's transaction was in no block when it began to wait.
        case notFound(ReceiptWaiters.Number)
        /// Whether there is such a block could not be found out.
        case unknown(ReceiptWaiters.Number)
        /// Somebody waits for block time to pass this.
        case awaitTime(Timestamp)
        /// The journal is long: say what is still needed of it.
        case release
        /// The state's members are these now.
        case members(Membership)
        /// Take nothing new, and bring what was taken to its end.
        case drain
    }

    /// What a replica thread is made with.
    struct Parts {
        let replica: NetworkReplica
        /// The newest committed block.
        let committed: Head
        let limits: ChainLimits
        let recent: RecentBlocks
        let verifier: PooledVerifier
        let keys: [any SigningKey]
        let threads: NodeThreads
        let room: DiskRoom
        let unlogged: UnloggedBlocks
        /// Nil for a node alone.
        let peers: PeerService?
        /// The chain's members in the state that was recovered; nil on a chain without.
        let membership: Membership?
        let server: PeerServer
        let metrics: NodeMetrics
        let notice: @Sendable (NodeNotice) -> Void
        let onDrained: @Sendable () -> Void
    }

    let recent: RecentBlocks
    let commits = CommitWatch()
    /// What the replica says of itself, for others to read.
    let state: Mutex<ReplicaState>
    private(set) var replica: NetworkReplica
    let parts: Parts
    let threads: NodeThreads
    /// Certificates that peers have asked for and that are not read yet.
    private let openCertificates = OpenQuestions(countMax: NodeLimits.servedCertificatesMax)
    private var timers = TimerQueue()
    private var tickets: [Ticket: @Sendable ([Rejection?]) -> Void] = [:]
    private var nextTicket: Ticket = 0
    private var waiters = ReceiptWaiters()
    private var expiries = AwaitedExpiries()
    /// What waits for a height, ascending by height as questions are answered in order.
    private var gated: [(height: UInt64, body: @Sendable () -> Void)] = []
    /// What goes to peers once all that waited is done.
    private var outgoing: [PeerService.Outgoing] = []
    private var committedHeight: UInt64
    private var blockTime: Timestamp
    /// In the state after what was last executed.
    var membership: Membership?
    /// When it looks again at who is connected.
    var nextLook = Instant(nanoseconds: 0)
    private var lastTick = Instant(nanoseconds: 0)
    private var trace: TransactionTrace
    /// When it said last how far it is behind; nil if it isn't, or not far.
    private var toldLag: Instant?
    private var clockWatch = ClockWatch()
    private var isDraining = false
    private var isDrained = false
    /// Whether the replica is to come to a point where nothing waits to be durable. What could make it write more waits.
    private var isReleasing = false
    private var deferred: [NetworkReplicaInput] = []

    init(_ parts: Parts) {
        self.parts = parts
        recent = parts.recent
        replica = parts.replica
        threads = parts.threads
        membership = parts.membership
        trace = TransactionTrace(parts.metrics)
        committedHeight = parts.committed.height
        blockTime = parts.committed.time
        state = Mutex(ReplicaState(parts.replica, after: nil))
    }

    func start() throws(NetworkingError) -> DedicatedThread {
        threads.replica.send(.input(.start))
        let wait: @Sendable () -> UInt64? = { [self] in waitMilliseconds }
        return try threads.replica.start(waitMilliseconds: wait, fail: threads.fail) { [self] messages in
            let now = SystemClock.now
            var submissions: [Submission] = []
            for message in messages { handle(message, &submissions, now) }
            submit(&submissions, now)
            fire(now)
            tick(now)
            finish()
        }
    }

    private var waitMilliseconds: UInt64 {
        guard let next = timers.next, !isReleasing else { return NodeLimits.tickMilliseconds }
        let now = SystemClock.monotonic
        guard next > now else { return 0 }
        return min(NodeLimits.tickMilliseconds, (next.nanoseconds - now.nanoseconds + 999_999) / 1_000_000)
    }

    /// Submissions that come one after another are gathered, so that their signatures are checked together.
    private func handle(_ message: Message, _ submissions: inout [Submission], _ now: ClockReading) {
        switch message {
        case .input(let input):
            submit(&submissions, now)
            give(input, now)
        case .submit(let transactions, let since, let answer):
            tickets[nextTicket] = answer
            trace.submitted(transactions, nextTicket, begun: since)
            submissions.append(Submission(ticket: nextTicket, transactions: transactions))
            nextTicket += 1
        case .atHeight(let height, let body):
            if height <= committedHeight { body() } else { gated.append((height, body)) }
        case .await(let identity, let expiry, let deadline, let look, let answer):
            guard let number = waiters.add(identity, expiry: expiry, deadline: deadline, answer: answer) else {
                return answer(.pending)
            }
            // It may have been committed before; whichever is first answers.
            look(number)
        case .notFound(let number): waiters.markSearched(number)
        case .unknown(let number): waiters.give(.pending, to: number)
        case .found(let identity, let located): waiters.resolve(identity, .found(located))
        case .awaitTime(let time): expiries.insert(time, at: now.wall, limits: parts.limits)
        case .release:
            isReleasing = true
            release(now)
        case .members(let membership): take(membership, now)
        case .drain:
            submit(&submissions, now)
            isDraining = true
            run(.refuse(.stopping), now)
            // What is in the logs is at its end.
            threads.archive.send(.sync(thenRelease: false))
        }
    }

    private func submit(_ submissions: inout [Submission], _ now: ClockReading) {
        guard !submissions.isEmpty else { return }
        run(.submit(submissions), now)
        submissions = []
    }

    /// What could have something written waits as long as nothing is to be.
    private func give(_ input: NetworkReplicaInput, _ now: ClockReading) {
        if case .refuse = input, isDraining { return }
        guard isReleasing else { return run(input, now) }
        switch input {
        case .persisted, .refuse, .hold:
            run(input, now)
            release(now)
        default:
            deferred.append(input)
            // A disk that is full may take for ever.
            if deferred.count >= NodeLimits.deferredInputsMax { goOn(now) }
        }
    }

    /// Says what is needed of the journal, if nothing waits to be durable.
    private func release(_ now: ClockReading) {
        guard replica.isDurable else { return }
        threads.journal.send(.release(live: replica.liveRecords))
        goOn(now)
    }

    private func goOn(_ now: ClockReading) {
        isReleasing = false
        let inputs = deferred
        deferred = []
        for input in inputs { run(input, now) }
    }

    private func fire(_ now: ClockReading) {
        guard !isReleasing else { return }
        while let token = timers.popDue(at: now.monotonic) { run(.timer(token), now) }
    }

    private func tick(_ now: ClockReading) {
        guard now.monotonic >= lastTick.advanced(byMilliseconds: NodeLimits.tickMilliseconds) else { return }
        lastTick = now.monotonic
        parts.room.setWaiting(byteCount: replica.waitingByteCount)
        lookAtPeers(now)
        tellLag(now)
        // Block time must pass what has expired by the clock, however far ahead others' expiries are.
        if let expiry = waiters.sweep(blockTime: blockTime, now: now) {
            expiries.insert(expiry, at: now.wall, limits: parts.limits)
        }
        expiries.advance(to: blockTime)
        if let expiry = expiries.first, expiry < now.wall, !isDraining { give(.passTime, now) }
    }

    /// Tells, while the node is far behind, how far, and when it no longer is.
    private func tellLag(_ now: ClockReading) {
        let lag = replica.lag
        if let told = toldLag {
            guard now.monotonic >= told.advanced(byMilliseconds: NodeLimits.catchingUpNoticeMilliseconds) else {
                return
            }
            toldLag = lag.count > 0 ? now.monotonic : nil
            parts.notice(lag.count > 0 ? .catchingUp(lag) : .caughtUp(height: committedHeight))
        } else if lag.count >= NodeLimits.catchingUpNoticeMin {
            toldLag = now.monotonic
            parts.notice(.catchingUp(lag))
        }
    }

    /// Sends what is to be sent, and shows what the replica is now.
    private func finish() {
        if !outgoing.isEmpty {
            parts.peers?.send(outgoing)
            outgoing.removeAll(keepingCapacity: true)
        }
        state.withLock { $0 = ReplicaState(replica, after: $0) }
        guard isDraining, !isDrained, replica.isDrained else { return }
        isDrained = true
        parts.onDrained()
    }
}

// MARK: - Effects

extension ReplicaThread {
    /// Gives the replica an input, and does what it asks for; some of it gives a further input at once.
    func run(_ input: NetworkReplicaInput, _ now: ClockReading) {
        switch input {
        case .message(let node, let bytes): parts.peers?.taken(from: node, byteCount: bytes.count)
        case .executed(let decision): trace.executed(decision.number, at: now.monotonic)
        default: break
        }
        var inputs = [input]
        var next = 0
        let epoch = replica.epoch.number
        while next < inputs.count {
            var effects: [NetworkReplicaEffect] = []
            replica.handle(inputs[next], at: now, into: &effects)
            next += 1
            for effect in effects {
                if let further = perform(effect, now) { inputs.append(further) }
            }
        }
        if replica.epoch.number != epoch { updateRoster(now) }
    }

    private func perform(_ effect: NetworkReplicaEffect, _ now: ClockReading) -> NetworkReplicaInput? {
        switch effect {
        case .send(let nodes, let bytes): outgoing.append(PeerService.Outgoing(to: nodes, bytes))
        case .setTimer(let token, let milliseconds):
            timers.insert(token, at: now.monotonic.advanced(byMilliseconds: milliseconds))
        case .persist(let request, let records): threads.journal.send(.persist(request: request, records))
        case .sign(let token, let digest, let key): return sign(token, digest, by: key)
        case .verify(let token, let checks):
            parts.verifier.submit(checks) { [threads] mask in threads.replica.send(.input(.verified(token, mask))) }
        case .answer(let ticket, let rejections):
            let rejected = rejections.count { $0 != nil }
            parts.metrics.rejected.add(rejected)
            parts.metrics.taken.add(rejections.count - rejected)
            trace.answered(ticket, rejections, at: now.monotonic)
            tickets.removeValue(forKey: ticket)?(rejections)
        // Nobody asks the replica yet what is decided by now.
        case .readable: break
        case .execute(let decision):
            trace.ordered(decision, at: now.monotonic)
            threads.executor.send(.execute(decision))
        case .replay(let block, let isLastOfEpoch):
            threads.executor.send(.replay(block, isLastOfEpoch: isLastOfEpoch))
        case .followed(let block): committed(nil, [block], now)
        case .committed(let decision, let blocks):
            trace.committed(decision.record.number, at: now.monotonic)
            committed(decision, blocks, now)
        case .serveDecisions, .serveBlocks, .serveCertificate, .serveEpochEnd, .serveJoiner: serve(effect)
        case .evidence(_, let epoch): parts.notice(.evidence(epoch: epoch))
        case .refused(let node, let fault): parts.peers?.report(node, fault)
        case .entered(let epoch):
            threads.archive.send(.enter(epoch: epoch.number))
            parts.notice(.entered(epoch))
        case .isRelieved(let epoch): parts.notice(.relieved(epoch: epoch))
        case .isOldCopy: parts.notice(.oldCopy)
        case .halted(let reason): threads.fail(.halted(reason))
        }
        return nil
    }

    private func sign(_ token: WorkToken, _ digest: Digest, by key: PublicKey) -> NetworkReplicaInput? {
        guard let own = parts.keys.first(where: { $0.publicKey == key }) else {
            threads.fail(.notACertifier(key))
            return nil
        }
        do throws(KeyError) { return .signed(token, try own.sign(digest)) } catch {
            threads.fail(.key(error))
            return nil
        }
    }

    /// Has what a peer lacks read and sent, on a thread that may take its time.
    private func serve(_ effect: NetworkReplicaEffect) {
        let epoch = replica.epoch.number
        // How much else a peer asks for the replica bounds; what is lost is asked for again.
        let isCertificate = if case .serveCertificate = effect { true } else { false }
        guard !isCertificate || openCertificates.begin() else { return }
        let serve: @Sendable (EpochView?) -> Void = { [parts, threads, openCertificates] epochs in
            threads.reader.send {
                defer { if isCertificate { openCertificates.end() } }
                if let served = parts.server.serve(effect, epoch: epoch, epochs, by: parts.peers) {
                    threads.replica.send(.input(served))
                }
            }
        }
        // Only the executor knows the newest state.
        guard case .serveJoiner(_, .fetchHandOvers(let first)) = effect else { return serve(nil) }
        threads.executor.send(.ask { executor throws(StateUnavailable) in serve(try executor.epochView(from: first)) })
    }

    /// Tells everybody who waits for it, and has the blocks logged.
    private func committed(_ decision: LoggedDecision?, _ blocks: [CommittedBlock], _ now: ClockReading) {
        // With its receipt and its writes a transaction takes about three times its own bytes.
        let byteCounts = blocks.map { $0.certified.block.transactions.reduce(1024) { $0 + 3 * $1.byteCount } }
        let byteCount = byteCounts.reduce(0, +)
        parts.unlogged.add(byteCount: byteCount)
        threads.archive.send(.append(decision, blocks, byteCount: byteCount))
        if isDraining { threads.archive.send(.sync(thenRelease: false)) }
        for (block, byteCount) in zip(blocks, byteCounts) {
            recent.append(block, byteCount: byteCount)
            committedHeight = block.height
            blockTime = block.header.time
            count(block.certified)
        }
        if !blocks.isEmpty, let ahead = clockWatch.look(blockTime, isLevel: toldLag == nil, now) {
            parts.notice(.clockDiffers(aheadMilliseconds: ahead))
        }
        let open = gated.prefix { $0.height <= committedHeight }
        for item in open { item.body() }
        gated.removeFirst(open.count)
        commits.tell(committedHeight)
        guard !waiters.isEmpty else { return }
        for block in blocks {
            for (index, signed) in block.certified.block.transactions.enumerated()
            where waiters.isAwaited(signed.identity) {
                waiters.resolve(signed.identity, .found(LocatedTransaction(in: block, at: index)))
            }
        }
    }
}

extension ReplicaThread {
    private func count(_ block: CertifiedBlock) {
        parts.metrics.blocks.add()
        let failed = block.receipts.count { if case .failure = $0.outcome { true } else { false } }
        parts.metrics.failed.add(failed)
        parts.metrics.succeeded.add(block.receipts.count - failed)
    }
}

/// What a replica says of itself.
package struct ReplicaState: Hashable, Sendable {
    package enum Stage: Sendable {
        case starting, running, following
    }

    package let stage: Stage
    package let epoch: UInt64
    /// Of its configuration.
    package let epochDigest: Digest
    package let engine: EngineKind
    package let view: UInt64
    /// By its place among the epoch's orderers.
    package let leader: PublicKey?
    package let certifiedHeight: UInt64
    /// Whether something is decided and not certified.
    package let hasUncertified: Bool
    package let backlog: ReplicaBacklog
    package let lag: ReplicaLag

    init(_ replica: NetworkReplica, after before: ReplicaState?) {
        let epoch = replica.epoch
        // Made once: this is asked for after all that the thread does.
        epochDigest = before?.epoch == epoch.number ? before?.epochDigest ?? .zero : replica.epochDigest
        stage = replica.isFollowing ? .following : replica.isRunning ? .running : .starting
        self.epoch = epoch.number
        engine = epoch.engine
        view = replica.status.view
        leader = replica.status.leader.flatMap {
            Int($0) < epoch.orderers.count ? epoch.orderers[Int($0)] : nil
        }
        certifiedHeight = replica.certifiedHeight
        hasUncertified = replica.hasUncertified
        (backlog, lag) = (replica.backlog, replica.lag)
    }
}

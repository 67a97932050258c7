internal import Cryptography
internal import Ledger
internal import Networking
internal import Primitives
internal import Replica
internal import Storage

/// Owns the replica: gives it its inputs, and does or hands on what it asks for.
///
/// It is `@unchecked Sendable` because everything but `recent` and `commits` is touched on its thread only.
final class ReplicaThread: @unchecked Sendable {
    enum Message: Sendable {
        case input(ReplicaInput)
        case submit([SignedTransaction], @Sendable ([Rejection?]) -> Void)
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
    }

    let recent: RecentBlocks
    let commits = CommitWatch()
    private var replica: Replica
    private let verifier: PooledVerifier
    private let key: any SigningKey
    private let threads: NodeThreads
    private let room: DiskRoom
    private let unlogged: UnloggedBlocks
    private let onDrained: @Sendable () -> Void
    private var tickets: [Ticket: @Sendable ([Rejection?]) -> Void] = [:]
    private var nextTicket: Ticket = 0
    private var waiters = ReceiptWaiters()
    /// What waits for a height, ascending by height as questions are answered in order.
    private var gated: [(height: UInt64, body: @Sendable () -> Void)] = []
    private var committedHeight: UInt64
    private var blockTime: Timestamp
    private var lastTick = Instant(nanoseconds: 0)
    private var isDrained = false

    init(
        replica: Replica, committed: Head, recent: RecentBlocks, verifier: PooledVerifier, key: any SigningKey,
        threads: NodeThreads, room: DiskRoom, unlogged: UnloggedBlocks, onDrained: @escaping @Sendable () -> Void
    ) {
        self.recent = recent
        self.replica = replica
        self.verifier = verifier
        self.key = key
        self.threads = threads
        self.room = room
        self.unlogged = unlogged
        self.onDrained = onDrained
        committedHeight = committed.height
        blockTime = committed.time
    }

    func start() throws(NetworkingError) -> DedicatedThread {
        threads.replica.send(.input(.start))
        return try threads.replica.start(waitMilliseconds: NodeLimits.tickMilliseconds, fail: threads.fail) {
            [self] messages in
            let now = SystemClock.now
            var submissions: [Submission] = []
            for message in messages { handle(message, &submissions, now) }
            submit(&submissions, now)
            tick(now)
        }
    }

    /// Submissions that come one after another are gathered, so that their signatures are checked together.
    private func handle(_ message: Message, _ submissions: inout [Submission], _ now: ClockReading) {
        switch message {
        case .input(let input):
            submit(&submissions, now)
            run(input, now)
        case .submit(let transactions, let answer):
            tickets[nextTicket] = answer
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
        }
    }

    private func submit(_ submissions: inout [Submission], _ now: ClockReading) {
        guard !submissions.isEmpty else { return }
        run(.submit(submissions), now)
        submissions = []
    }

    private func tick(_ now: ClockReading) {
        guard now.monotonic >= lastTick.advanced(byMilliseconds: NodeLimits.tickMilliseconds) else { return }
        lastTick = now.monotonic
        room.setWaiting(byteCount: replica.waitingByteCount)
        // Block time must pass what has expired by the clock, however far ahead others' expiries are.
        if let expiry = waiters.sweep(blockTime: blockTime, now: now) { run(.waiting(until: expiry), now) }
        run(.tick, now)
    }
}

// MARK: - Effects

extension ReplicaThread {
    /// Gives the replica an input, and does what it asks for; signing gives a further input at once.
    private func run(_ input: ReplicaInput, _ now: ClockReading) {
        var inputs = [input]
        while !inputs.isEmpty {
            var effects: [ReplicaEffect] = []
            replica.handle(inputs.removeFirst(), at: now, into: &effects)
            for effect in effects {
                if let next = perform(effect) { inputs.append(next) }
            }
        }
    }

    private func perform(_ effect: ReplicaEffect) -> ReplicaInput? {
        switch effect {
        case .answer(let ticket, let rejections): tickets.removeValue(forKey: ticket)?(rejections)
        case .verify(let batch, let checks):
            verifier.submit(checks) { [threads] mask in threads.replica.send(.input(.verified(batch: batch, mask))) }
        case .persist(let request, let records): threads.journal.send(.persist(request: request, records))
        case .execute(let decision): threads.executor.send(.execute(decision))
        case .sign(let height, let digest): return sign(height, digest)
        case .committed(let decision, let blocks): committed(decision, blocks)
        case .drained:
            if !isDrained { onDrained() }
            isDrained = true
        }
        return nil
    }

    private func sign(_ height: UInt64, _ digest: Digest) -> ReplicaInput? {
        do throws(KeyError) {
            return .signed(height: height, try key.sign(digest))
        } catch {
            threads.fail(.key(error))
            return nil
        }
    }

    /// Tells everybody who waits for it, and has the blocks logged.
    private func committed(_ decision: UInt64, _ blocks: [CommittedBlock]) {
        // With its receipt and its writes a transaction takes about three times its own bytes.
        let byteCounts = blocks.map { $0.certified.block.transactions.reduce(1024) { $0 + 3 * $1.byteCount } }
        let byteCount = byteCounts.reduce(0, +)
        unlogged.add(byteCount: byteCount)
        threads.archive.send(.append(decision: decision, blocks, byteCount: byteCount))
        for (block, byteCount) in zip(blocks, byteCounts) {
            recent.append(block, byteCount: byteCount)
            committedHeight = block.height
            blockTime = block.header.time
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

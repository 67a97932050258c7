internal import Contracts
internal import Ledger
internal import Networking
internal import Primitives
internal import Replica
internal import Storage

/// Owns the executor: executes decisions, answers questions about the state, and sets batches apart for the flusher.
///
/// It is `@unchecked Sendable` because the executor and the state are touched on its thread only.
final class ExecutorThread: @unchecked Sendable {
    enum Message: Sendable {
        case execute(Decision)
        /// A certified block that others have made.
        case replay(Block, isLastOfEpoch: Bool)
        /// Something to ask between decisions.
        case ask(Question)
        /// A batch of the state is written.
        case flushed
    }

    typealias Question = @Sendable (inout Executor) throws(StateUnavailable) -> Void

    private var executor: Executor
    private let state: GroupState
    private let flusher: Flusher
    private enum Work {
        case decision(Decision)
        case block(Block, isLastOfEpoch: Bool)
    }

    /// What waits for the flusher; the engine's window, and that of who follows, bound it.
    private var works: [Work] = []
    /// Questions that wait, from `nextQuestion` on.
    private var questions: [Question] = []
    private var nextQuestion = 0
    private let flushed = Mailbox<FlushBatch>(capacity: 4)
    private let threads: NodeThreads
    private let keepsCheckpoints: Bool
    /// Nil where nobody joins.
    private let snapshotter: Snapshotter?
    /// The epoch of the last state that is to be cut.
    private var snapshotEpoch: UInt64
    /// What the head's state is kept for, if that is not set apart yet. Until it is, nothing is executed.
    private var wanted: StateUses
    /// What the state is kept for that is being set apart.
    private var frozenFor: StateUses = []
    /// Whether any account has an authentication record: told after each decision, before it is answered for.
    private let hasRecords: SharedFlag

    init(
        executor: Executor, state: GroupState, flusher: Flusher, threads: NodeThreads, hasRecords: SharedFlag,
        keepsCheckpoints: Bool, snapshotter: Snapshotter?, owesSnapshot: Bool
    ) {
        self.keepsCheckpoints = keepsCheckpoints
        self.snapshotter = snapshotter
        snapshotEpoch = snapshotter?.newest?.epoch ?? executor.genesis.epoch.number
        wanted = owesSnapshot ? .snapshot : []
        self.hasRecords = hasRecords
        self.executor = executor
        self.state = state
        self.flusher = flusher
        self.threads = threads
    }

    func start() throws(NetworkingError) -> DedicatedThread {
        // A state that can't be read shows at the first decision.
        try? tellRecords()
        // With something to do it does not wait for messages.
        let wait: @Sendable () -> UInt64? = { [self] in questions.isEmpty && !executor.isFreezing ? nil : 0 }
        return try threads.executor.start(waitMilliseconds: wait, fail: threads.fail) {
            [self] messages throws(NodeError) in
            do throws(StateUnavailable) {
                for message in messages { take(message) }
                try executeWorks()
                try answerQuestions()
            } catch {
                throw NodeError.execution(error.description)
            }
        }
    }

    private func tellRecords() throws(StateUnavailable) {
        // It never becomes false again.
        if !hasRecords.isSet { hasRecords.isSet = try executor.authority().hasRecords }
    }

    private func tellMembers(_ executed: ExecutedDecision) throws(StateUnavailable) {
        let isChanged = executed.blocks.contains { $0.writes.all.contains(where: \.key.isOfMembers) }
        guard isChanged, let membership = try executor.membership() else { return }
        threads.replica.send(.members(membership))
    }

    private func take(_ message: Message) {
        switch message {
        case .execute(let decision): works.append(.decision(decision))
        case .replay(let block, let isLastOfEpoch): works.append(.block(block, isLastOfEpoch: isLastOfEpoch))
        case .ask(let question): questions.append(question)
        case .flushed: break
        }
    }

    /// Executes what waits, unless so much waits to be flushed that it must not become more, or a checkpoint waits for
    /// the last flush: then that comes first, and questions are answered meanwhile.
    private func executeWorks() throws(StateUnavailable) {
        flushIfDue()
        while !works.isEmpty, !mustWait {
            let executed: ExecutedDecision
            switch works.removeFirst() {
            case .decision(let decision):
                executed = try executor.execute(decision)
                try tellRecords()
                threads.replica.send(.input(.executed(executed)))
            case .block(let block, let isLastOfEpoch):
                executed = try executor.follow(block, isLastOfEpoch: isLastOfEpoch)
                try tellRecords()
                threads.replica.send(.input(.replayed(executed)))
            }
            try tellMembers(executed)
            note(executed)
            flushIfDue()
        }
    }

    /// Whether the state after a decision is to be kept. Who joins believes only what the newest epoch has certified, or
    /// the end of the one before, and a chain may have nothing else for long: so these are cut, too.
    private func note(_ executed: ExecutedDecision) {
        let holdsCheckpoint = executor.terms.limits.holdsCheckpoint(executed.heights)
        if keepsCheckpoints, holdsCheckpoint { wanted.insert(.checkpoint) }
        guard let snapshotter, let last = executed.blocks.last?.statement else { return }
        let isEdge = last.nextEpoch != .zero || last.epoch > snapshotEpoch
        guard isEdge || holdsCheckpoint && snapshotter.isReady else { return }
        snapshotEpoch = last.epoch
        wanted.insert(.snapshot)
    }

    private var mustWait: Bool {
        !flusher.isFailed && (!wanted.isEmpty || state.store.isOverLimit && state.store.isFlushing)
    }

    /// Answers questions for a while. Decisions come first: no number of questions may keep them waiting for long.
    private func answerQuestions() throws(StateUnavailable) {
        let end = SystemClock.monotonic.advanced(byMilliseconds: NodeLimits.questionSliceMilliseconds)
        while nextQuestion < questions.count, SystemClock.monotonic < end {
            let question = questions[nextQuestion]
            nextQuestion += 1
            try question(&executor)
        }
        guard nextQuestion == questions.count else { return }
        questions.removeAll()
        nextQuestion = 0
    }

    /// Hands changes to the flusher when there are enough of them, or the head is a checkpoint.
    private func flushIfDue() {
        takeFlushed(waitMilliseconds: 0)
        continueFlush(pagesMax: NodeLimits.frozenPagesTogetherMax)
        if !wanted.isEmpty || state.store.isOverLimit { continueFlush(pagesMax: .max) }
        if !wanted.isEmpty || state.store.shouldFlush && (!isCheckpointNear || state.store.isOverLimit) { beginFlush() }
    }

    private func beginFlush() {
        guard executor.beginFreeze() else { return }
        (frozenFor, wanted) = (wanted, [])
    }

    /// Whether the next checkpoint is so near that it would have to wait for a flush that began now.
    private var isCheckpointNear: Bool {
        guard keepsCheckpoints else { return false }
        let interval = UInt64(executor.terms.limits.checkpointInterval)
        let quiet = min(NodeLimits.quietBlocksBeforeCheckpoint, interval / NodeLimits.quietIntervalDivisor)
        return interval - executor.head.height % interval <= quiet
    }

    private func continueFlush(pagesMax: Int) {
        guard let batch = executor.continueFreeze(pagesMax: pagesMax) else { return }
        threads.flusher.send(
            Flusher.Message(batch: batch, uses: frozenFor) { [flushed, threads] in
                _ = flushed.send(batch)
                threads.executor.send(.flushed)
            })
    }

    private func takeFlushed(waitMilliseconds: UInt64?) {
        for batch in flushed.takeAll(waitMilliseconds: waitMilliseconds) ?? [] { state.store.flushed(batch) }
    }

    /// Has everything flushed, when the thread has ended.
    func flushAtEnd() {
        continueFlush(pagesMax: .max)
        waitForFlusher()
        beginFlush()
        continueFlush(pagesMax: .max)
        waitForFlusher()
    }

    private func waitForFlusher() {
        while state.store.isFlushing, !flusher.isFailed {
            takeFlushed(waitMilliseconds: NodeLimits.flushPollMilliseconds)
        }
    }
}

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
        /// Something to ask between decisions.
        case ask(Question)
        /// A batch of the state is written.
        case flushed
    }

    typealias Question = @Sendable (inout Executor) throws(StateUnavailable) -> Void

    private var executor: Executor
    private let state: GroupState
    private let flusher: Flusher
    /// Decisions that wait for the flusher; the engine's window bounds them.
    private var decisions: [Decision] = []
    /// Questions that wait, from `nextQuestion` on.
    private var questions: [Question] = []
    private var nextQuestion = 0
    private let flushed = Mailbox<FlushBatch>(capacity: 4)
    private let threads: NodeThreads
    /// Whether any account has an authentication record: told after each decision, before it is answered for.
    private let hasRecords: SharedFlag

    init(
        executor: Executor, state: GroupState, flusher: Flusher, threads: NodeThreads, hasRecords: SharedFlag
    ) {
        self.hasRecords = hasRecords
        self.executor = executor
        self.state = state
        self.flusher = flusher
        self.threads = threads
    }

    func start() throws(NetworkingError) -> DedicatedThread {
        // A state that can't be read shows at the first decision.
        try? tellRecords()
        // With questions waiting it does not wait for messages.
        return try threads.executor.start(waits: { [self] in questions.isEmpty }, fail: threads.fail) {
            [self] messages throws(NodeError) in
            do throws(StateUnavailable) {
                for message in messages { take(message) }
                try executeDecisions()
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

    private func take(_ message: Message) {
        switch message {
        case .execute(let decision): decisions.append(decision)
        case .ask(let question): questions.append(question)
        case .flushed: break
        }
    }

    /// Executes what waits, unless so much waits to be flushed that it must not become more: then that comes first, and
    /// questions are answered meanwhile.
    private func executeDecisions() throws(StateUnavailable) {
        takeFlushed(waitMilliseconds: 0)
        while !decisions.isEmpty, !(state.store.isOverLimit && state.store.isFlushing && !flusher.isFailed) {
            let executed = try executor.execute(decisions.removeFirst())
            try tellRecords()
            threads.replica.send(.input(.executed(executed)))
            flushIfDue()
        }
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

    /// Hands changes to the flusher when there are enough of them.
    private func flushIfDue() {
        takeFlushed(waitMilliseconds: 0)
        continueFlush(pagesMax: NodeLimits.frozenPagesTogetherMax)
        if state.store.isOverLimit { continueFlush(pagesMax: .max) }
        if state.store.shouldFlush { _ = executor.beginFreeze() }
    }

    private func continueFlush(pagesMax: Int) {
        guard let batch = executor.continueFreeze(pagesMax: pagesMax) else { return }
        threads.flusher.send(
            Flusher.Message(batch: batch) { [flushed, threads] in
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
        _ = executor.beginFreeze()
        continueFlush(pagesMax: .max)
        waitForFlusher()
    }

    private func waitForFlusher() {
        while state.store.isFlushing, !flusher.isFailed {
            takeFlushed(waitMilliseconds: NodeLimits.flushPollMilliseconds)
        }
    }
}

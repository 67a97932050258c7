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
    }

    typealias Question = @Sendable (inout Executor) throws(StateUnavailable) -> Void

    private var executor: Executor
    private let state: GroupState
    private let flusher: Flusher
    /// Questions that wait, from `nextQuestion` on.
    private var questions: [Question] = []
    private var nextQuestion = 0
    private let flushed = Mailbox<FlushBatch>(capacity: 4)
    private let threads: NodeThreads

    init(executor: Executor, state: GroupState, flusher: Flusher, threads: NodeThreads) {
        self.executor = executor
        self.state = state
        self.flusher = flusher
        self.threads = threads
    }

    func start() throws(NetworkingError) -> DedicatedThread {
        // With questions waiting it does not wait for messages.
        try threads.executor.start(waits: { [self] in questions.isEmpty }, fail: threads.fail) {
            [self] messages throws(NodeError) in
            do throws(StateUnavailable) {
                for message in messages { try handle(message) }
                try answerQuestions()
            } catch {
                throw NodeError.execution(error.description)
            }
        }
    }

    private func handle(_ message: Message) throws(StateUnavailable) {
        switch message {
        case .execute(let decision):
            threads.replica.send(.input(.executed(try executor.execute(decision))))
            flushIfDue()
        case .ask(let question): questions.append(question)
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

    /// Hands changes to the flusher when there are enough of them, and waits for it when there are far too many.
    private func flushIfDue() {
        takeFlushed(waitMilliseconds: 0)
        continueFlush(pagesMax: NodeLimits.frozenPagesTogetherMax)
        if state.store.isOverLimit { continueFlush(pagesMax: .max) }
        while state.store.isOverLimit, state.store.isFlushing, !flusher.isFailed {
            takeFlushed(waitMilliseconds: NodeLimits.tickMilliseconds)
        }
        if state.store.shouldFlush { _ = executor.beginFreeze() }
    }

    private func continueFlush(pagesMax: Int) {
        guard let batch = executor.continueFreeze(pagesMax: pagesMax) else { return }
        threads.flusher.send(Flusher.Message(batch: batch) { [flushed] in _ = flushed.send(batch) })
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

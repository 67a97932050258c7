internal import Synchronization

/// A batch on its way through a pool: it collects the answers of its chunks and reports once, when all are there.
final class VerificationBatch: Sendable {
    struct Progress {
        var answers: [Bool]
        var chunksLeft: Int
    }

    private let content: SignatureChunks
    private let history: BatchHistory
    private let progress: Mutex<Progress>
    private let completion: @Sendable ([Bool]) -> Void

    /// What threads take, in this order.
    var chunks: [Range<Int>] { content.ranges }
    var checksCount: Int { content.checks.count }

    /// Demands at least one check, as `completion` is called after the last chunk.
    init(
        _ checks: [SignatureCheck], threadCount: Int, history: BatchHistory,
        completion: @escaping @Sendable ([Bool]) -> Void
    ) {
        content = SignatureChunks(checks, threadCount: threadCount)
        self.history = history
        self.completion = completion
        progress = Mutex(
            Progress(answers: [Bool](repeating: false, count: checks.count), chunksLeft: content.ranges.count))
    }

    /// Verifies one of `chunks`; whoever verifies the last one reports.
    func verify(_ chunk: Range<Int>) {
        var found: [(index: Int, answer: Bool)] = []
        found.reserveCapacity(chunk.count)
        content.verify(chunk, history: history) { found.append(($0, $1)) }
        let complete: [Bool]? = progress.withLock { progress in
            for (index, answer) in found { progress.answers[index] = answer }
            progress.chunksLeft -= 1
            return progress.chunksLeft == 0 ? progress.answers : nil
        }
        if let complete { completion(complete) }
    }
}

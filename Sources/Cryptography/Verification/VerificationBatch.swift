internal import Synchronization

/// A batch on its way through a pool: it collects the answers of its chunks and reports once, when all are there.
final class VerificationBatch: Sendable {
    struct Progress {
        var answers: [Bool]
        var chunksLeft: Int
    }

    let checks: [SignatureCheck]
    /// The ranges that threads take, in order: small batches are shared evenly, large ones go in pieces of the limit.
    let chunks: [Range<Int>]
    private let progress: Mutex<Progress>
    private let completion: @Sendable ([Bool]) -> Void

    /// Demands at least one check, as `completion` is called after the last chunk.
    init(_ checks: [SignatureCheck], threadCount: Int, completion: @escaping @Sendable ([Bool]) -> Void) {
        self.checks = checks
        self.completion = completion
        let share = (checks.count + threadCount - 1) / threadCount
        let size = min(share, VerifierLimits.chunkChecksMax)
        let chunks = stride(from: 0, to: checks.count, by: size).map { $0..<min($0 + size, checks.count) }
        self.chunks = chunks
        progress = Mutex(
            Progress(answers: [Bool](repeating: false, count: checks.count), chunksLeft: chunks.count))
    }

    /// Verifies one of `chunks`; whoever verifies the last one reports.
    func verify(_ chunk: Range<Int>) {
        let answers = checks[chunk].map(\.isValid)
        let complete: [Bool]? = progress.withLock { progress in
            progress.answers.replaceSubrange(chunk, with: answers)
            progress.chunksLeft -= 1
            return progress.chunksLeft == 0 ? progress.answers : nil
        }
        if let complete { completion(complete) }
    }
}

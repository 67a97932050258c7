/// Checks signatures on a fixed number of threads of its own.
///
/// Batches are split into chunks, which the threads take first come, first served. Answers stand in the order of the
/// checks, whichever thread found them. Any number of callers may use one pool at the same time. When too many checks
/// wait (`VerifierLimits.waitingChecksMax`), or the pool is stopped, or the caller is one of the pool's own threads, the
/// caller verifies on its own thread: so nothing is lost, nothing waits for itself, and callers slow down to the pool's
/// pace.
package final class PooledVerifier: SignatureVerifier {
    private struct Chunk {
        let batch: VerificationBatch
        let range: Range<Int>
    }

    private struct Queue {
        /// The chunks from `next` on wait; what is before has been taken.
        var chunks: [Chunk] = []
        var next = 0
        var waitingChecks = 0
        var isStopped = false

        mutating func take() -> Chunk? {
            guard next < chunks.count else { return nil }
            let chunk = chunks[next]
            next += 1
            waitingChecks -= chunk.range.count
            if 2 * next >= chunks.count { dropTaken() }
            return chunk
        }

        /// Lets go of the batches that are done; at half of the array the cost is constant per chunk.
        private mutating func dropTaken() {
            chunks.removeFirst(next)
            next = 0
        }

        mutating func append(_ batch: VerificationBatch) {
            for range in batch.chunks { chunks.append(Chunk(batch: batch, range: range)) }
            waitingChecks += batch.checksCount
        }
    }

    private enum Order {
        case verify(Chunk)
        case end
    }

    private let queue: Monitor<Queue>
    private let threads: [WorkerThread]
    private let waitingChecksMax: Int
    private let history = BatchHistory()

    /// Starts the threads: one for each processor that the caller wants to spend.
    package init(threadCount: Int, waitingChecksMax: Int = VerifierLimits.waitingChecksMax) {
        precondition((1...VerifierLimits.threadsMax).contains(threadCount), "a pool needs 1 to 256 threads")
        self.waitingChecksMax = waitingChecksMax
        let queue = Monitor(Queue())
        self.queue = queue
        threads = (0..<threadCount).map { _ in WorkerThread { Self.work(on: queue) } }
    }

    deinit { stop() }

    /// Waits for the answers.
    package func verify(_ checks: [SignatureCheck]) -> [Bool] {
        let answers = Monitor<[Bool]?>(nil)
        submit(checks) { found in
            answers.withLock { $0 = found }
            answers.wakeAll()
        }
        return answers.waitFor { $0 }
    }

    /// Gives the answers to `completion`, once, on one of the pool's threads, or on the caller's before returning.
    package func submit(_ checks: [SignatureCheck], completion: @escaping @Sendable ([Bool]) -> Void) {
        guard !checks.isEmpty else { return completion([]) }
        let batch = VerificationBatch(
            checks, threadCount: threads.count, history: history, completion: completion)
        if enqueue(batch) { queue.wakeAll() } else { batch.chunks.forEach(batch.verify) }
    }

    private func enqueue(_ batch: VerificationBatch) -> Bool {
        guard !threads.contains(where: \.isCurrent) else { return false }
        return queue.withLock { queue in
            guard !queue.isStopped, queue.waitingChecks + batch.checksCount <= waitingChecksMax else {
                return false
            }
            queue.append(batch)
            return true
        }
    }

    /// Finishes what waits, reports it, and ends the threads. Later batches are verified on their callers' threads.
    package func stop() {
        let isFirst = queue.withLock { queue in
            defer { queue.isStopped = true }
            return !queue.isStopped
        }
        guard isFirst else { return }
        queue.wakeAll()
        threads.forEach { $0.join() }
    }

    private static func work(on queue: Monitor<Queue>) {
        while true {
            let order: Order = queue.waitFor { queue in
                if let chunk = queue.take() { return .verify(chunk) }
                return queue.isStopped ? .end : nil
            }
            guard case .verify(let chunk) = order else { return }
            chunk.batch.verify(chunk.range)
        }
    }
}

internal import Cryptography
package import Ledger
package import Primitives
package import Replica
internal import Storage
internal import Synchronization

/// Why the node did not answer a question.
package enum QuestionError: Error, Sendable {
    case overloaded
    case storage(String)
}

extension Node {
    package typealias Answer<Value> = @Sendable (Result<Value, QuestionError>) -> Void

    /// Takes transactions in. They are answered together, from a thread of the node, which must not be kept: for each
    /// why it was not taken, or nil if it was.
    package func submit(_ transactions: [SignedTransaction], answer: @escaping @Sendable ([Rejection?]) -> Void) {
        guard !threads.replica.offer(.submit(transactions, answer)) else { return }
        answer([Rejection?](repeating: .overloaded, count: transactions.count))
    }

    /// Why no transactions are taken at present; nil if they are.
    package var refusal: Rejection? { room.refusal }

    /// Asks the executor, between decisions. The answer is given once everything that it may depend on is durable, on
    /// a thread that may take its time.
    package func ask<Value: Sendable>(
        _ question: @escaping @Sendable (inout Executor) throws(StateUnavailable) -> Value,
        answer: @escaping Answer<Value>
    ) {
        guard openQuestions.begin() else { return answer(.failure(.overloaded)) }
        threads.executor.send(
            .ask { [threads, openQuestions] executor throws(StateUnavailable) in
                let value = try question(&executor)
                let answered: @Sendable () -> Void = {
                    openQuestions.end()
                    answer(.success(value))
                }
                threads.replica.send(.atHeight(executor.head.height) { threads.reader.send(answered) })
            })
    }

    /// Does something that may read blocks, on a thread that may take its time. False if too much waits.
    package func read(_ body: @escaping @Sendable () -> Void) -> Bool {
        guard openQuestions.begin() else { return false }
        threads.reader.send { [openQuestions] in
            openQuestions.end()
            body()
        }
        return true
    }

    /// A committed block, nil if there is none of this height yet.
    package func block(at height: UInt64) throws(QuestionError) -> CertifiedBlock? {
        if let block = replica.recent.block(at: height) { return block }
        do throws(StorageError) {
            guard let payload = try archive.payload(at: height) else { return nil }
            return try decode(payload, height)
        } catch {
            throw .storage(error.description)
        }
    }

    private func decode(_ payload: [UInt8], _ height: UInt64) throws(StorageError) -> CertifiedBlock {
        do throws(CodingError) {
            return try CertifiedBlock(canonicalBytes: payload, suite: terms.suite)
        } catch {
            throw .damaged(path: "log", offset: error.offset, height: height, what: error.description)
        }
    }

    /// Finds a committed transaction: its block, and its place there.
    package func find(_ transaction: Digest, answer: @escaping Answer<(CertifiedBlock, Int)?>) {
        if let location = replica.recent.location(of: transaction),
            let block = replica.recent.block(at: location.height)
        {
            return answer(.success((block, Int(location.index))))
        }
        ask { executor throws(StateUnavailable) in
            try executor.state.location(of: transaction)
        } answer: { [self] result in
            answer(result.flatMap { location in located(location, of: transaction) })
        }
    }

    private func located(
        _ location: TransactionLocation?, of transaction: Digest
    ) -> Result<(CertifiedBlock, Int)?, QuestionError> {
        guard let location else { return .success(nil) }
        return Result { () throws(QuestionError) in
            let index = Int(location.index)
            guard let block = try block(at: location.height), block.block.transactions.indices.contains(index),
                block.block.transactions[index].identity == transaction
            else {
                throw .storage("the index says that block \(location.height) holds \(transaction), but it does not")
            }
            return (block, index)
        }
    }

    /// Waits until a transaction has a receipt, has expired by block time, or `milliseconds` have passed.
    package func awaitReceipt(
        of transaction: Digest, expiry: Timestamp?, milliseconds: UInt64,
        answer: @escaping @Sendable (ReceiptAnswer) -> Void
    ) {
        let wait = min(milliseconds, NodeLimits.receiptWaitMillisecondsMax)
        let deadline = SystemClock.monotonic.advanced(byMilliseconds: wait)
        let look: @Sendable (ReceiptWaiters.Number) -> Void = { [self] number in
            find(transaction) { [threads] result in
                switch result {
                case .success(let (block, index)?): threads.replica.send(.found(transaction, block, index: index))
                case .success(nil): threads.replica.send(.notFound(number))
                case .failure: threads.replica.send(.unknown(number))
                }
            }
        }
        if !threads.replica.offer(.await(transaction, expiry: expiry, deadline: deadline, look: look, answer: answer)) {
            answer(.pending)
        }
    }

    /// The height of the newest committed block; 0 before the first.
    package var committedHeight: UInt64 { replica.recent.height ?? archive.height }
}

/// Counts the questions that have no answer yet.
final class OpenQuestions: Sendable {
    private let count = Atomic<Int>(0)

    /// Counts one more; false if there are too many.
    func begin() -> Bool {
        guard count.add(1, ordering: .relaxed).newValue > NodeLimits.questionsMax else { return true }
        end()
        return false
    }

    func end() { count.subtract(1, ordering: .relaxed) }
}

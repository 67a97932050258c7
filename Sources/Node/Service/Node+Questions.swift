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
    /// The state after this block is not kept. With the nearest heights whose states are.
    case notKept(height: UInt64, nearest: [UInt64])
}

extension Node {
    package typealias Answer<Value> = @Sendable (Result<Value, QuestionError>) -> Void

    /// Takes transactions in. They are answered together, from a thread of the node, which must not be kept: for each
    /// why it was not taken, or nil if it was.
    package func submit(_ transactions: [SignedTransaction], answer: @escaping @Sendable ([Rejection?]) -> Void) {
        // Only the state knows whether other keys than those of the addresses act for the signers.
        let needsState =
            hasRecords.isSet
            || !transactions.allSatisfy {
                $0.holdsDerivedKeysOnly(in: terms.suite)
            }
        guard needsState else { return offer(transactions, answer: answer) }
        ask { executor throws(StateUnavailable) in
            let authority = try executor.authority()
            return try transactions.map { (signed) throws(StateUnavailable) in
                try authority.unauthorizedSigner(of: signed)
            }
        } answer: { [self] result in
            switch result {
            case .failure: answer([Rejection?](repeating: .overloaded, count: transactions.count))
            case .success(let unauthorized): offer(transactions, except: unauthorized, answer: answer)
            }
        }
    }

    /// Gives on those for whose signers the keys act, and answers for the others itself.
    private func offer(
        _ transactions: [SignedTransaction], except unauthorized: [Address?],
        answer: @escaping @Sendable ([Rejection?]) -> Void
    ) {
        let refused = unauthorized.map { $0.map { Rejection.notAuthorized(account: $0) } }
        let rest = transactions.indices.filter { refused[$0] == nil }
        guard !rest.isEmpty else { return answer(refused) }
        offer(rest.map { transactions[$0] }) { answers in
            var rejections = refused
            for (index, rejection) in zip(rest, answers) { rejections[index] = rejection }
            answer(rejections)
        }
    }

    private func offer(_ transactions: [SignedTransaction], answer: @escaping @Sendable ([Rejection?]) -> Void) {
        guard !threads.replica.offer(.submit(transactions, since: SystemClock.monotonic, answer)) else { return }
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

    /// The same of the state after an earlier block; nil for the newest. The block must be committed, and the question
    /// must execute nothing. It is asked and answered on a thread that may take its time.
    package func ask<Value: Sendable>(
        at height: UInt64?, _ question: @escaping @Sendable (inout Executor) throws(StateUnavailable) -> Value,
        answer: @escaping Answer<Value>
    ) {
        guard let height else { return ask(question, answer: answer) }
        guard earlierQuestions.begin() else { return answer(.failure(.overloaded)) }
        threads.earlier.send(
            .ask { [earlierQuestions] states in
                defer { earlierQuestions.end() }
                answer(
                    Result { () throws(EarlierStateError) in try states.ask(at: height, question) }
                        .mapError(QuestionError.init))
            })
    }

    /// The heights whose states are kept whole, ascending.
    package func checkpointHeights() throws(QuestionError) -> [UInt64] {
        do throws(StorageError) { return try checkpoints?.store.heights() ?? [] } catch {
            throw .storage(error.description)
        }
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
        if let block = replica.recent.block(at: height) { return block.certified }
        return try reading(height) { () throws(BlockRecordError) in try archive.block(at: height)?.certified }
    }

    /// A committed transaction by its place, with what it wrote; nil if there is none. Reads no more of the block
    /// than it must.
    package func transaction(at location: TransactionLocation) throws(QuestionError) -> LocatedTransaction? {
        let index = Int(location.index)
        if let block = replica.recent.block(at: location.height) {
            return block.certified.receipts.indices.contains(index) ? LocatedTransaction(in: block, at: index) : nil
        }
        return try reading(location.height) { () throws(BlockRecordError) in
            guard var reader = try archive.reader(at: location.height), index < reader.transactionCount else {
                return nil
            }
            return LocatedTransaction(
                header: reader.header, blockHash: reader.certificate.statement.blockHash, index: index,
                entry: try reader.entry(at: index, in: terms.suite))
        }
    }

    /// The identities of a committed block's transactions, in their order; nil if there is no such block.
    package func identities(at height: UInt64) throws(QuestionError) -> [Digest]? {
        if let block = replica.recent.block(at: height) { return block.certified.block.transactions.map(\.identity) }
        return try reading(height) { () throws(BlockRecordError) in try archive.reader(at: height)?.identities() }
    }

    private func reading<Value>(
        _ height: UInt64, _ body: () throws(BlockRecordError) -> Value?
    ) throws(QuestionError) -> Value? {
        do throws(BlockRecordError) { return try body() } catch { throw .storage("block \(height): \(error)") }
    }

    /// Finds a committed transaction.
    package func find(_ transaction: Digest, answer: @escaping Answer<LocatedTransaction?>) {
        if let location = replica.recent.location(of: transaction),
            let block = replica.recent.block(at: location.height)
        {
            return answer(.success(LocatedTransaction(in: block, at: Int(location.index))))
        }
        let isTaken = read { [self] in
            answer(Result { () throws(QuestionError) in try lookUp(transaction) })
        }
        if !isTaken { answer(.failure(.overloaded)) }
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
                case .success(let located?): threads.replica.send(.found(transaction, located))
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

extension QuestionError {
    init(_ error: EarlierStateError) {
        switch error {
        case .notKept(let height, let nearest): self = .notKept(height: height, nearest: nearest)
        case .stopping: self = .overloaded
        case .unavailable(let height, let text): self = .storage("the state after block \(height): \(text)")
        }
    }
}

/// Counts the questions that have no answer yet.
final class OpenQuestions: Sendable {
    private let count = Atomic<Int>(0)
    private let countMax: Int

    init(countMax: Int) { self.countMax = countMax }

    /// Counts one more; false if there are too many.
    func begin() -> Bool {
        guard count.add(1, ordering: .relaxed).newValue > countMax else { return true }
        end()
        return false
    }

    func end() { count.subtract(1, ordering: .relaxed) }
}

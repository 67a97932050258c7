internal import HTTP
package import Ledger
internal import Primitives

/// What became of a transaction that was submitted in bulk.
package enum SubmissionOutcome: Hashable, Sendable {
    /// It is in a block; its receipt says whether it succeeded.
    case included(height: UInt64, Receipt)
    /// Block time has passed its expiry: it never takes effect.
    case expired
    /// The node did not take it.
    case refused(code: Int, reason: String)
    /// Nothing is known; it may still take effect.
    case pending
}

/// Transactions that are submitted together. Used by its connection only.
final class SubmissionBatch {
    let transactions: [SignedTransaction]
    /// For each transaction, nil until known.
    private(set) var outcomes: [SubmissionOutcome?]
    private(set) var openCount: Int
    private var waiter: CheckedContinuation<Void, Never>?

    init(_ transactions: [SignedTransaction]) {
        self.transactions = transactions
        outcomes = Array(repeating: nil, count: transactions.count)
        openCount = transactions.count
    }

    func settle(_ index: Int, _ outcome: SubmissionOutcome) {
        guard outcomes[index] == nil else { return }
        outcomes[index] = outcome
        openCount -= 1
        if openCount == 0 { wake() }
    }

    /// Gives an outcome in another's stead.
    func replace(_ index: Int, _ outcome: SubmissionOutcome) { outcomes[index] = outcome }

    func indices(refusedWith code: Int) -> [Int] {
        outcomes.indices.filter { index in
            if case .refused(code, _) = outcomes[index] { true } else { false }
        }
    }

    /// Forgets refusals for a reason that passes; false if there are none.
    func reopen(refusedWith code: Int) -> Bool {
        let indices = indices(refusedWith: code)
        for index in indices { outcomes[index] = nil }
        openCount += indices.count
        return !indices.isEmpty
    }

    /// Those without outcome, in portions for one message each.
    var openFrames: [[Int]] {
        var frames: [[Int]] = []
        var frame: [Int] = []
        var byteCount = 0
        for index in outcomes.indices where outcomes[index] == nil {
            byteCount += transactions[index].byteCount
            let isFull = frame.count == ClientLimits.bulkTransactionsMax || byteCount > ClientLimits.bulkByteCountMax
            if isFull, !frame.isEmpty {
                frames.append(frame)
                frame = []
                byteCount = transactions[index].byteCount
            }
            frame.append(index)
        }
        return frame.isEmpty ? frames : frames + [frame]
    }

    func wait(_ continuation: CheckedContinuation<Void, Never>) { waiter = continuation }

    func wake() {
        waiter?.resume()
        waiter = nil
    }
}

/// A part of a batch, in one message.
struct SubmissionFrame {
    let batch: SubmissionBatch
    /// Which of the batch's transactions.
    let indices: [Int]
}

extension CairnConnection {
    /// Sends transactions in bulk, and waits for what becomes of each.
    ///
    /// Several calls may wait at the same time. What the node does not take because it is overloaded is sent again, and
    /// so is what was on its way when the connection was lost: the ledger takes no transaction twice.
    package func submit(_ transactions: [SignedTransaction]) async throws(ClientError) -> [SubmissionOutcome] {
        let batch = SubmissionBatch(transactions)
        var tries = 0
        while batch.openCount > 0 {
            let link = try await openForSubmissions()
            for indices in batch.openFrames { await send(SubmissionFrame(batch: batch, indices: indices), on: link) }
            while batch.openCount > 0, self.link?.number == link.number {
                await withCheckedContinuation { batch.wait($0) }
            }
            try await askForDuplicates(in: batch)
            tries += 1
            if tries < ClientLimits.overloadedTriesMax, batch.reopen(refusedWith: Rejection.overloaded.code) {
                try? await Task.sleep(for: .milliseconds(ClientLimits.overloadedMilliseconds))
            }
        }
        return batch.outcomes.map { $0 ?? .pending }
    }

    /// A link that tells of the receipts of what is sent on it.
    private func openForSubmissions() async throws(ClientError) -> Link {
        let link = try await open()
        let subscribing =
            link.ownReceipts
            ?? Task { () -> CallAnswer in
                do throws(ClientError) {
                    return .success(
                        try await call("cairn_subscribe", ["receipts", ["own": true, "format": "binary"]]))
                } catch {
                    return .failure(error)
                }
            }
        if self.link?.number == link.number { self.link?.ownReceipts = subscribing }
        _ = try await subscribing.value.get()
        return link
    }

    private func send(_ frame: SubmissionFrame, on link: Link) async {
        while unanswered.count >= ClientLimits.bulkUnansweredMax, self.link?.number == link.number {
            await withCheckedContinuation { submitters.append($0) }
        }
        guard self.link?.number == link.number else { return }
        let request = nextRequest
        nextRequest += 1
        unanswered[request] = frame
        for index in frame.indices {
            let identity = frame.batch.transactions[index].identity
            // Of the same transaction twice the node refuses the second.
            if awaited[identity] == nil { awaited[identity] = (frame.batch, index) }
        }
        let submission = BulkSubmission(
            request: request, transactions: frame.indices.map { frame.batch.transactions[$0].canonicalBytes })
        await send(.binary(submission.canonicalBytes), on: link)
    }

    func wakeSubmitters() {
        let waiting = submitters
        submitters = []
        for submitter in waiting { submitter.resume() }
    }

    /// What was taken before has its receipt, or will have one that this connection is not told of.
    private func askForDuplicates(in batch: SubmissionBatch) async throws(ClientError) {
        for index in batch.indices(refusedWith: Rejection.duplicate.code) {
            let transaction = batch.transactions[index].transaction
            let identity = batch.transactions[index].identity
            let answer = try await call(
                "cairn_waitForReceipt",
                [.string(identity.description), .unsigned(transaction.expiry.milliseconds)])
            switch (answer["status"]?.stringValue, answer["receipt"].flatMap(TransactionReceipt.init)) {
            case ("expired", _): batch.replace(index, .expired)
            case ("pending", _): batch.replace(index, .pending)
            case (_, let receipt?): batch.replace(index, .included(height: receipt.height, receipt.receipt))
            default: throw CairnClient.malformed("cairn_waitForReceipt")
            }
        }
    }

    // MARK: - From the node

    func answered(_ answer: BulkAnswer) {
        guard let frame = unanswered.removeValue(forKey: answer.request) else { return }
        for refusal in answer.refused where frame.indices.indices.contains(Int(refusal.index)) {
            let index = frame.indices[Int(refusal.index)]
            let identity = frame.batch.transactions[index].identity
            if let own = awaited[identity], own.batch === frame.batch, own.index == index { awaited[identity] = nil }
            frame.batch.settle(index, .refused(code: Int(refusal.code), reason: refusal.text))
        }
        wakeSubmitters()
    }

    func settle(_ receipts: BulkReceipts) {
        for item in receipts.receipts {
            guard let own = awaited.removeValue(forKey: item.receipt.transaction) else { continue }
            own.batch.settle(own.index, .included(height: receipts.height, item.receipt))
        }
        for transaction in receipts.expired {
            guard let own = awaited.removeValue(forKey: transaction) else { continue }
            own.batch.settle(own.index, .expired)
        }
    }
}

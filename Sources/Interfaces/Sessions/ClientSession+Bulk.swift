internal import HTTP
internal import Ledger
internal import Node
internal import Primitives
internal import Synchronization

/// Bounds what waits at the door to be decoded, of all connections together.
final class DoorBudget: Sendable {
    private let byteCount = Atomic<Int>(0)

    func take(_ count: Int) -> Bool {
        guard byteCount.add(count, ordering: .relaxed).newValue > SubscriptionLimits.bulkWaitingBytesMax else {
            return true
        }
        giveBack(count)
        return false
    }

    func giveBack(_ count: Int) { byteCount.subtract(count, ordering: .relaxed) }
}

extension ClientSession {
    /// A bulk submission: decoded at the door, and answered by way of the publisher.
    func received(binary bytes: [UInt8], on connection: WebSocketConnection) {
        charge(byteCount: bytes.count)
        guard door.take(bytes.count) else { return refuseForLoad() }
        let refusal = submissionRefusal()
        let isTaken = node.atDoor { [self] in
            door.giveBack(bytes.count)
            submit(bytes, refusal)
        }
        guard isTaken else {
            door.giveBack(bytes.count)
            return refuseForLoad()
        }
        unansweredCount += 1
        if unansweredCount >= SubscriptionLimits.bulkUnansweredMax { connection.pauseReading() }
    }

    private func refuseForLoad() {
        connection.close(.tryAgainLater, reason: "the node has as many submissions waiting as it may hold")
    }

    /// Why the caller may submit nothing; nil if it may.
    private func submissionRefusal() -> JSONRPCError? {
        do throws(JSONRPCError) {
            try CairnMethod.sendTransactions.require(try rights())
            return nil
        } catch { return error }
    }

    /// On the door's thread.
    private func submit(_ bytes: [UInt8], _ refusal: JSONRPCError?) {
        let submission: BulkSubmission
        do throws(CodingError) {
            submission = try BulkSubmission(canonicalBytes: bytes)
        } catch {
            return connection.close(.policyViolation, reason: "not a bulk submission: \(error)")
        }
        var request = BulkRequest(submission.request)
        if let refusal {
            request.refused = submission.transactions.indices.map { index in
                BulkRefusal(index: UInt32(index), code: Int32(refusal.code), text: refusal.message)
            }
            return submit([], request)
        }
        let check = StatelessCheck(terms: node.terms)
        var transactions: [SignedTransaction] = []
        transactions.reserveCapacity(submission.transactions.count)
        for (index, bytes) in submission.transactions.enumerated() {
            do throws(Rejection) {
                transactions.append(try check.decode(bytes))
                request.places.append(UInt32(index))
            } catch {
                request.refused.append(BulkRefusal(index: index, error))
            }
        }
        submit(transactions, request)
    }

    private func submit(_ transactions: [SignedTransaction], _ request: BulkRequest) {
        let answer: @Sendable ([Rejection?]) -> Void = { [self] rejections in
            publisher.send(.answered(self, transactions, rejections, request))
        }
        guard open(transactions.count) else {
            return answer([Rejection?](repeating: .overloaded, count: transactions.count))
        }
        guard !transactions.isEmpty else { return answer([]) }
        node.submit(transactions, answer: answer)
    }

    /// From the publisher's thread.
    func deliver(_ answer: BulkAnswer) {
        let bytes = BulkReply.answer(answer).canonicalBytes
        connection.loop.post { [self] in
            connection.send(.binary(bytes))
            unansweredCount -= 1
            if unansweredCount < SubscriptionLimits.bulkUnansweredMax { connection.resumeReading() }
        }
    }
}

/// A bulk submission on its way through the node.
struct BulkRequest: Sendable {
    let number: UInt64
    /// Where in the submission the transactions stand that the node was given.
    var places: [UInt32] = []
    /// Those that it was not given, ascending.
    var refused: [BulkRefusal] = []

    init(_ number: UInt64) { self.number = number }

    /// The answer, given why the node did not take what it was given.
    func answer(_ rejections: [Rejection?]) -> BulkAnswer {
        var refused = refused
        for (place, rejection) in zip(places, rejections) {
            if let rejection { refused.append(BulkRefusal(index: Int(place), rejection)) }
        }
        refused.sort { $0.index < $1.index }
        return BulkAnswer(request: number, refused: refused)
    }
}

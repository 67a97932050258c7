internal import HTTP
internal import Ledger
internal import Node
internal import Primitives
internal import Synchronization

extension CairnMethods {
    func sendTransaction(_ json: JSON?, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let bytes = try Parameters(json, names: ["transaction"]).bytes("transaction")
        do throws(Rejection) {
            let signed = try StatelessCheck(terms: node.terms).decode(bytes)
            node.submit([(signed, { @Sendable in reply.give(Self.shown($0)) })])
        } catch {
            throw JSONRPCError(error)
        }
    }

    func sendTransactions(_ json: JSON?, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let list = try Parameters(json, names: ["transactions"]).required(
            "transactions", "an array of at most \(MethodLimits.transactionsMax) transactions"
        ) { json in json.arrayValue.flatMap { $0.count <= MethodLimits.transactionsMax ? $0 : nil } }
        let gathering = Gathering(count: list.count, reply: reply)
        let check = StatelessCheck(terms: node.terms)
        var submissions: [(SignedTransaction, @Sendable (Result<Digest, Rejection>) -> Void)] = []
        for (index, item) in list.enumerated() {
            guard let bytes = Parameters.bytes(item) else {
                gathering.put(.failure(.invalidParameters("a transaction must be hexadecimal digits")), at: index)
                continue
            }
            do throws(Rejection) {
                let signed = try check.decode(bytes)
                submissions.append((signed, { @Sendable in gathering.put(Self.shown($0), at: index) }))
            } catch {
                gathering.put(.failure(JSONRPCError(error)), at: index)
            }
        }
        node.submit(submissions)
    }

    private static func shown(_ result: Result<Digest, Rejection>) -> Result<JSON, JSONRPCError> {
        result.map { LedgerJSON.text($0) }.mapError { JSONRPCError($0) }
    }

    func getTransaction(_ json: JSON?, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let identity = try Parameters(json, names: ["identity"]).digest("identity")
        find(identity, reply, LedgerJSON.transaction)
    }

    func getReceipt(_ json: JSON?, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let identity = try Parameters(json, names: ["identity"]).digest("identity")
        find(identity, reply, LedgerJSON.receipt)
    }

    private func find(
        _ identity: Digest, _ reply: JSONRPCReply, _ show: @escaping @Sendable (LocatedTransaction) -> JSON
    ) {
        node.find(identity) { result in
            reply.give(result.map { $0.map(show) ?? .null }.mapError(JSONRPCError.init))
        }
    }

    /// Answers `committed` or `failed` with the receipt, `expired`, or `pending` when the time is up.
    func waitForReceipt(_ json: JSON?, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let parameters = try Parameters(json, names: ["identity", "expiry", "timeoutMilliseconds"])
        let expiry = try parameters.optional("expiry", "a time in milliseconds", \.uint64Value)
        let wait = try parameters.optional("timeoutMilliseconds", "a number of milliseconds", \.uint64Value)
        node.awaitReceipt(
            of: try parameters.digest("identity"), expiry: expiry.map(Timestamp.init(milliseconds:)),
            milliseconds: wait ?? MethodLimits.receiptWaitMilliseconds
        ) { answer in
            switch answer {
            case .found(let located):
                let status: JSON = if case .success = located.receipt.outcome { "committed" } else { "failed" }
                reply.succeed(["status": status, "receipt": LedgerJSON.receipt(located)])
            case .expired: reply.succeed(["status": "expired"])
            case .pending: reply.succeed(["status": "pending"])
            }
        }
    }
}

/// Gathers the answers to the transactions of one call.
private final class Gathering: Sendable {
    private struct State {
        var answers: [JSON]
        var missing: Int
    }

    private let state: Mutex<State>
    private let reply: JSONRPCReply

    init(count: Int, reply: JSONRPCReply) {
        state = Mutex(State(answers: [JSON](repeating: .null, count: count), missing: count))
        self.reply = reply
        if count == 0 { reply.succeed([]) }
    }

    func put(_ result: Result<JSON, JSONRPCError>, at index: Int) {
        let answer: JSON =
            switch result {
            case .success(let identity): ["identity": identity]
            case .failure(let error):
                ["error": ["code": .integer(error.code), "message": .string(error.message)]]
            }
        let answers: [JSON]? = state.withLock { state in
            state.answers[index] = answer
            state.missing -= 1
            return state.missing == 0 ? state.answers : nil
        }
        if let answers { reply.succeed(.array(answers)) }
    }
}

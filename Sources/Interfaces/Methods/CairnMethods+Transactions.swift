internal import HTTP
internal import Ledger
internal import Node
internal import Primitives

extension CairnMethods {
    func sendTransaction(_ parameters: Parameters, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let bytes = try parameters.bytes("transaction")
        do throws(Rejection) {
            let signed = try StatelessCheck(terms: node.terms).decode(bytes)
            submit([signed]) { rejections in
                reply.give(
                    rejections[0].map { .failure(JSONRPCError($0)) } ?? .success(LedgerJSON.text(signed.identity)))
            }
        } catch {
            throw JSONRPCError(error)
        }
    }

    func sendTransactions(_ parameters: Parameters, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let list = try parameters.required(
            "transactions", "an array of at most \(MethodLimits.transactionsMax) transactions"
        ) { json in json.arrayValue.flatMap { $0.count <= MethodLimits.transactionsMax ? $0 : nil } }
        let check = StatelessCheck(terms: node.terms)
        var answers = [JSON](repeating: .null, count: list.count)
        var submitted: [(index: Int, transaction: SignedTransaction)] = []
        for (index, item) in list.enumerated() {
            guard let bytes = Parameters.bytes(item) else {
                answers[index] = Self.shown(.invalidParameters("a transaction must be hexadecimal digits"))
                continue
            }
            do throws(Rejection) {
                submitted.append((index, try check.decode(bytes)))
            } catch {
                answers[index] = Self.shown(JSONRPCError(error))
            }
        }
        guard !submitted.isEmpty else { return reply.succeed(.array(answers)) }
        submit(submitted.map(\.transaction)) { [answers, submitted] rejections in
            var answers = answers
            for ((index, transaction), rejection) in zip(submitted, rejections) {
                answers[index] =
                    rejection.map { Self.shown(JSONRPCError($0)) }
                    ?? ["identity": LedgerJSON.text(transaction.identity)]
            }
            reply.succeed(.array(answers))
        }
    }

    private static func shown(_ error: JSONRPCError) -> JSON {
        ["error": ["code": .integer(error.code), "message": .string(error.message)]]
    }

    func getTransaction(_ parameters: Parameters, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let identity = try parameters.digest("identity")
        find(identity, reply, LedgerJSON.transaction)
    }

    func getReceipt(_ parameters: Parameters, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let identity = try parameters.digest("identity")
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
    func waitForReceipt(_ parameters: Parameters, _ reply: JSONRPCReply) throws(JSONRPCError) {
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

internal import Contracts
package import HTTP
internal import Ledger
package import Node
internal import Primitives
internal import Replica

/// What a node's JSON-RPC interface answers on every connection. What each method takes and gives is in the table of
/// `MethodDescription`.
///
/// With a height, `cairn_call`, `cairn_getProof`, `cairn_getAccount` and the methods about members ask the state after
/// that block, if it is kept.
///
/// Bytes are hexadecimal digits after `0x`. An answer to a submission means *checked at the door*: what became of the
/// transaction only a receipt says. Subscriptions need a connection that lasts, see `ClientSession`.
package struct CairnMethods: JSONRPCMethods {
    let node: Node
    /// What the caller may do.
    var rights: Rights
    /// Who wants to know what a connection sends; nil for nobody.
    var watch: SubmissionWatch?

    package init(node: Node, rights: Rights = .all) { (self.node, self.rights) = (node, rights) }

    package func call(_ method: String, _ parameters: JSON?, _ reply: JSONRPCReply) {
        do throws(JSONRPCError) {
            guard let known = CairnMethod(rawValue: method) else { throw .methodNotFound(method) }
            try known.require(rights)
            try call(known, try Parameters(parameters, of: known), reply)
        } catch {
            reply.fail(error)
        }
    }

    private func call(
        _ method: CairnMethod, _ parameters: Parameters, _ reply: JSONRPCReply
    ) throws(JSONRPCError) {
        switch method {
        case .chain: try chain(reply)
        case .network: reply.succeed(networkState)
        case .sendTransaction: try sendTransaction(parameters, reply)
        case .sendTransactions: try sendTransactions(parameters, reply)
        case .waitForReceipt: try waitForReceipt(parameters, reply)
        case .getReceipt: try getReceipt(parameters, reply)
        case .getTransaction: try getTransaction(parameters, reply)
        case .getBlock: try getBlock(parameters, reply)
        case .getAccount: try getAccount(parameters, reply)
        case .getHistory: try getHistory(parameters, reply)
        case .getValue: try getValue(parameters, reply)
        case .getTransactionsOfAccount: try getTransactionsOfAccount(parameters, reply)
        case .getEvents: try getEvents(parameters, reply)
        case .call: try call(parameters, reply)
        case .organisations: try organisations(parameters, reply)
        case .proposals: try proposals(parameters, reply)
        case .proposal: try proposal(parameters, reply)
        case .getProof: try getProof(parameters, reply)
        case .subscribe, .unsubscribe:
            throw .invalidRequest("subscriptions need a WebSocket: connect to this address with ws:// or wss://")
        case .discover: reply.succeed(text: InterfaceDescription.text)
        }
    }
}

extension CairnMethod {
    /// Throws unless a caller with these rights may call it.
    func require(_ rights: Rights) throws(JSONRPCError) {
        guard rights != .all, !rights.allow(description.right) else { return }
        throw JSONRPCError(
            .rightMissing, "\(rawValue) needs the right \"\(description.right.name)\", which the caller does not have")
    }
}

/// Learns what a connection sends, and what became of it at the door.
struct SubmissionWatch: Sendable {
    /// Gets how many transactions are about to be sent; false if they are too many.
    let begin: @Sendable (Int) -> Bool
    /// Gets them with their rejections, on a thread of the node, which must not be kept.
    let answered: @Sendable ([SignedTransaction], [Rejection?]) -> Void
}

extension CairnMethods {
    /// Hands transactions to the node.
    func submit(
        _ transactions: [SignedTransaction], answer: @escaping @Sendable ([Rejection?]) -> Void
    ) {
        guard let watch else { return node.submit(transactions, answer: answer) }
        guard watch.begin(transactions.count) else {
            return answer([Rejection?](repeating: .overloaded, count: transactions.count))
        }
        node.submit(transactions) { rejections in
            watch.answered(transactions, rejections)
            answer(rejections)
        }
    }
}

extension JSONRPCError {
    init(_ rejection: Rejection) {
        self.init(code: Int64(rejection.code), message: rejection.description)
    }

    init(_ error: QuestionError) {
        switch error {
        case .overloaded:
            self.init(.overloaded, "the node has as many questions waiting as it may hold; try again later")
        case .storage(let text): self = .internalError(text)
        case .notKept(let height, let nearest):
            self.init(
                .notKept,
                "the state after block \(height) is not kept; the nearest that are kept whole: "
                    + nearest.map { "\($0)" }.joined(separator: ", "))
        }
    }
}

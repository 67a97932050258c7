internal import Contracts
package import HTTP
internal import Ledger
package import Node
internal import Primitives
internal import Replica

/// The methods `cairn_*` of a node's JSON-RPC interface.
///
/// | method | parameters | result |
/// |---|---|---|
/// | `cairn_sendTransaction` | transaction (bytes) | identity |
/// | `cairn_sendTransactions` | transactions (array of bytes) | for each: identity or error |
/// | `cairn_call` | contract, method, arguments, from?, gasLimit?, height? | status, value or failure, gasUsed, height |
/// | `cairn_getTransaction` | identity | the transaction and its place, or null |
/// | `cairn_getReceipt` | identity | the receipt, or null |
/// | `cairn_waitForReceipt` | identity, expiry?, timeoutMilliseconds? | status, receipt? |
/// | `cairn_getBlock` | height or "latest" | the block, or null |
/// | `cairn_getProof` | contract, key and height?, or transaction | a proof that stands on its own |
/// | `cairn_getAccount` | address, height? | what the account holds |
/// | `cairn_getHistory` | contract, key, page | every value that the key has had |
/// | `cairn_getValue` | contract, key, height? | what the key held after that block |
/// | `cairn_getTransactionsOfAccount` | account, page | receipts of what it signed or is named in |
/// | `cairn_getEvents` | contract, name, topic?, page | events |
/// | `cairn_chain` | | the chain's terms and its head |
///
/// A page is fromHeight?, toHeight?, after?, order? ("oldest" or "newest") and limit?; its result is items and next,
/// which is given as "after" for the page behind it, or null.
///
/// With a height, `cairn_call`, `cairn_getProof` and `cairn_getAccount` ask the state after that block, if it is kept.
///
/// Bytes are hexadecimal digits after `0x`. An answer to a submission means *checked at the door*: what became of the
/// transaction only a receipt says.
///
/// Over a WebSocket there are besides, see `ClientSession`:
///
/// | method | parameters | result |
/// |---|---|---|
/// | `cairn_subscribe` | kind, options? | the subscription |
/// | `cairn_unsubscribe` | subscription | whether it was there |
package struct CairnMethods: JSONRPCMethods {
    let node: Node
    /// Who wants to know what a connection sends; nil for nobody.
    var watch: SubmissionWatch?

    package init(node: Node) { self.node = node }

    package func call(_ method: String, _ parameters: JSON?, _ reply: JSONRPCReply) {
        do throws(JSONRPCError) {
            switch method {
            case "cairn_sendTransaction": try sendTransaction(parameters, reply)
            case "cairn_sendTransactions": try sendTransactions(parameters, reply)
            case "cairn_call": try call(parameters, reply)
            case "cairn_getTransaction": try getTransaction(parameters, reply)
            case "cairn_getReceipt": try getReceipt(parameters, reply)
            case "cairn_waitForReceipt": try waitForReceipt(parameters, reply)
            case "cairn_getBlock": try getBlock(parameters, reply)
            case "cairn_getProof": try getProof(parameters, reply)
            case "cairn_getAccount": try getAccount(parameters, reply)
            case "cairn_getHistory": try getHistory(parameters, reply)
            case "cairn_getValue": try getValue(parameters, reply)
            case "cairn_getTransactionsOfAccount": try getTransactionsOfAccount(parameters, reply)
            case "cairn_getEvents": try getEvents(parameters, reply)
            case "cairn_chain": try chain(parameters, reply)
            case "cairn_subscribe", "cairn_unsubscribe":
                throw .invalidRequest("subscriptions need a WebSocket: connect to this address with ws://")
            default: throw .methodNotFound(method)
            }
        } catch {
            reply.fail(error)
        }
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
            self.init(code: -32021, message: "the node has as many questions waiting as it may hold; try again later")
        case .storage(let text): self = .internalError(text)
        case .notKept(let height, let nearest):
            self.init(
                code: -32031,
                message: "the state after block \(height) is not kept; the nearest that are kept whole: "
                    + nearest.map { "\($0)" }.joined(separator: ", "))
        }
    }
}

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
/// | `cairn_call` | contract, method, arguments, from?, gasLimit? | status, value or failure, gasUsed, height |
/// | `cairn_getTransaction` | identity | the transaction and its place, or null |
/// | `cairn_getReceipt` | identity | the receipt, or null |
/// | `cairn_waitForReceipt` | identity, expiry?, timeoutMilliseconds? | status, receipt? |
/// | `cairn_getBlock` | height or "latest" | the block, or null |
/// | `cairn_getProof` | contract and key, or transaction | a proof that stands on its own |
/// | `cairn_getAccount` | address | what the account holds |
/// | `cairn_chain` | | the chain's terms and its head |
///
/// Bytes are hexadecimal digits after `0x`. An answer to a submission means *checked at the door*: what became of the
/// transaction only a receipt says.
package struct CairnMethods: JSONRPCMethods {
    let node: Node

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
            case "cairn_chain": try chain(parameters, reply)
            default: throw .methodNotFound(method)
            }
        } catch {
            reply.fail(error)
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
        }
    }
}

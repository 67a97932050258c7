package import Ledger
internal import Primitives

/// How a contract's method ends other than by returning.
package enum ContractError: Error, Hashable, Sendable {
    /// The contract refuses; what it did is undone, and its caller may go on.
    case failed(Failure)
    /// The whole transaction ends and is undone.
    case outOfGas
    /// The node can't read its state, so that there is no result: not a matter of the contract. The node must stop.
    case stateUnavailable(StateUnavailable)

    package static func failed(_ code: String, _ text: String) -> ContractError {
        .failed(Failure(code: code, text: text))
    }

    /// What the receipt says. Throws where there can be no receipt.
    func failure() throws(StateUnavailable) -> Failure {
        switch self {
        case .failed(let failure): return failure
        case .outOfGas: return Failure(code: "outOfGas", text: "the transaction needs more gas than its limit")
        case .stateUnavailable(let cause): throw cause
        }
    }
}

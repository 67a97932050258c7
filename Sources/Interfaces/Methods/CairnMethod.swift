/// The methods that a node answers, by their names.
///
/// The dispatchers and the description go by it, so that the compiler sees to it that neither leaves one out.
package enum CairnMethod: String, CaseIterable, Sendable {
    case chain = "cairn_chain"
    case network = "cairn_network"
    case sendTransaction = "cairn_sendTransaction"
    case sendTransactions = "cairn_sendTransactions"
    case waitForReceipt = "cairn_waitForReceipt"
    case getReceipt = "cairn_getReceipt"
    case getTransaction = "cairn_getTransaction"
    case getBlock = "cairn_getBlock"
    case getAccount = "cairn_getAccount"
    case getHistory = "cairn_getHistory"
    case getValue = "cairn_getValue"
    case getTransactionsOfAccount = "cairn_getTransactionsOfAccount"
    case getEvents = "cairn_getEvents"
    case call = "cairn_call"
    case organisations = "cairn_organisations"
    case proposals = "cairn_proposals"
    case proposal = "cairn_proposal"
    case getProof = "cairn_getProof"
    case subscribe = "cairn_subscribe"
    case unsubscribe = "cairn_unsubscribe"
    /// The name that OpenRPC gives it.
    case discover = "rpc_discover"
}

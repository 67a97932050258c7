internal import HTTP
internal import Ledger

// MARK: - The chain and its blocks

extension MethodDescription {
    static let chain = MethodDescription(
        .chain, .read, "the chain's terms and its newest block",
        "Before the first block the height is 0 and the block's hash is the genesis' digest.",
        result: ResultDescription("chain", .shared(.chain)), errors: [.overloaded])

    static let network = MethodDescription(
        .network, .operate, "what the node knows of its network",
        """
        Its own number on the list of nodes, how far it is, who leads, and with which peers there is a connection. The \
        peers are those of the list but for the node itself; a node alone has none.
        """,
        result: ResultDescription("network", .shared(.network)), errors: [])

    static let getBlock = MethodDescription(
        .getBlock, .read, "the block of a height", "Null if there is none yet. Heights begin with 1.",
        parameters: [
            .required(
                "height", "a height, or \"latest\"",
                .oneOf([.shared(.unsigned), .constant("latest")], "A height, or the newest block."))
        ], result: ResultDescription("block", .nullable(.shared(.block))), errors: [.overloaded])

    static let getProof = MethodDescription(
        .getProof, .read, "a proof that stands on its own",
        """
        With "contract" and "key": what the state holds at the key, or that it holds nothing. With "transaction": that a \
        block holds it, and its receipt; null if none does.
        """,
        parameters: [
            .optional("contract", "the contract whose key it is", .shared(.address)),
            .optional("key", "the contract's own key", .shared(.bytes)),
            .optional("transaction", "a transaction's identity, instead of the others", .shared(.digest)), height,
        ], result: ResultDescription("proof", .nullable(.shared(.proof))), errors: [.overloaded, .noBlock, .notKept])

    static let call = MethodDescription(
        .call, .read, "a contract's answer, without a transaction",
        "The method sees the state and may not change it.",
        parameters: [
            .required("contract", "whom to call", .shared(.address)),
            .required("method", "the method's name", .text),
            .optional("arguments", "in the coding of the method; none without", .shared(.bytes)),
            .optional("from", "in whose name, which nobody checks; zero without", .shared(.address)),
            .optional("gasLimit", "how much gas it may use; \(MethodLimits.callGas) without", .shared(.unsigned)),
            height,
        ],
        result: ResultDescription(
            "outcome",
            .oneOf(
                [SharedSchema.successMembers, SharedSchema.failureMembers].map { outcome in
                    .object(
                        outcome + [.required("gasUsed", .shared(.unsigned)), .required("height", .shared(.unsigned))])
                })), errors: [.overloaded, .notKept])

    static let getAccount = MethodDescription(
        .getAccount, .read, "who signs for an account, and what it holds",
        parameters: [.required("address", "the account", .shared(.address)), height],
        result: ResultDescription("account", .shared(.account)), errors: [.overloaded, .notKept])

    static let height = ParameterDescription.optional(
        "height", "the state after this block, if it is kept; the newest without", .shared(.unsigned))
}

// MARK: - Transactions

extension MethodDescription {
    private static let identity = ParameterDescription.required(
        "identity", "the transaction's identity", .shared(.digest))

    static let sendTransaction = MethodDescription(
        .sendTransaction, .submit, "hand in a transaction",
        "The answer, its identity, means that it was checked at the door; what becomes of it only its receipt says.",
        parameters: [.required("transaction", "the signed transaction", .shared(.bytes))],
        result: ResultDescription("identity", .shared(.digest)), errors: InterfaceError.rejections)

    static let sendTransactions = MethodDescription(
        .sendTransactions, .submit, "hand in several transactions", "The answers are in the transactions' order.",
        parameters: [
            .required(
                "transactions", "the signed transactions, \(MethodLimits.transactionsMax) at most",
                .array(of: .text, atMost: MethodLimits.transactionsMax))
        ],
        result: ResultDescription(
            "answers",
            .array(
                of: .oneOf([
                    .object([.required("identity", .shared(.digest))]),
                    .object([.required("error", .shared(.transactionError))]),
                ]))))

    static let waitForReceipt = MethodDescription(
        .waitForReceipt, .read, "wait for what becomes of a transaction",
        """
        "committed": it took effect. "failed": it is in a block, but failed. "expired": it never takes effect. \
        "pending": nothing is known within the time.
        """,
        parameters: [
            identity,
            .optional(
                "expiry", "the transaction's, so that the node can tell when it is too late", .shared(.milliseconds)),
            .optional(
                "timeoutMilliseconds", "how long to wait; \(MethodLimits.receiptWaitMilliseconds) without",
                .shared(.unsigned)),
        ],
        result: ResultDescription(
            "end",
            .oneOf([
                .object([
                    .required("status", .constant("committed")), .required("receipt", .shared(.successfulReceipt)),
                ]),
                .object([.required("status", .constant("failed")), .required("receipt", .shared(.failedReceipt))]),
                .object([.required("status", .words(["expired", "pending"]))]),
            ])), errors: [.overloaded])

    static let getReceipt = MethodDescription(
        .getReceipt, .read, "the receipt of a transaction", "Null if no block holds the transaction.",
        parameters: [identity],
        result: ResultDescription("receipt", .nullable(.shared(.receipt))), errors: [.overloaded])

    static let getTransaction = MethodDescription(
        .getTransaction, .read, "a transaction with its place", "Null if no block holds it.", parameters: [identity],
        result: ResultDescription("transaction", .nullable(.shared(.transaction))), errors: [.overloaded])
}

// MARK: - The description itself

extension MethodDescription {
    static let discover = MethodDescription(
        .discover, .read, "this description", "An OpenRPC document of all methods that the node answers.",
        result: ResultDescription("description", .shared(.description)))
}

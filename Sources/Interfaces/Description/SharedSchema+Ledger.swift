internal import Cryptography
internal import HTTP
internal import Ledger

// MARK: - Receipts and events

extension SharedSchema {
    static let successMembers: [Schema.Member] = [
        .required("status", .constant("success")), .required("value", .shared(.bytes)),
    ]
    static let failureMembers: [Schema.Member] = [
        .required("status", .constant("failure")), .required("failure", .shared(.failure)),
    ]

    /// Begins with the outcome, by which the two forms differ.
    static func receiptSchema(_ outcome: [Schema.Member]) -> Schema {
        .object(
            outcome + [
                .required("transaction", .shared(.digest)), .required("height", .shared(.unsigned)),
                .required("index", .index), .required("blockHash", .shared(.digest)),
                .required("time", .shared(.milliseconds)), .required("gasUsed", .shared(.unsigned)),
                .required("events", .array(of: .shared(.event))), .required("raw", .shared(.bytes)),
            ])
    }

    static let expiredSchema = Schema.object(
        [
            .required("status", .constant("expired")), .required("transaction", .shared(.digest)),
            .required("height", .shared(.unsigned)), .required("time", .shared(.milliseconds)),
        ], "A transaction that no block took in time; the height is that of the block that says so.")

    static let eventMembers: [Schema.Member] = [
        .required("contract", .shared(.address)), .required("name", .text),
        .required("topics", .array(of: .shared(.digest), atMost: LedgerLimits.topicsMax)),
        .required("data", .shared(.bytes)),
    ]

    static let placedEventSchema = Schema.object(
        [
            .required("height", .shared(.unsigned)), .required("index", .index), .required("eventIndex", .index),
            .required("transaction", .shared(.digest)), .required("blockHash", .shared(.digest)),
            .required("time", .shared(.milliseconds)),
        ] + eventMembers, "An event with its place: block, transaction, and its own among the transaction's.")

    static let foundEventSchema = Schema.object(
        placeMembers + [.required("number", .index), .required("event", .shared(.event))],
        "An event with its transaction, and its number among the transaction's events.")

    /// The transaction behind an item of a page, and where it stands.
    private static let placeMembers: [Schema.Member] = [
        .required("transaction", .shared(.digest)), .required("height", .shared(.unsigned)),
        .required("index", .index), .required("time", .shared(.milliseconds)),
    ]

    static let historicalValueSchema = Schema.object(
        [.required("value", .nullable(.shared(.bytes)))] + placeMembers,
        "What a transaction left at a key; null if it removed it.")
}

// MARK: - Transactions

extension SharedSchema {
    static let transactionSchema = Schema.object(
        [
            .required("identity", .shared(.digest)), .required("height", .shared(.unsigned)),
            .required("index", .index), .required("group", .index), .required("sender", .shared(.address)),
            .required("contract", .shared(.address)), .required("method", .text),
            .required("arguments", .shared(.bytes)), .required("salt", .shared(.amount)),
            .required("expiry", .shared(.milliseconds)), .required("gasLimit", .shared(.unsigned)),
            .required(
                "feePayer",
                .nullable(.object([.required("account", .shared(.address)), .required("cap", .shared(.amount))]))),
            .required("signers", .array(of: .shared(.address))),
            .required("signatures", .array(of: accountSignature)), .required("raw", .shared(.bytes)),
        ], "A transaction in a block.")

    private static let accountSignature = Schema.object([
        .required("signer", .index), .required("scheme", .words(schemes)), .required("publicKey", .shared(.bytes)),
        .required("signature", .shared(.signature)),
    ])

    /// Why one of several transactions was not taken.
    static let transactionErrorSchema = Schema.object(
        [
            .required(
                "code",
                Schema(json: [
                    "type": "integer",
                    "enum": .array(([.invalidParameters] + InterfaceError.rejections).map { .integer($0.rawValue) }),
                ])), .required("message", .text),
        ], "Why a transaction was not taken.")
}

// MARK: - Blocks and the chain

extension SharedSchema {
    private static let headerMembers: [Schema.Member] = [
        .required("height", .shared(.unsigned)), .required("hash", .shared(.digest)),
        .required("parent", .shared(.digest)), .required("epoch", .shared(.unsigned)),
        .required("executionVersion", .index), .required("decision", .shared(.unsigned)),
        .required("time", .shared(.milliseconds)), .required("transactionCount", .index),
        .required("transactionsRoot", .shared(.digest)), .required("receiptsRoot", .shared(.digest)),
        .required("stateRoot", .shared(.digest)),
    ]

    static let blockSchema = Schema.object(
        headerMembers + [
            .required("group", .index), .required("transactions", .array(of: .shared(.digest))),
            .required("certificate", .shared(.certificate)), .required("rawHeader", .shared(.bytes)),
        ], "A block, with the identities of its transactions.")

    static let blockSummarySchema = Schema.object(
        headerMembers + [
            .required("failedCount", .index), .required("eventCount", .index),
            .required("gasUsed", .shared(.unsigned)),
        ], "A block's header, with counts of what is in it.")

    static let certificateSchema = Schema.object(
        [
            .required("faultModel", .words(FaultModel.allCases.map { "\($0)" })), .required("validators", .index),
            .required(
                "signatures",
                .array(
                    of: .object([.required("certifier", .index), .required("signature", .shared(.signature))]))),
            .required("raw", .shared(.bytes)),
        ], "The signatures of certifiers for a block's result.")

    static let chainSchema = Schema.object(
        [
            .required("name", .text), .required("group", .index), .required("genesis", .shared(.digest)),
            .required("genesisBytes", .shared(.bytes)), .required("suite", .words(Suite.allCases.map { "\($0)" })),
            .required("engine", .words(EngineKind.allCases.map { "\($0)" })), .required("executionVersion", .index),
            .required("certifiers", .array(of: .shared(.publicKey))), .required("height", .shared(.unsigned)),
            .required("blockHash", .shared(.digest)), .required("time", .shared(.milliseconds)),
            .required("accepting", .truth), .required("reason", .nullable(.text)),
            .required("checkpoints", .array(of: .shared(.unsigned))),
            .required(
                "limits",
                .object([
                    .required("blockGas", .shared(.unsigned)), .required("blockBytes", .shared(.unsigned)),
                    .required("blockTransactions", .index), .required("transactionBytes", .index),
                    .required("expiryWindowMilliseconds", .shared(.unsigned)),
                    .required("checkpointInterval", .index),
                ])),
        ], "A chain's terms and its newest block.")

    static let networkSchema = Schema.object(
        [
            .required("own", .index), .required("height", .shared(.unsigned)), .required("epoch", .shared(.unsigned)),
            .required("epochDigest", .shared(.digest)),
            .required("engine", .words(EngineKind.allCases.map { "\($0)" })), .required("view", .shared(.unsigned)),
            .required("leader", .nullable(.index)),
            .required("stage", .words(NetworkReport.Stage.allCases.map(\.rawValue))),
            .required(
                "peers",
                .array(
                    of: .object([
                        .required("number", .index), .required("name", .text), .required("organisation", .text),
                        .required("connected", .truth), .required("height", .nullable(.shared(.unsigned))),
                    ]))), .required("certificateEnds", .nullable(.text)),
        ], "What a node knows of its network.")
}

// MARK: - Accounts

extension SharedSchema {
    static let authenticationRecordSchema = Schema.object(
        [
            .required("threshold", .index),
            .required(
                "keys",
                .array(
                    of: .object([
                        .required("scheme", .words(schemes)), .required("publicKey", .shared(.bytes)),
                        .required("weight", .index), .required("address", .nullable(.shared(.address))),
                    ]))), .required("raw", .shared(.bytes)),
        ], "The keys that sign for an account: those of a weight of the threshold together act for it.")

    static let accountSchema = Schema.object(
        [
            .required("address", .shared(.address)),
            .required("authentication", .oneOf([.constant("address"), .shared(.authenticationRecord)])),
            .required(
                "holdings",
                .array(
                    of: .object([
                        .required("symbol", .text), .required("balance", .shared(.amount)),
                        .required("isFrozen", .truth),
                    ]))), .required("height", .shared(.unsigned)),
        ], "Who signs for an account, and what it holds, after the block of a height.")
}

// MARK: - The description itself

extension SharedSchema {
    /// What the specification of OpenRPC says in full, as far as this node's description uses it.
    static let descriptionSchema = Schema.object(
        [
            .required("openrpc", .text),
            .required(
                "info",
                .object([
                    .required("title", .text), .required("version", .text), .required("description", .text),
                    .required("license", .object([.required("name", .text)])),
                ])), .required("methods", .array(of: .anyObject)),
            .required(
                "components", .object([.required("schemas", .anyObject), .required("errors", .anyObject)])),
            .required("x-errors", .array(of: .anyObject)), .required("x-notifications", .array(of: .anyObject)),
        ], "An OpenRPC document.")
}

internal import HTTP
internal import Ledger

/// A kind of subscription: what it is asked with, and what it tells.
struct SubscriptionDescription: Sendable {
    let kind: String
    let summary: String
    let options: [ParameterDescription]
    let result: Schema

    private static let from = ParameterDescription.optional(
        "from", "the height of the first block to tell of; the next one to come without", .shared(.unsigned))

    static let blocks = SubscriptionDescription(
        kind: "blocks", summary: "every block's header, with counts of what is in it", options: [from],
        result: .shared(.blockSummary))

    static let receipts = SubscriptionDescription(
        kind: "receipts", summary: "receipts of what an account signed or events name it in",
        options: [
            .required("account", "the account", .shared(.address)), .optional("own", "not its own", .constant(false)),
            from,
        ], result: .shared(.receipt))

    static let ownReceipts = SubscriptionDescription(
        kind: "receipts", summary: "receipts of what was sent on the connection, and what of it has expired",
        options: [
            .required("own", "its own", .constant(true)),
            .optional(
                "format", "notifications, or the binary messages that bulk submissions have; json without",
                .words(["json", "binary"])),
        ], result: .oneOf([.shared(.receipt), .shared(.expiredTransaction)]))

    static let events = SubscriptionDescription(
        kind: "events", summary: "events of a contract",
        options: [
            .required("contract", "the contract", .shared(.address)),
            .optional("name", "what the contract calls them; all without", .text),
            .optional(
                "topics", "what the topics are from the first on, null for any",
                .array(of: .nullable(.shared(.digest)), atMost: LedgerLimits.topicsMax)), from,
        ], result: .shared(.placedEvent))

    static let all = [blocks, receipts, ownReceipts, events]

    /// The names of the options that a kind may have.
    static func optionNames(of kind: String) -> [String] {
        var names: [String] = []
        for subscription in all where subscription.kind == kind {
            names += subscription.options.map(\.name).filter { !names.contains($0) }
        }
        return names
    }

    static let kinds = ["blocks", "receipts", "events"]
}

extension MethodDescription {
    static let subscribe = MethodDescription(
        .subscribe, .read, "be told of blocks, receipts or events",
        "Over a WebSocket only. What the subscription tells of follows as notifications \"cairn_subscription\".",
        parameters: [
            .required("kind", "what to be told of", .words(SubscriptionDescription.kinds)),
            .optional(
                "options", "by the kind; blocks need none",
                .oneOf(SubscriptionDescription.all.map { .object($0.options.map(\.member), $0.summary) })),
        ], result: ResultDescription("subscription", .shared(.subscription)), errors: [.invalidRequest, .overloaded],
        needsWebSocket: true)

    static let unsubscribe = MethodDescription(
        .unsubscribe, .read, "be told no more",
        "Over a WebSocket only. False if the connection has no such subscription.",
        parameters: [.required("subscription", "the subscription", .shared(.subscription))],
        result: ResultDescription("wasThere", .truth), errors: [.invalidRequest], needsWebSocket: true)
}

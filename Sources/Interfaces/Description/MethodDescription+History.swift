internal import HTTP
internal import Ledger

// What was. Each result is a page with the place to go on from.
extension MethodDescription {
    static let getHistory = MethodDescription(
        .getHistory, .read, "every value that a contract's key has had", pages,
        parameters: [contract, key] + page, result: pageResult(of: .shared(.historicalValue)), errors: [.overloaded])

    static let getValue = MethodDescription(
        .getValue, .read, "what a contract's key held after the block of a height",
        "A value that is null by itself says that nothing was ever written there up to that height.",
        parameters: [contract, key, .optional("height", "a height; the newest without", .shared(.unsigned))],
        result: ResultDescription(
            "value", .oneOf([.shared(.historicalValue), .object([.required("value", .null)])])),
        errors: [.overloaded])

    static let getTransactionsOfAccount = MethodDescription(
        .getTransactionsOfAccount, .read, "receipts of what an account signed or events name it in", pages,
        parameters: [.required("account", "the account", .shared(.address))] + page,
        result: pageResult(of: .shared(.receipt)), errors: [.overloaded])

    static let getEvents = MethodDescription(
        .getEvents, .read, "a contract's events of a name", pages,
        parameters: [
            contract, .required("name", "what the contract calls them", .text),
            .optional("topic", "only those with this topic, at whatever place", .shared(.digest)),
        ] + page, result: pageResult(of: .shared(.foundEvent)), errors: [.overloaded])

    private static let contract = ParameterDescription.required("contract", "the contract", .shared(.address))
    private static let key = ParameterDescription.required("key", "the contract's own key", .shared(.bytes))

    // MARK: - Pages

    private static let pages = """
        A page holds "items" and "next", which is given as "after" for the page behind it, or null. A page may be short \
        of its limit, or empty, and yet not be the last.
        """

    private static let page: [ParameterDescription] = [
        .optional("fromHeight", "the first block; 0 without", .shared(.unsigned)),
        .optional("toHeight", "the last block; the newest without", .shared(.unsigned)),
        .optional("after", "what \"next\" of the page before was", .shared(.place)),
        .optional("order", "which items come first; the oldest without", .words(["oldest", "newest"])),
        .optional(
            "limit", "how many items; \(MethodLimits.pageItems) without",
            .integer(1...UInt64(MethodLimits.pageItemsMax))),
    ]

    private static func pageResult(of item: Schema) -> ResultDescription {
        ResultDescription(
            "page",
            .object([
                .required("items", .array(of: item, atMost: MethodLimits.pageItemsMax)),
                .required("next", .nullable(.shared(.place))),
            ]))
    }
}

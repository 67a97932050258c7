import Contracts
import HTTP
import Ledger
import Primitives
import SystemTestSupport
import Testing

/// For each method, by its name, parameters with which it succeeds.
struct DescribedCalls {
    let chain: LiveChain
    /// A transaction in a block.
    let committed: SignedTransaction

    init() async throws {
        chain = try LiveChain()
        try await chain.fund()
        committed = try chain.alice.sign(
            "transfer", chain.terms, salt: 1, expiry: LiveChain.time(inMilliseconds: 60_000),
            AssetArguments.movement("GOLD", to: chain.bob.address, 25))
        _ = try await chain.send(committed.canonicalBytes).get()
        _ = try await chain.wait(committed.identity)
    }

    private func fresh() throws -> JSON {
        let signed = try chain.alice.sign(
            "transfer", chain.terms, salt: .random(in: 2...(.max)), expiry: LiveChain.time(inMilliseconds: 60_000),
            AssetArguments.movement("GOLD", to: chain.bob.address, 1))
        return .string(signed.canonicalBytes.hexadecimal)
    }

    private static let page: [(String, JSON)] = [
        ("fromHeight", 1), ("toHeight", 100), ("after", ["height": 1, "index": 0]), ("order", "oldest"), ("limit", 2),
    ]

    private static func object(_ members: [(String, JSON)]) -> JSONObject {
        var object = JSONObject()
        for (name, value) in members { object[name] = value }
        return object
    }

    /// All together give every parameter a value.
    func parameters(of method: String) throws -> [JSONObject] {
        let assets = JSON.string(Assets.address.description)
        let identity = JSON.string(committed.identity.description)
        let bob = JSON.string(chain.bob.address.description)
        let symbol = try #require(AssetSymbol("GOLD"))
        let key = JSON.string(AssetStore.holdingKey(symbol, chain.bob.address).hexadecimal)
        let balance = JSON.string(AssetArguments.balance("GOLD", of: chain.bob.address).hexadecimal)
        let list: [[(String, JSON)]]
        switch method {
        case "cairn_chain", "cairn_network", "rpc_discover": list = [[]]
        case "cairn_sendTransaction": list = [[("transaction", try fresh())]]
        case "cairn_sendTransactions": list = [[("transactions", [try fresh(), "0xff", "xyz"])]]
        case "cairn_waitForReceipt":
            list = [[("identity", identity), ("expiry", 1), ("timeoutMilliseconds", 100)]]
        case "cairn_getReceipt", "cairn_getTransaction": list = [[("identity", identity)]]
        case "cairn_getBlock": list = [[("height", 1)], [("height", "latest")], [("height", .unsigned(.max))]]
        case "cairn_getAccount": list = [[("address", bob), ("height", 1)]]
        case "cairn_getHistory": list = [[("contract", assets), ("key", key)] + Self.page]
        case "cairn_getValue": list = [[("contract", assets), ("key", key), ("height", 3)]]
        case "cairn_getTransactionsOfAccount": list = [[("account", bob)] + Self.page]
        case "cairn_getEvents":
            let topic = JSON.string(chain.bob.address.topic.description)
            list = [[("contract", assets), ("name", "Transferred"), ("topic", topic)] + Self.page]
        case "cairn_call":
            list = [
                [
                    ("contract", assets), ("method", "balance"), ("arguments", balance), ("from", bob),
                    ("gasLimit", 100_000), ("height", 2),
                ]
            ]
        case "cairn_organisations": list = [[("height", 1)]]
        case "cairn_proposals": list = [[("state", "ended"), ("before", 7), ("height", 1)]]
        case "cairn_proposal": list = [[("number", 1), ("height", 1)]]
        case "cairn_getProof":
            list = [[("contract", assets), ("key", key), ("height", 1)], [("transaction", identity)]]
        case "cairn_subscribe":
            list = [
                [("kind", "blocks"), ("options", ["from": 1])],
                [("kind", "receipts"), ("options", ["account": bob, "own": false, "from": 1])],
                [("kind", "receipts"), ("options", ["own": true, "format": "json"])],
                [("kind", "events"), ("options", ["contract": assets, "name": "Issued", "topics": [nil], "from": 1])],
            ]
        case "cairn_unsubscribe": list = [[("subscription", "0x1")]]
        default: throw ChildProcess.Failure("\(method) is described and not called by this test")
        }
        return list.map(Self.object)
    }
}

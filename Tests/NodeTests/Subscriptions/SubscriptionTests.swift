import HTTP
import Ledger
import Primitives
import SystemTestSupport
import TestSupport
import Testing

extension NodeTests {
    /// Subscriptions, from the past and live, against what the blocks hold.
    @Suite struct SubscriptionTests {
        /// Transfers of 1 from Alice to Bob, each in a block of its own.
        private static func transfer(_ chain: LiveChain, count: Int) async throws {
            for _ in 0..<count {
                _ = try await chain.submit(
                    chain.alice, "transfer", AssetArguments.movement("GOLD", to: chain.bob.address, 1))
            }
        }

        @Test(.timeLimit(.minutes(3))) func blocksFromThePastAndLiveWithoutGapOrRepeat() async throws {
            let chain = try LiveChain()
            try await chain.fund()
            try await Self.transfer(chain, count: 5)
            let socket = try await LiveSocket(chain.node.endpoint)
            let past = try await socket.subscribe("blocks", ["from": 2])
            let live = try await socket.subscribe("blocks")
            let before = try await chain.height
            try await Self.transfer(chain, count: 5)
            let height = try await chain.height
            let told = try await socket.next(past, count: Int(height) - 1)
            #expect(told.map { $0["height"]?.uint64Value } == (2...height).map { $0 })
            #expect(
                try await socket.next(live, count: Int(height - before)).map { $0["height"]?.uint64Value }
                    == (before + 1...height).map { $0 })
            for header in told {
                let block = try await chain.rpc.call("cairn_getBlock", [header["height"] ?? .null])
                for key in ["hash", "parent", "time", "transactionCount", "transactionsRoot", "stateRoot"] {
                    #expect(header[key] == block[key] && header[key] != nil)
                }
            }
            #expect(told[3]["eventCount"] == 1 && told[3]["failedCount"] == 0)
            #expect(try await socket.waiting(past).isEmpty)
        }

        @Test(.timeLimit(.minutes(3))) func receiptsOfAnAccountAreThoseItSignedOrThatNameIt() async throws {
            let chain = try LiveChain()
            let socket = try await LiveSocket(chain.node.endpoint)
            let ofBob = try await socket.subscribe("receipts", ["account": .string(chain.bob.address.description)])
            let ofNobody = try await socket.subscribe("receipts", ["account": .string(Address.zero.description)])
            try await chain.fund()
            try await Self.transfer(chain, count: 2)
            let failed = try await chain.submit(
                chain.bob, "transfer", AssetArguments.movement("GOLD", to: chain.alice.address, 100))
            let told = try await socket.next(ofBob, count: 3)
            #expect(told.map { $0["status"] } == ["success", "success", "failure"])
            #expect(told[2] == failed)
            #expect(try await socket.waiting(ofBob).isEmpty)
            let later = try await LiveSocket(chain.node.endpoint)
            let again = try await later.subscribe(
                "receipts", ["account": .string(chain.bob.address.description), "from": 0])
            #expect(try await later.next(again, count: 3) == told)
            #expect(try await socket.waiting(ofNobody).count <= 1)
        }

        @Test(.timeLimit(.minutes(3))) func eventsByContractNameAndTopics() async throws {
            let chain = try LiveChain()
            let socket = try await LiveSocket(chain.node.endpoint)
            func events(_ more: [(String, JSON)]) async throws -> String {
                var options = JSONObject()
                for (key, value) in more { options[key] = value }
                return try await socket.subscribe("events", .object(options))
            }
            try await chain.fund()
            let contract = try await chain.rpc.call("cairn_getBlock", ["latest"])
            let identity = try #require(contract["transactions"]?[0]?.stringValue)
            let receipt = try await chain.rpc.call("cairn_getReceipt", [.string(identity)])
            let issued = try #require(receipt["events"]?[0])
            let address = try #require(issued["contract"])
            let bob = JSON.string(chain.bob.address.topic.description)
            let all = try await events([("contract", address), ("from", 1)])
            let transfers = try await events([("contract", address), ("name", "Transferred")])
            let toBob = try await events([("contract", address), ("topics", [nil, bob])])
            let fromBob = try await events([("contract", address), ("topics", [bob])])
            let elsewhere = try await events([("contract", .string(Address.zero.description))])
            try await Self.transfer(chain, count: 3)
            let height = try await chain.height
            let told = try await socket.next(all, count: 5)
            #expect(told.map { $0["height"]?.uint64Value } == (height - 4...height).map { $0 })
            #expect(told[1]["data"] == issued["data"] && told[1]["topics"] == issued["topics"])
            #expect(told[1]["transaction"]?.stringValue == identity)
            #expect(try await socket.next(toBob, count: 3) == Array(told[2...]))
            #expect(try await socket.waiting(fromBob).isEmpty)
            #expect(try await socket.waiting(elsewhere).isEmpty)
            let name = told[2]["name"]
            #expect(try await socket.waiting(transfers).allSatisfy { $0["name"] == name })
        }

        @Test(.timeLimit(.minutes(3))) func whatCannotBeSubscribedToIsRefused() async throws {
            let chain = try LiveChain()
            let socket = try await LiveSocket(chain.node.endpoint)
            let refused: [JSON] = [
                [], ["logs"], ["blocks", ["from": "x"]], ["blocks", ["account": "0x00"]], ["receipts"],
                ["receipts", ["own": true, "from": 1]], ["receipts", ["own": true, "format": "xml"]],
                ["receipts", ["account": .string(Address.zero.description), "format": "binary"]],
                ["receipts", ["account": .string(Address.zero.description), "own": true]],
                ["events"], ["events", ["contract": .string(Address.zero.description), "topics": ["0x01"]]],
                ["events", ["contract": .string(Address.zero.description), "topics": [nil, nil, nil, nil, nil]]],
            ]
            for parameters in refused {
                let error = await #expect(throws: RPCConnection.Refusal.self, "\(parameters)") {
                    try await socket.call("cairn_subscribe", parameters)
                }
                #expect(error?.code == -32602)
            }
            for _ in 0..<32 { _ = try await socket.subscribe("blocks") }
            let error = await #expect(throws: RPCConnection.Refusal.self) { try await socket.subscribe("blocks") }
            #expect(error?.code == -32021)
            let overHTTP = await #expect(throws: RPCConnection.Refusal.self) {
                try await chain.rpc.call("cairn_subscribe", ["blocks"])
            }
            #expect(overHTTP?.message.contains("ws://") == true)
            for identifier in ["", "0x0", "0xzz", "1", "0x21", "0x01"] {
                let answer = try? await socket.call("cairn_unsubscribe", [.string(identifier)])
                #expect(answer == nil || answer == false)
            }
        }

        @Test(.timeLimit(.minutes(3))) func unsubscribingEndsIt() async throws {
            let chain = try LiveChain()
            try await chain.fund()
            let socket = try await LiveSocket(chain.node.endpoint)
            let first = try await socket.subscribe("blocks")
            let second = try await socket.subscribe("blocks")
            try await Self.transfer(chain, count: 2)
            _ = try await socket.next(first, count: 2)
            _ = try await socket.next(second, count: 2)
            #expect(try await socket.call("cairn_unsubscribe", [.string(first)]) == true)
            try await Self.transfer(chain, count: 2)
            _ = try await socket.next(second, count: 2)
            #expect(try await socket.waiting(first).isEmpty)
        }
    }
}

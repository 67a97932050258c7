import Contracts
import HTTP
import Ledger
import Primitives
import SystemTestSupport
import Testing

extension NodeTests {
    /// What was: values of keys, transactions of accounts, events; from the index and the log.
    @Suite struct HistoryTests {
        private static let transferCount = 25

        /// Alice has 1000 of GOLD at height 2, and gives Bob 1 in each of the next blocks.
        private static func chain() async throws -> LiveChain {
            let chain = try LiveChain()
            try await chain.fund()
            for salt in 0..<UInt64(transferCount) {
                let movement = AssetArguments.movement("GOLD", to: chain.bob.address, 1)
                let receipt = try await chain.submit(chain.alice, "transfer", movement, salt: salt)
                #expect(receipt["status"] == "success")
            }
            return chain
        }

        private static func key(_ account: Address) throws -> JSON {
            let symbol = try #require(AssetSymbol("GOLD"))
            return .string(AssetStore.holdingKey(symbol, account).hexadecimal)
        }

        private static func balance(_ value: JSON?) throws -> UInt64? {
            let bytes = try #require(value?.stringValue.flatMap([UInt8].init(hexadecimal:)))
            return try Holding(canonicalBytes: bytes).balance.uint64
        }

        private static let assets = JSON.string(Assets.address.description)

        /// All items of all pages.
        private static func all(_ rpc: RPCConnection, _ method: String, _ parameters: JSONObject) async throws -> [JSON]
        {
            var parameters = parameters
            var items: [JSON] = []
            while true {
                let page = try await rpc.call(method, .object(parameters))
                items += page["items"]?.arrayValue ?? []
                guard let next = page["next"], !next.isNull else { return items }
                parameters["after"] = next
            }
        }

        private static func check(_ chain: LiveChain, _ rpc: RPCConnection) async throws {
            for limit in [1, 7, 100] {
                var parameters = JSONObject()
                parameters["contract"] = assets
                parameters["key"] = try key(chain.alice.address)
                parameters["limit"] = .integer(Int64(limit))
                let values = try await all(rpc, "cairn_getHistory", parameters)
                let balances = try values.map { try balance($0["value"]) }
                #expect(balances == (0...UInt64(transferCount)).map { 1000 - $0 })
                #expect(values.compactMap { $0["height"]?.uint64Value } == (2...UInt64(transferCount + 2)).map { $0 })
                #expect(values.allSatisfy { $0["time"]?.uint64Value ?? 0 > 0 })
                parameters["order"] = "newest"
                #expect(try await all(rpc, "cairn_getHistory", parameters) == values.reversed())
                parameters["fromHeight"] = 5
                parameters["toHeight"] = 9
                #expect(try await all(rpc, "cairn_getHistory", parameters) == values[3...7].reversed())
            }
            for height in [0, 1, 2, 10, UInt64(transferCount + 2)] {
                let found = try await rpc.call(
                    "cairn_getValue", [assets, try key(chain.alice.address), .unsigned(height)])
                guard height >= 2 else {
                    #expect(found["value"] == .null)
                    continue
                }
                #expect(try balance(found["value"]) == 1002 - height)
            }
            try await checkAccountsAndEvents(chain, rpc)
        }

        private static func checkAccountsAndEvents(_ chain: LiveChain, _ rpc: RPCConnection) async throws {
            var parameters = JSONObject()
            parameters["limit"] = 10
            parameters["account"] = .string(chain.bob.address.description)
            // Bob signed nothing, but the events name him.
            let receipts = try await all(rpc, "cairn_getTransactionsOfAccount", parameters)
            #expect(receipts.count == transferCount)
            #expect(receipts.allSatisfy { $0["status"] == "success" })
            parameters["account"] = .string(chain.alice.address.description)
            #expect(try await all(rpc, "cairn_getTransactionsOfAccount", parameters).count == transferCount + 2)
            parameters["account"] = .string(Address.system(9).description)
            #expect(try await all(rpc, "cairn_getTransactionsOfAccount", parameters).isEmpty)

            var events = JSONObject()
            events["contract"] = assets
            events["name"] = "Transferred"
            events["limit"] = 10
            #expect(try await all(rpc, "cairn_getEvents", events).count == transferCount)
            events["topic"] = .string(chain.bob.address.topic.description)
            #expect(try await all(rpc, "cairn_getEvents", events).count == transferCount)
            events["topic"] = .string(Address.system(9).topic.description)
            #expect(try await all(rpc, "cairn_getEvents", events).isEmpty)
            events["topic"] = nil
            events["name"] = "Issued"
            #expect(try await all(rpc, "cairn_getEvents", events).count == 1)
        }

        @Test func pagesInBothDirectionsAndAfterARestart() async throws {
            let chain = try await Self.chain()
            try await Self.check(chain, chain.rpc)
            #expect(chain.node.stop() == .exited(0))
            let again = try NodeProcess(chain.folder, chain.program)
            try await Self.check(chain, try RPCConnection(again.endpoint))
            // Killed, it has lost what the index held in memory, and makes it from the log.
            again.kill()
            let third = try NodeProcess(chain.folder, chain.program)
            try await Self.check(chain, try RPCConnection(third.endpoint))
        }

        @Test func badPagesAreRefused() async throws {
            let chain = try LiveChain()
            let account = JSON.string(Address.zero.description)
            for (name, value) in [
                ("limit", 0), ("limit", 1001), ("order", "up"), ("after", 7), ("fromHeight", -1),
            ] as [(String, JSON)] {
                var parameters = JSONObject()
                parameters["account"] = account
                parameters[name] = value
                let answer = try await chain.rpc.calls([("cairn_getTransactionsOfAccount", .object(parameters))])[0]
                guard case .failure(let refusal) = answer else {
                    Issue.record("\(name) was taken")
                    continue
                }
                #expect(refusal.code == -32602 && refusal.message.contains(name))
            }
        }
    }
}

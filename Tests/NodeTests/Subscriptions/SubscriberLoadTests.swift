import CairnClient
import Foundation
import HTTP
import Ledger
import Primitives
import SystemTestSupport
import TestSupport
import Testing

extension NodeTests {
    /// Subscribers under load: random filters against what the blocks hold, and clients that do not read.
    @Suite struct SubscriberLoadTests {
        /// Random transfers among accounts, some of which fail.
        private static func load(_ chain: LiveChain, _ accounts: [TestAccount], count: Int) throws
            -> [SignedTransaction]
        {
            var generator = SeededGenerator(seed: 5)
            return try (0..<count).map { index in
                let from = accounts[Int.random(in: 0..<accounts.count, using: &generator)]
                let to = accounts[Int.random(in: 0..<accounts.count, using: &generator)]
                let amount: UInt64 = Int.random(in: 0..<8, using: &generator) == 0 ? 1 << 40 : 1
                return try from.sign(
                    "transfer", chain.terms, salt: UInt64(index) + 1000,
                    expiry: LiveChain.time(inMilliseconds: 60_000),
                    AssetArguments.movement("GOLD", to: to.address, amount))
            }
        }

        /// All receipts on the chain, in order, as the node shows them one by one.
        private static func receipts(_ chain: LiveChain) async throws -> [JSON] {
            var receipts: [JSON] = []
            for height in 1...(try await chain.height) {
                let block = try await chain.rpc.call("cairn_getBlock", [.unsigned(height)])
                let identities = block["transactions"]?.arrayValue ?? []
                for start in stride(from: 0, to: identities.count, by: 50) {
                    let part = identities[start..<min(start + 50, identities.count)]
                    receipts += try await chain.rpc.calls(part.map { ("cairn_getReceipt", [$0]) }).map { try $0.get() }
                }
            }
            return receipts
        }

        /// The union of what subscribers are told, from the past and live, is what the blocks hold.
        @Test(.timeLimit(.minutes(3))) func notificationsAreWhatTheBlocksHold() async throws {
            let chain = try LiveChain(environment: ["CAIRN_TEST_SMALL": "1"])
            try await chain.fund()
            let accounts = try [chain.alice, chain.bob] + (3...6).map { try TestAccount($0) }
            for account in accounts.dropFirst() {
                _ = try await chain.submit(
                    chain.alice, "transfer", AssetArguments.movement("GOLD", to: account.address, 50))
            }
            let socket = try await LiveSocket(chain.node.endpoint)
            let connection = CairnConnection(endpoint: chain.node.endpoint)
            let load = try Self.load(chain, accounts, count: 1200)
            var ofAccounts: [(TestAccount, from: UInt64, name: String)] = []
            var toAccounts: [(TestAccount, from: UInt64, name: String)] = []
            for (number, part) in stride(from: 0, to: 1200, by: 200).enumerated() {
                let from = (try await chain.height) / UInt64(number % 3 + 1)
                let account = accounts[number]
                ofAccounts.append(
                    (
                        account, from,
                        try await socket.subscribe(
                            "receipts", ["account": .string("\(account.address)"), "from": .unsigned(from)])
                    ))
                toAccounts.append(
                    (
                        account, from,
                        try await socket.subscribe(
                            "events",
                            [
                                "contract": .string("\(try await Self.assets(chain))"), "from": .unsigned(from),
                                "topics": [nil, .string("\(account.address.topic)")],
                            ])
                    ))
                for outcome in try await connection.submit(Array(load[part..<part + 200])) {
                    guard case .included = outcome else { throw ChildProcess.Failure("\(outcome)") }
                }
            }
            await connection.close()
            let all = try await Self.receipts(chain)
            #expect(all.count > 1200)
            for (account, from, name) in ofAccounts {
                let expected = try await Self.receipts(all, of: account, from: from, chain)
                #expect(try await socket.next(name, count: expected.count) == expected)
                #expect(try await socket.waiting(name).isEmpty)
            }
            for (account, from, name) in toAccounts {
                let expected = Self.events(all, to: account, from: from)
                let told = try await socket.next(name, count: expected.count)
                #expect(told.map { [$0["transaction"], $0["data"], $0["index"], $0["height"]] } == expected)
                #expect(try await socket.waiting(name).isEmpty)
            }
        }

        private static func assets(_ chain: LiveChain) async throws -> String {
            let block = try await chain.rpc.call("cairn_getBlock", [2])
            let receipt = try await chain.rpc.call("cairn_getReceipt", [block["transactions"]?[0] ?? .null])
            return receipt["events"]?[0]?["contract"]?.stringValue ?? ""
        }

        private static func receipts(
            _ all: [JSON], of account: TestAccount, from: UInt64, _ chain: LiveChain
        ) async throws -> [JSON] {
            let topic = JSON.string("\(account.address.topic)")
            var expected: [JSON] = []
            for receipt in all where (receipt["height"]?.uint64Value ?? 0) >= from {
                let events = receipt["events"]?.arrayValue ?? []
                if events.contains(where: { $0["topics"]?.arrayValue?.contains(topic) == true }) {
                    expected.append(receipt)
                } else {
                    let transaction = try await chain.rpc.call(
                        "cairn_getTransaction", [receipt["transaction"] ?? .null])
                    if transaction["sender"]?.stringValue == "\(account.address)" { expected.append(receipt) }
                }
            }
            return expected
        }

        private static func events(_ all: [JSON], to account: TestAccount, from: UInt64) -> [[JSON?]] {
            let topic = JSON.string("\(account.address.topic)")
            return all.filter { ($0["height"]?.uint64Value ?? 0) >= from }.flatMap { receipt in
                (receipt["events"]?.arrayValue ?? []).filter { $0["topics"]?[1] == topic }.map { event in
                    [receipt["transaction"], event["data"], receipt["index"], receipt["height"]]
                }
            }
        }

        /// A client that reads nothing costs no memory and keeps nobody waiting; when it reads it has missed nothing.
        @Test(.timeLimit(.minutes(3))) func whoDoesNotReadFallsBehindAndCatchesUp() async throws {
            let chain = try LiveChain()
            try await chain.fund()
            let accounts = [chain.alice, chain.bob]
            let connection = CairnConnection(endpoint: chain.node.endpoint)
            let count = 30_000
            let load = try Self.load(chain, accounts, count: count)
            for start in stride(from: 0, to: count, by: 5000) {
                _ = try await connection.submit(Array(load[start..<start + 5000]))
            }
            let before = Self.residentBytes(of: chain.node)
            // Each is told of all transactions many times over, more than any buffer between holds.
            let idle = try await LiveSocket(chain.node.endpoint)
            var names: [String] = []
            for _ in 0..<8 {
                names.append(
                    try await idle.subscribe(
                        "receipts", ["account": .string("\(chain.alice.address)"), "from": 1]))
            }
            let live = try await LiveSocket(chain.node.endpoint)
            let blocks = try await live.subscribe("blocks")
            let height = try await chain.height
            for _ in 0..<20 {
                _ = try await chain.submit(
                    chain.alice, "transfer", AssetArguments.movement("GOLD", to: chain.bob.address, 1))
            }
            let told = try await live.next(blocks, count: 20)
            #expect(told.map { $0["height"]?.uint64Value } == (height + 1...height + 20).map { $0 })
            #expect(Self.residentBytes(of: chain.node) - before < 64 << 20)
            var last: (UInt64, UInt64) = (0, 0)
            var received = 0
            while last.0 < height {
                let receipt = try await idle.next(names[3])
                let place = (receipt["height"]?.uint64Value ?? 0, receipt["index"]?.uint64Value ?? 0)
                #expect(last < place)
                last = place
                received += 1
            }
            #expect(received >= count / 2)
            await connection.close()
        }

        private static func residentBytes(of node: NodeProcess) -> Int {
            let path = "/proc/\(node.process.identifier)/statm"
            let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
        }
    }
}

import HTTP
import Ledger
import Primitives
import SystemTestSupport
import TestSupport
import Testing

extension NodeTests {
    /// Submissions in binary messages, with their answers and receipts.
    @Suite struct BulkTests {
        /// What became of the transactions of a connection.
        struct Outcomes {
            var refused: [UInt64: [BulkRefusal]] = [:]
            var receipts: [Digest: (height: UInt64, index: UInt32, receipt: Receipt)] = [:]
            var expired: Set<Digest> = []

            /// How many transactions have met an end.
            var count: Int { refused.values.reduce(0) { $0 + $1.count } + receipts.count + expired.count }

            /// Takes in a reply; what was told twice is an issue.
            mutating func take(_ reply: BulkReply) {
                switch reply {
                case .answer(let answer):
                    #expect(refused.updateValue(answer.refused, forKey: answer.request) == nil)
                case .receipts(let block):
                    for item in block.receipts {
                        let place = (block.height, item.index, item.receipt)
                        #expect(receipts.updateValue(place, forKey: item.receipt.transaction) == nil)
                    }
                    for transaction in block.expired { #expect(expired.insert(transaction).inserted) }
                }
            }
        }

        private static func subscribed(_ chain: LiveChain) async throws -> LiveSocket {
            let socket = try await LiveSocket(chain.node.endpoint)
            _ = try await socket.subscribe("receipts", ["own": true, "format": "binary"])
            return socket
        }

        private static func transfer(
            _ chain: LiveChain, salt: UInt64, amount: UInt64 = 1, milliseconds: Int64 = 60_000
        ) throws -> SignedTransaction {
            try chain.alice.sign(
                "transfer", chain.terms, salt: salt, expiry: LiveChain.time(inMilliseconds: milliseconds),
                AssetArguments.movement("GOLD", to: chain.bob.address, amount))
        }

        @Test(.timeLimit(.minutes(2))) func goodAndBadTransactionsHaveTheirAnswersAndReceipts() async throws {
            let chain = try LiveChain()
            try await chain.fund()
            let socket = try await Self.subscribed(chain)
            let good = try (1...300).map { try Self.transfer(chain, salt: UInt64($0)) }
            let failing = try Self.transfer(chain, salt: 1000, amount: 1 << 40)
            var wrong = good[7].canonicalBytes
            wrong[wrong.count - 1] ^= 1
            let old = try Self.transfer(chain, salt: 1001, milliseconds: -1)
            let first = good.map(\.canonicalBytes) + [[1, 2, 3], old.canonicalBytes, failing.canonicalBytes]
            try await socket.submit(7, first)
            // Bytes that don't decode, what was sent before, and what is wrongly signed.
            try await socket.submit(8, [[], good[0].canonicalBytes, wrong])

            var outcomes = Outcomes()
            while outcomes.receipts.count < 301 || outcomes.refused.count < 2 {
                outcomes.take(try await socket.nextReply())
            }
            #expect(outcomes.refused[7]?.map(\.index) == [300, 301])
            #expect(outcomes.refused[7]?.map(\.code) == [-32010, -32014])
            #expect(outcomes.refused[8]?.map(\.index) == [0, 1, 2])
            #expect(outcomes.refused[8]?.prefix(2).map(\.code) == [-32010, -32020])
            // Its signature is looked at if the rightly signed one is still being checked.
            #expect([-32019, -32020].contains(outcomes.refused[8]?.last?.code))
            #expect(outcomes.expired.isEmpty)
            for transaction in good { #expect(outcomes.receipts[transaction.identity] != nil) }
            guard case .failure = outcomes.receipts[failing.identity]?.receipt.outcome else {
                Issue.record("a transfer of too much did not fail")
                return
            }
            for transaction in [good[0], good[299], failing] {
                let told = try #require(outcomes.receipts[transaction.identity])
                let asked = try await chain.rpc.call("cairn_getReceipt", [.string("\(transaction.identity)")])
                #expect(asked["raw"]?.stringValue == told.receipt.canonicalBytes.hexadecimal)
                #expect(asked["height"]?.uint64Value == told.height)
                #expect(asked["index"]?.uint64Value == UInt64(told.index))
            }
        }

        /// Whatever is taken and not in time for a block is reported once, and nothing else is.
        @Test(.timeLimit(.minutes(4))) func everyTransactionHasOneEnd() async throws {
            let chain = try LiveChain()
            try await chain.fund()
            let socket = try await Self.subscribed(chain)
            var expiredCount = 0
            // Behind a queue of others it depends on the machine which expiries pass the door and no block: those
            // between the one's time and the other's, so many are tried, and in each round later ones.
            for round in 0..<20 where expiredCount == 0 {
                let salts = UInt64(round) * 100_000..<UInt64(round) * 100_000 + 20_000
                let queue = try salts.map { try Self.transfer(chain, salt: $0).canonicalBytes }
                let short = try (0..<100).map { index in
                    try Self.transfer(
                        chain, salt: salts.upperBound + index, milliseconds: Int64(20 + index * 5) * Int64(round + 1)
                    ).canonicalBytes
                }
                for (request, start) in stride(from: 0, to: 20_000, by: 4000).enumerated() {
                    try await socket.submit(UInt64(request), Array(queue[start..<start + 4000]))
                }
                try await socket.submit(5, short)
                var outcomes = Outcomes()
                while outcomes.count < 20_100 { outcomes.take(try await socket.nextReply()) }
                #expect(outcomes.count == 20_100)
                #expect(outcomes.expired.isDisjoint(with: outcomes.receipts.keys))
                expiredCount += outcomes.expired.count
            }
            #expect(expiredCount > 0)
        }

        @Test(
            .timeLimit(.minutes(3)),
            arguments: [
                [], [1], [2, 0, 0, 0, 0, 0, 0, 0, 0, 0], [UInt8](repeating: 0xFF, count: 300),
                [1, 0, 0, 0, 0, 0, 0, 0, 0, 0x91, 0x4E] + [UInt8](repeating: 0, count: 10_001),
            ]) func malformedFramesCloseTheConnectionOnly(_ frame: [UInt8]) async throws
        {
            let chain = try LiveChain()
            let socket = try await Self.subscribed(chain)
            try await socket.send(.binary(frame))
            let closure = await socket.closure()
            #expect(closure?.code == .policyViolation)
            #expect(closure?.reason.contains("not a bulk submission") == true)
            #expect(try await chain.height == 0)
        }

        /// A client that sends much more than may wait, and reads only then, is held back and loses nothing.
        @Test(.timeLimit(.minutes(2))) func unansweredSubmissionsAreHeldBack() async throws {
            let chain = try LiveChain()
            try await chain.fund()
            let socket = try await Self.subscribed(chain)
            let transactions = try (0..<400).map { try Self.transfer(chain, salt: UInt64($0)) }
            for (request, transaction) in transactions.enumerated() {
                try await socket.submit(UInt64(request), [transaction.canonicalBytes])
            }
            var outcomes = Outcomes()
            while outcomes.receipts.count < 400 || outcomes.refused.count < 400 {
                outcomes.take(try await socket.nextReply())
            }
            #expect(outcomes.refused.values.allSatisfy { $0.isEmpty })
        }

        /// Without a subscription there are answers and no receipts; with `json` there is a notification for each.
        @Test(.timeLimit(.minutes(3))) func receiptsComeAsAskedFor() async throws {
            let chain = try LiveChain()
            try await chain.fund()
            let plain = try await LiveSocket(chain.node.endpoint)
            try await plain.submit(1, [try Self.transfer(chain, salt: 1).canonicalBytes])
            #expect(try await plain.nextReply() == .answer(BulkAnswer(request: 1, refused: [])))

            let socket = try await LiveSocket(chain.node.endpoint)
            let own = try await socket.subscribe("receipts", ["own": true])
            await #expect(throws: RPCConnection.Refusal.self) {
                try await socket.subscribe("receipts", ["own": true])
            }
            let transactions = try (2...20).map { try Self.transfer(chain, salt: $0) }
            try await socket.submit(1, transactions.dropLast().map(\.canonicalBytes))
            let last = JSON.string(transactions[18].canonicalBytes.hexadecimal)
            _ = try await socket.call("cairn_sendTransaction", [last])
            let told = try await socket.next(own, count: 19)
            #expect(Set(told.map { $0["transaction"]?.stringValue }) == Set(transactions.map { "\($0.identity)" }))
            #expect(try await socket.call("cairn_unsubscribe", [.string(own)]) == true)
            #expect(try await socket.call("cairn_unsubscribe", [.string(own)]) == false)
        }
    }
}

import CairnClient
import Foundation
import HTTP
import Ledger
import Primitives
import SystemTestSupport
import TestSupport
import Testing

extension NodeTests {
    /// The SDK's connection, against real nodes that are killed and come back.
    @Suite struct ConnectionTests {
        private static func transfers(
            _ chain: LiveChain, _ salts: Range<UInt64>, milliseconds: Int64 = 60_000
        ) throws -> [SignedTransaction] {
            try salts.map { salt in
                try chain.alice.sign(
                    "transfer", chain.terms, salt: salt, expiry: LiveChain.time(inMilliseconds: milliseconds),
                    AssetArguments.movement("GOLD", to: chain.bob.address, 1))
            }
        }

        @Test(.timeLimit(.minutes(2))) func submissionsHaveTheirOutcomesInOrder() async throws {
            let chain = try LiveChain()
            try await chain.fund()
            let connection = CairnConnection(endpoint: chain.node.endpoint)
            let good = try Self.transfers(chain, 0..<900)
            let old = try Self.transfers(chain, 5000..<5001, milliseconds: -5)
            async let other = connection.submit(try Self.transfers(chain, 900..<950))
            // Some stand in it twice: both places have the same end.
            let outcomes = try await connection.submit(good + old + good.prefix(3) + [])
            #expect(outcomes.count == 904)
            for (index, outcome) in outcomes.enumerated() where index != 900 {
                guard case .included(_, let receipt) = outcome else {
                    Issue.record("\(index): \(outcome)")
                    continue
                }
                #expect(receipt.transaction == (good + old + good.prefix(3))[index].identity)
            }
            guard case .refused(-32014, _) = outcomes[900] else {
                Issue.record("an expired transaction was not refused")
                return
            }
            #expect(try await other.allSatisfy { if case .included = $0 { true } else { false } })
            let again = try await connection.submit(Array(good.prefix(5)))
            #expect(again == Array(outcomes.prefix(5)))
            await connection.close()
            await #expect(throws: ClientError.self) { try await connection.submit(good) }
        }

        @Test(.timeLimit(.minutes(2))) func subscriptionsGiveTypedValues() async throws {
            let chain = try LiveChain()
            try await chain.fund()
            let connection = CairnConnection(endpoint: chain.node.endpoint)
            _ = try await connection.submit(try Self.transfers(chain, 0..<20))
            let height = try await chain.height
            var heights: [UInt64] = []
            for try await block in connection.blocks(from: 1) {
                heights.append(block.height)
                if block.height == height { break }
            }
            #expect(heights == Array(1...height))
            let bob = AccountAddress(chain.bob.address)
            var receipts: [TransactionReceipt] = []
            for try await receipt in connection.receipts(of: bob, from: 1) {
                receipts.append(receipt)
                if receipts.count == 20 { break }
            }
            #expect(Set(receipts.map(\.transaction)).count == 20)
            let event = try #require(receipts.first?.receipt.events.first)
            var events: [ChainEvent] = []
            let contract = AccountAddress(event.contract)
            let topics = [nil, chain.bob.address.topic.description]
            for try await event in connection.events(of: contract, topics: topics, from: 0) {
                events.append(event)
                if events.count == 20 { break }
            }
            #expect(events.map(\.transaction) == receipts.map(\.transaction))
            #expect(events[0].name == event.name && events[0].data == event.data)
            await connection.close()
        }

        /// The node is killed and started again while a subscription and a submission wait.
        @Test(.timeLimit(.minutes(2))) func whatWasLostIsTakenUpAgain() async throws {
            let chain = try LiveChain()
            let configuration = URL(filePath: "\(chain.folder)/node.json")
            let text = try String(contentsOf: configuration, encoding: .utf8)
            let fixed = text.replacing(/"port"\s*:\s*0/, with: "\"port\": \(chain.node.port)")
            #expect(fixed != text)
            try Data(fixed.utf8).write(to: configuration)
            try await chain.fund()
            let connection = CairnConnection(endpoint: chain.node.endpoint)
            let told = Task {
                var heights: [UInt64] = []
                for try await block in connection.blocks(from: 1) {
                    heights.append(block.height)
                    if block.transactionCount == 7 { break }
                }
                return heights
            }
            _ = try await connection.submit(try Self.transfers(chain, 0..<50))
            let waiting = Task { try await connection.submit(try Self.transfers(chain, 100..<3100)) }
            try await Task.sleep(for: .milliseconds(30))
            chain.node.kill()
            try await Task.sleep(for: .milliseconds(200))
            let node = try NodeProcess(chain.folder, chain.program)
            let outcomes = try await waiting.value
            #expect(outcomes.count == 3000)
            #expect(outcomes.allSatisfy { if case .included = $0 { true } else { false } })
            let last = try await connection.submit(try Self.transfers(chain, 4000..<4007))
            guard case .included(let height, _) = last[6] else {
                Issue.record("\(last[6])")
                return
            }
            // They need not have come into one block.
            if last.allSatisfy({ if case .included(height, _) = $0 { true } else { false } }) {
                #expect(try await told.value == Array(1...height))
            } else {
                told.cancel()
            }
            await connection.close()
            #expect(node.stop() == .exited(0))
        }
    }
}

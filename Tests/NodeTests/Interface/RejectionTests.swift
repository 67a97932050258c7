import Cryptography
import HTTP
import Ledger
import Primitives
import SystemTestSupport
import TestSupport
import Testing

extension NodeTests {
    /// What the door refuses: each with a code and a text of its own, and the node goes on.
    @Suite struct RejectionTests {
        private struct Case {
            let name: String
            let bytes: [UInt8]
            let code: Int64
            let text: String
        }

        /// Whether a key acts for an account, the state decides: the door takes the transaction, and it fails.
        @Test func anothersKeyFails() async throws {
            let chain = try LiveChain()
            try await chain.fund()
            let arguments = AssetArguments.movement("GOLD", to: chain.bob.address, 1)
            let transaction = chain.alice.transaction(
                "transfer", chain.terms, salt: 1, expiry: LiveChain.time(inMilliseconds: 60_000), arguments)
            guard case .failure(let refusal) = try await chain.send(try Self.unsigned(transaction, [chain.bob])) else {
                Issue.record("another's key was taken")
                return
            }
            #expect(refusal.code == -32024)
            // Who signs another's transaction does not take its place.
            let right = try Self.signed(transaction, chain)
            _ = try await chain.send(right.canonicalBytes).get()
            #expect(try await chain.wait(right.identity)["status"] == "committed")
        }

        @Test func everyBadTransactionHasItsOwnError() async throws {
            let chain = try LiveChain()
            try await chain.fund()
            let before = try await chain.height
            for bad in try Self.cases(chain) {
                let answer = try await chain.send(bad.bytes)
                guard case .failure(let refusal) = answer else {
                    Issue.record("\(bad.name) was taken: \(answer)")
                    continue
                }
                #expect(refusal.code == bad.code, "\(bad.name): \(refusal)")
                #expect(refusal.message.contains(bad.text), "\(bad.name): \(refusal)")
            }
            try await replay(chain)
            #expect(try await chain.height == before + 1, "only the replayed transaction may have had an effect")
            #expect(chain.node.process.poll() == nil)
        }

        private static func cases(_ chain: LiveChain) throws -> [Case] {
            let good = transaction(chain)
            let bytes = try signed(good, chain).canonicalBytes
            var wrongSignature = bytes
            wrongSignature[bytes.count - 64] ^= 1
            return try [
                Case(name: "empty", bytes: [], code: -32010, text: "malformed"),
                Case(name: "cut short", bytes: bytes.dropLast(), code: -32010, text: "malformed"),
                Case(name: "too long", bytes: bytes + [0], code: -32010, text: "malformed"),
                Case(name: "oversized", bytes: [UInt8](repeating: 0, count: 200_000), code: -32011, text: "131072"),
                changed("wrong genesis", chain, -32012, "another chain") { $0.genesis = .zero },
                changed("wrong group", chain, -32013, "group 7") { $0.group = 7 },
                changed("expired", chain, -32014, "expired") { $0.expiry = LiveChain.time(inMilliseconds: -1) },
                changed("far expiry", chain, -32015, "too far") { $0.expiry = LiveChain.time(inMilliseconds: 150_000) },
                changed("too much gas", chain, -32016, "gas limit") { $0.gasLimit = 3_000_000_000 },
                changed("too little gas", chain, -32017, "does not cover") { $0.gasLimit = 20_000 },
                Case(name: "no signature", bytes: unsigned(good, []), code: -32018, text: "signatures"),
                Case(
                    name: "wrong signature", bytes: wrongSignature, code: -32019, text: chain.alice.address.description),
            ]
        }

        private static func transaction(_ chain: LiveChain) -> Transaction {
            chain.alice.transaction(
                "transfer", chain.terms, salt: 7, expiry: LiveChain.time(inMilliseconds: 60_000),
                AssetArguments.movement("GOLD", to: chain.bob.address, 1))
        }

        private static func signed(_ transaction: Transaction, _ chain: LiveChain) throws -> SignedTransaction {
            try SignedTransaction(signing: transaction, with: [chain.alice.key], suite: chain.terms.suite)
        }

        private static func unsigned(_ transaction: Transaction, _ accounts: [TestAccount]) throws -> [UInt8] {
            let identity = transaction.identity(in: .international)
            let signatures = try accounts.enumerated().map { index, account in
                AccountSignature(
                    signer: UInt8(index), publicKey: account.key.publicKey, signature: try account.key.sign(identity))
            }
            return SignedTransaction(transaction: transaction, signatures: signatures, identity: identity)
                .canonicalBytes
        }

        private static func changed(
            _ name: String, _ chain: LiveChain, _ code: Int64, _ text: String, _ change: (inout Transaction) -> Void
        ) throws -> Case {
            var changed = transaction(chain)
            change(&changed)
            return Case(name: name, bytes: try signed(changed, chain).canonicalBytes, code: code, text: text)
        }

        /// The same bytes a second time are a duplicate, before and after their block.
        private func replay(_ chain: LiveChain) async throws {
            let signed = try Self.signed(Self.transaction(chain), chain)
            let coded = JSON.string(signed.canonicalBytes.hexadecimal)
            let both = try await chain.rpc.calls([
                ("cairn_sendTransaction", [coded]), ("cairn_sendTransaction", [coded]),
            ])
            #expect(try both[0].get().stringValue == signed.identity.description)
            #expect(Self.code(both[1]) == -32020)
            #expect(try await chain.wait(signed.identity)["status"] == "committed")
            #expect(Self.code(try await chain.send(signed.canonicalBytes)) == -32020)
        }

        private static func code(_ answer: Result<JSON, RPCConnection.Refusal>) -> Int64? {
            if case .failure(let refusal) = answer { refusal.code } else { nil }
        }

        /// Whatever bit of a transaction is turned, it is refused, and nothing of it reaches a block.
        @Test func noChangedTransactionIsTaken() async throws {
            let chain = try LiveChain()
            let bytes = try Self.signed(Self.transaction(chain), chain).canonicalBytes
            var generator = SeededGenerator(seed: 11)
            let changed = (0..<2000).map { _ in
                var copy = bytes
                copy[Int.random(in: 0..<copy.count, using: &generator)] ^=
                    1 << UInt8.random(in: 0...7, using: &generator)
                return JSON.string(copy.hexadecimal)
            }
            for start in stride(from: 0, to: changed.count, by: 500) {
                let answers = try await chain.rpc.call(
                    "cairn_sendTransactions", [.array(Array(changed[start..<start + 500]))])
                let codes = (answers.arrayValue ?? []).map { $0["error"]?["code"]?.int64Value }
                #expect(codes.count == 500 && codes.allSatisfy { $0.map { (-32024 ... -32010).contains($0) } ?? false })
            }
            #expect(try await chain.height == 0)
        }
    }
}

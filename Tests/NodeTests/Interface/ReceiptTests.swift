import HTTP
import Primitives
import SystemTestSupport
import Testing

extension NodeTests {
    /// What `cairn_waitForReceipt` says.
    @Suite struct ReceiptTests {
        @Test func committedFailedAndPending() async throws {
            let chain = try LiveChain()
            try await chain.fund()
            let good = try chain.alice.sign(
                "transfer", chain.terms, salt: 1, expiry: LiveChain.time(inMilliseconds: 30_000),
                AssetArguments.movement("GOLD", to: chain.bob.address, 10))
            let underfunded = try chain.bob.sign(
                "transfer", chain.terms, salt: 1, expiry: LiveChain.time(inMilliseconds: 30_000),
                AssetArguments.movement("GOLD", to: chain.alice.address, 11))
            for signed in [good, underfunded] { _ = try await chain.send(signed.canonicalBytes).get() }
            let committed = try await chain.wait(good.identity)
            #expect(committed["status"] == "committed" && committed["receipt"]?["status"] == "success")
            let failed = try await chain.wait(underfunded.identity)
            #expect(failed["status"] == "failed")
            #expect(failed["receipt"]?["failure"]?["code"] == "balanceTooSmall")
            #expect(failed["receipt"]?["events"] == [])
            let balance = try await chain.rpc.call("cairn_getAccount", [.string(chain.bob.address.description)])
            #expect(balance["holdings"]?[0]?["balance"] == "10")

            let start = ContinuousClock.now
            let unknown = Digest(hexadecimal: String(repeating: "ab", count: 32)) ?? .zero
            #expect(try await chain.wait(unknown, [nil, 300])["status"] == "pending")
            let waited = ContinuousClock.now - start
            #expect(waited > .milliseconds(250) && waited < .seconds(5), "\(waited)")
        }

        /// A transaction that was never sent: one empty block carries block time past its expiry, and no more follow.
        @Test func expired() async throws {
            let chain = try LiveChain()
            try await chain.fund()
            let before = try await chain.height
            let never = try chain.alice.sign(
                "transfer", chain.terms, salt: 2, expiry: LiveChain.time(inMilliseconds: 700), [])
            // Another client's far expiry must not keep this one waiting.
            let other = try RPCConnection(chain.node.endpoint)
            async let far = other.call(
                "cairn_waitForReceipt", [.string(Digest.zero.description), .unsigned(1 << 52), 3000])
            try await Task.sleep(for: .milliseconds(50))
            let answer = try await chain.wait(never.identity, [.unsigned(never.transaction.expiry.milliseconds)])
            #expect(answer == ["status": "expired"])
            #expect(try await chain.height == before + 1)
            #expect(try await far["status"] == "pending")
            #expect(try await chain.height == before + 1, "one empty block is enough")
            let block = try await chain.rpc.call("cairn_getBlock", ["latest"])
            #expect(block["transactionCount"] == 0)
            #expect((block["time"]?.uint64Value ?? 0) >= never.transaction.expiry.milliseconds)
            guard case .failure(let refusal) = try await chain.send(never.canonicalBytes) else {
                Issue.record("an expired transaction was taken")
                return
            }
            #expect(refusal.code == -32014)
        }

        /// Long after its expiry a committed transaction is still said to be committed, never expired, also by a node that
        /// was started again and by one that has the block on disk only.
        @Test func committedStaysCommitted() async throws {
            let chain = try LiveChain(environment: ["CAIRN_TEST_SMALL": "1"])
            try await chain.fund()
            let signed = try chain.alice.sign(
                "transfer", chain.terms, salt: 3, expiry: LiveChain.time(inMilliseconds: 500),
                AssetArguments.movement("GOLD", to: chain.bob.address, 1))
            _ = try await chain.send(signed.canonicalBytes).get()
            #expect(try await chain.wait(signed.identity)["status"] == "committed")
            for _ in 0..<20 {
                _ = try await chain.submit(
                    chain.alice, "transfer", AssetArguments.movement("GOLD", to: chain.bob.address, 1))
            }
            try await Task.sleep(for: .milliseconds(600))
            let parameters: [JSON] = [.string(signed.identity.description), .unsigned(1), 0]
            let waits = Array(repeating: ("cairn_waitForReceipt", JSON.array(parameters)), count: 100)
            for answer in try await chain.rpc.calls(waits) { #expect(try answer.get()["status"] == "committed") }
            #expect(chain.node.stop() == .exited(0))
            let again = try NodeProcess(chain.folder, chain.program)
            for answer in try await RPCConnection(again.endpoint).calls(waits) {
                #expect(try answer.get()["status"] == "committed")
            }
        }
    }
}

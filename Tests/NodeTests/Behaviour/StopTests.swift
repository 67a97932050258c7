import Foundation
import HTTP
import Primitives
import SystemTestSupport
import Testing

extension NodeTests {
    /// A node that is told to stop.
    @Suite struct StopTests {
        /// What was answered committed before SIGTERM, or while the node was stopping, is there afterwards.
        @Test func stoppingUnderLoadLosesNothing() async throws {
            var world = try CrashWorld(seed: 5, disk: "unsynced")
            for _ in 0..<4 {
                let (started, refusal) = world.start()
                let node = try #require(started, "\(refusal)")
                let rpc = try RPCConnection(node.endpoint)
                let findings = try await world.checker.check(rpc, &world.generator)
                #expect(findings.isEmpty, "\(findings.prefix(5))")
                if world.checker.model.height == 0 { try await world.fund(rpc) }
                let load = TransferLoad(
                    accounts: world.accounts, terms: world.terms, records: world.records, endpoint: node.endpoint)
                try await load.run(seed: world.generator.next()) {
                    try? await Task.sleep(for: .milliseconds(300))
                    #expect(node.stop() == .exited(0), "\(node.process.errors)")
                }
            }
            let (last, _) = world.start()
            let rpc = try RPCConnection(try #require(last).endpoint)
            #expect(try await world.checker.check(rpc, &world.generator) == [])
            #expect(world.records.reportCount > 100)
        }

        /// Transactions that were taken at the door are brought to their end before the node stops.
        @Test func whatWasTakenIsBroughtToItsEnd() async throws {
            let chain = try LiveChain()
            try await chain.fund()
            var taken = 0
            for batch in 0..<8 {
                let transactions = try (0..<500).map { number in
                    try chain.alice.sign(
                        "transfer", chain.terms, salt: UInt64(batch * 500 + number),
                        expiry: LiveChain.time(inMilliseconds: 60_000),
                        AssetArguments.movement("GOLD", to: chain.bob.address, 0))
                }
                let coded = transactions.map { JSON.string($0.canonicalBytes.hexadecimal) }
                let answers = try await chain.rpc.call("cairn_sendTransactions", [.array(coded)])
                taken += (answers.arrayValue ?? []).count { $0["identity"] != nil }
            }
            #expect(taken == 4000)
            #expect(chain.node.stop() == .exited(0), "\(chain.node.process.errors)")
            let verified = try chain.program.run("ledger", "verify", "--directory", chain.folder, "--json")
            #expect(verified.json?["transactions"]?.uint64Value == 4002, "\(verified.output)")
        }

        @Test func interruptStopsToo() async throws {
            let chain = try LiveChain()
            chain.node.process.signal(2)
            #expect(chain.node.process.wait(seconds: 20) == .exited(0))
        }
    }
}

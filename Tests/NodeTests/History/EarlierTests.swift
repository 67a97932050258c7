import Contracts
import Cryptography
import Foundation
import HTTP
import Ledger
import Primitives
import SystemTestSupport
import Testing

extension NodeTests {
    /// Proofs, calls and accounts at earlier heights, from checkpoints and what was written after them.
    @Suite struct EarlierTests {
        private static let interval: UInt64 = 5
        /// Of blocks: the last checkpoint is 25.
        private static let last: UInt64 = 27
        private static let notKept: Int64 = -32031
        private static let assets = JSON.string(Assets.address.description)

        /// Alice has 1000 of GOLD at height 2, and gives Bob 1 in each of the next blocks. The node keeps two
        /// checkpoints, and heights up to seven blocks above one.
        private static func chain() async throws -> LiveChain {
            let chain = try LiveChain(
                environment: ["CAIRN_TEST_SMALL": "1"], arguments: ["--checkpoint-interval", "\(interval)"],
                configuration: ["keptCheckpoints": 2])
            try await chain.fund()
            for salt in 3...last {
                let movement = AssetArguments.movement("GOLD", to: chain.bob.address, 1)
                _ = try await chain.submit(chain.alice, "transfer", movement, salt: salt)
            }
            return chain
        }

        /// Waits until the node keeps these heights.
        private static func wait(_ rpc: RPCConnection, for expected: JSON) async throws {
            for _ in 0..<200 {
                if try await rpc.call("cairn_chain")["checkpoints"] == expected { return }
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try await rpc.call("cairn_chain")["checkpoints"] == expected)
        }

        private static func genesis(_ chain: LiveChain) throws -> Genesis {
            try Genesis(canonicalBytes: [UInt8](Data(contentsOf: URL(filePath: "\(chain.folder)/genesis.bin"))))
        }

        /// What Alice holds after a block.
        private static func expected(_ height: UInt64) -> UInt64? { height < 2 ? nil : 1002 - height }

        private static func check(_ chain: LiveChain, _ rpc: RPCConnection, kept: [UInt64]) async throws {
            for height in 0...last {
                guard kept.contains(height) else {
                    try await expectNotKept(chain, rpc, height)
                    continue
                }
                if height > 0 { try await checkProof(chain, rpc, height) }
                let account = try await rpc.call(
                    "cairn_getAccount", [.string(chain.alice.address.description), .unsigned(height)])
                #expect(account["height"]?.uint64Value == height)
                let balance = account["holdings"]?.arrayValue?.first?["balance"]?.stringValue
                #expect(balance == expected(height).map { "\($0)" })
            }
        }

        private static func key(_ account: Address) throws -> JSON {
            .string(AssetStore.holdingKey(try #require(AssetSymbol("GOLD")), account).hexadecimal)
        }

        private static func checkProof(_ chain: LiveChain, _ rpc: RPCConnection, _ height: UInt64) async throws {
            let found = try await rpc.call(
                "cairn_getProof",
                ["contract": assets, "key": try key(chain.alice.address), "height": .unsigned(height)])
            #expect(found["height"]?.uint64Value == height)
            let bytes = try #require(found["proof"]?.stringValue.flatMap([UInt8].init(hexadecimal:)))
            var client = LightClient(genesis: try genesis(chain), verifier: SerialVerifier())
            let proof = try LedgerProof(canonicalBytes: bytes)
            let statement = try proof.verify(with: &client)
            #expect(statement.height == height)
            guard case .key(let subject) = proof.subject else {
                Issue.record("not the proof of a key")
                return
            }
            let holding = try subject.value.map { try Holding(canonicalBytes: $0.bytes) }
            #expect(holding?.balance.uint64 == expected(height))
            let answer = try await rpc.call(
                "cairn_call",
                [
                    "contract": assets, "method": "balance", "height": .unsigned(height),
                    "arguments": .string(AssetArguments.balance("GOLD", of: chain.alice.address).hexadecimal),
                ])
            #expect(answer["height"]?.uint64Value == height)
            let value = answer["value"]?.stringValue.flatMap([UInt8].init(hexadecimal:)) ?? []
            if height >= 2 { #expect(try Holding(canonicalBytes: value) == holding) }
        }

        private static func expectNotKept(_ chain: LiveChain, _ rpc: RPCConnection, _ height: UInt64) async throws {
            let account = JSON.string(chain.alice.address.description)
            for answer in try await rpc.calls([
                ("cairn_getAccount", [account, .unsigned(height)]),
                (
                    "cairn_getProof",
                    ["contract": assets, "key": try key(chain.alice.address), "height": .unsigned(height)]
                ),
                ("cairn_call", ["contract": assets, "method": "kind", "height": .unsigned(height)]),
            ]) {
                guard case .failure(let refusal) = answer else {
                    Issue.record("height \(height) was answered")
                    continue
                }
                #expect(refusal.code == notKept && refusal.message.contains("kept whole: 0, 20"), "\(refusal)")
            }
        }

        private static let kept: [UInt64] = Array(0...7) + Array(20...last)

        @Test(.timeLimit(.minutes(2))) func earlierHeightsAreProvenAndAskedAfterARestartToo() async throws {
            let chain = try await Self.chain()
            try await Self.wait(chain.rpc, for: [20, 25])
            try await Self.check(chain, chain.rpc, kept: Self.kept)
            try await checkCommands(chain)
            chain.node.kill()
            let again = try NodeProcess(chain.folder, chain.program)
            let rpc = try RPCConnection(again.endpoint)
            try await Self.wait(rpc, for: [20, 25])
            try await Self.check(chain, rpc, kept: Self.kept)
            #expect(again.stop() == .exited(0), "\(again.process.errors)")
            // A state that is lost is made again, and with it the checkpoints.
            for name in ["state", "checkpoints"] {
                try FileManager.default.removeItem(atPath: "\(chain.folder)/data/\(name)")
            }
            let third = try NodeProcess(chain.folder, chain.program)
            try await Self.check(chain, try RPCConnection(third.endpoint), kept: Self.kept)
            #expect(third.stop() == .exited(0), "\(third.process.errors)")
            let verified = try chain.program.run("ledger", "verify", "--directory", chain.folder, "--json")
            #expect(verified.json?["height"]?.uint64Value == Self.last, "\(verified.output)")
        }

        private func checkCommands(_ chain: LiveChain) async throws {
            let (address, file) = (chain.alice.address.description, "\(chain.folder)/proof.bin")
            let node = ["--node", chain.node.endpoint, "--json"]
            let shown = try chain.program.run(["account", "show", address, "--height", "22"] + node)
            #expect(shown.json?["holdings"]?.arrayValue?.first?["balance"] == "980", "\(shown)")
            let got = try chain.program.run(
                ["proof", "get", "--asset", "GOLD", "--account", address, "--height", "22", "--output", file] + node)
            #expect(got.isSuccess, "\(got)")
            let proven = try chain.program.run(
                "proof", "verify", file, "--genesis", "\(chain.folder)/genesis.bin", "--json")
            #expect(proven.json?["height"] == 22 && proven.json?["balance"] == "980", "\(proven)")
            let refused = try chain.program.run(["account", "show", address, "--height", "12"] + node)
            #expect(refused.json?["error"]?.stringValue?.contains("block 12 is not kept") == true, "\(refused)")
            let wrong = try chain.program.run(["proof", "get", "--transaction", address, "--height", "3"] + node)
            #expect(wrong.ending == .exited(2), "\(wrong)")
        }

        /// Without checkpoints, and with one whose files are gone.
        @Test(.timeLimit(.minutes(2))) func whatIsMissingIsAnErrorOfTheQuestionOnly() async throws {
            let chain = try await Self.chain()
            try await Self.wait(chain.rpc, for: [20, 25])
            #expect(chain.node.stop() == .exited(0))
            try FileManager.default.removeItem(atPath: "\(chain.folder)/data/checkpoints/25/CURRENT")
            let again = try NodeProcess(chain.folder, chain.program)
            let rpc = try RPCConnection(again.endpoint)
            let account = JSON.string(chain.alice.address.description)
            let answers = try await rpc.calls([
                ("cairn_getAccount", [account, 26]), ("cairn_getAccount", [account, 24]),
                ("cairn_getAccount", [account, .unsigned(Self.last + 1)]), ("cairn_getAccount", [account]),
            ])
            guard case .failure(let damaged) = answers[0], case .success(let whole) = answers[1],
                case .failure(let future) = answers[2], case .success(let newest) = answers[3]
            else {
                Issue.record("\(answers)")
                return
            }
            #expect(damaged.code == -32603 && damaged.message.contains("checkpoints/25"), "\(damaged)")
            #expect(whole["height"] == 24 && newest["height"]?.uint64Value == Self.last)
            #expect(future.code == -32602 && future.message.contains("there is no block 28 yet"))
            #expect(again.stop() == .exited(0), "\(again.process.errors)")
            // A node that keeps none removes what there is.
            try LiveChain.configure(chain.folder, ["keptCheckpoints": 0])
            let third = try NodeProcess(chain.folder, chain.program)
            let bare = try RPCConnection(third.endpoint)
            try await Self.wait(bare, for: [])
            #expect(try await bare.call("cairn_getAccount", [account, 7])["height"] == 7)
            let refused = try await bare.calls([("cairn_getAccount", [account, 8])])[0]
            guard case .failure(let refusal) = refused else {
                Issue.record("height 8 was answered")
                return
            }
            #expect(refusal.code == Self.notKept && refusal.message.hasSuffix("kept whole: 0"), "\(refusal)")
            let folder = try FileManager.default.contentsOfDirectory(atPath: "\(chain.folder)/data/checkpoints")
            #expect(folder == ["LOCK"])
        }
    }
}

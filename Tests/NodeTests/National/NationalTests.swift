import Contracts
import Cryptography
import Foundation
import HTTP
import Ledger
import Primitives
import SystemTestSupport
import Testing

extension NodeTests {
    /// A chain of the national suite, on the level of its texts.
    @Suite struct NationalTests {
        /// Accounts of all schemes; the first is the issuer of GOLD, and each passes some on to the next.
        private static func chain() async throws -> (LiveChain, [TestAccount]) {
            let chain = try LiveChain(suite: .national)
            let accounts = try SignatureScheme.allCases.map { scheme in
                try TestAccount(10 + scheme.rawValue, scheme: scheme, suite: .national)
            }
            let first = accounts[3]
            _ = try await succeed(chain, first, "create", AssetArguments.create("GOLD"))
            _ = try await succeed(
                chain, first, "issue", AssetArguments.movement("GOLD", to: first.address, 1000))
            var holder = first
            for account in accounts.dropLast() {
                _ = try await succeed(
                    chain, holder, "transfer", AssetArguments.movement("GOLD", to: account.address, 100))
                holder = account
                _ = try await succeed(
                    chain, holder, "transfer", AssetArguments.movement("GOLD", to: first.address, 1))
                _ = try await succeed(
                    chain, first, "transfer", AssetArguments.movement("GOLD", to: account.address, 50))
            }
            return (chain, accounts)
        }

        private static func succeed(
            _ chain: LiveChain, _ account: TestAccount, _ method: String, _ arguments: [UInt8]
        ) async throws {
            let receipt = try await chain.submit(account, method, arguments)
            #expect(receipt["status"] == "success", "\(receipt)")
        }

        @Test func `accounts of all schemes live on one chain`() async throws {
            let (chain, accounts) = try await Self.chain()
            let terms = try await chain.rpc.call("cairn_chain")
            #expect(terms["suite"] == "national")
            #expect(terms["certifiers"]?[0]?.stringValue?.hasPrefix("sm2:") == true)
            var sum: UInt64 = 0
            for account in accounts {
                let shown = try await chain.rpc.call("cairn_getAccount", [.string(account.address.description)])
                #expect(shown["authentication"] == "address")
                sum += try UInt64(#require(shown["holdings"]?[0]?["balance"]?.stringValue)) ?? 0
            }
            #expect(sum == 1000)
            #expect(chain.node.stop() == .exited(0))
            let verified = try chain.program.run("ledger", "verify", "--directory", chain.folder, "--json")
            #expect(verified.isSuccess && verified.json?["transactions"] == 11, "\(verified)")
            let again = try NodeProcess(chain.folder, chain.program)
            #expect(again.stop() == .exited(0))
        }

        /// Nothing hashes or signs with another cipher where the suite decides: others' SM3 and SM2 give all that the
        /// chain says, and SHA-256 gives none of it.
        @Test(.enabled(if: NationalPeer.areThere, Comment(rawValue: NationalPeer.missing)))
        func `other implementations compute the same`() async throws {
            let (chain, accounts) = try await Self.chain()
            let (endpoint, scratch) = (chain.node.endpoint, chain.program.scratch)
            let kinds: Set<String> = [
                "genesis", "parents", "block hashes", "certificates", "transactions' roots", "receipts' roots",
                "identities", "signatures of accounts", "state proofs", "addresses of Ethereum",
                "addresses of scheme 1", "addresses of scheme 3", "addresses of scheme 4",
            ]
            for hash in ["gmssl", "tongsuopy"] {
                let counts = try NationalPeer.recompute(endpoint, hash: hash, scratch: scratch)
                #expect(Set(counts.keys) == kinds)
                for (kind, count) in counts {
                    #expect(count.right > 0 && count.wrong == 0, "\(hash), \(kind): \(count)")
                }
                // One of presence and one of absence for each account.
                #expect(counts["state proofs"]?.right == UInt64(2 * accounts.count))
            }
            let counts = try NationalPeer.recompute(endpoint, hash: "sha256", scratch: scratch)
            for kind in kinds where kind != "addresses of Ethereum" {
                let count = counts[kind] ?? (0, 0)
                #expect(count.right == 0 && count.wrong > 0, "with SHA-256, \(kind): \(count)")
            }
            #expect(counts["addresses of Ethereum"]?.wrong == 0)
        }

        @Test func `a genesis with keys of the other suite is refused`() throws {
            let program = CairnProgram(scratch: try ScratchFolder())
            let folder = try program.createChain(arguments: ["--suite", "national"])
            let genesis = "\(folder)/genesis.bin"
            var bytes = [UInt8](try Data(contentsOf: URL(filePath: genesis)))
            // The suite stands behind the version and the name "cairn".
            #expect(bytes[8] == Suite.national.rawValue)
            bytes[8] = Suite.international.rawValue
            try Data(bytes).write(to: URL(filePath: genesis))
            let result = try program.run("node", "run", "--config", "\(folder)/node.json")
            #expect(result.ending == .exited(1))
            #expect(result.errors.contains("a validator's key is of sm2"), "\(result.errors)")
        }
    }
}

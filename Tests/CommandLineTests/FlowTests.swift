import CairnClient
import Foundation
import HTTP
import SystemTestSupport
import Testing

extension CommandLineTests {
    /// What a person does with a chain, from the first account to the proof that somebody else checks.
    @Suite struct FlowTests {
        private static let secret = "4646464646464646464646464646464646464646464646464646464646464646"
        /// The address of that secret in EIP-155's example.
        private static let importedAddress = "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f"

        @Test func fromAnAccountToAProof() throws {
            let line = try CommandLine()
            let (alice, bob) = try accounts(line)
            try assets(line, bob)
            try failures(line)
            try show(line, alice)
            let proofs = try getProofs(line, bob)
            #expect(line.node.stop() == .exited(0))
            try verify(line, proofs, bob)
        }

        private func accounts(_ line: CommandLine) throws -> (alice: String, bob: String) {
            #expect(try line.json("account", "list") == ["accounts": [], "refused": []])
            let alice = try #require(try line.json("account", "create", "alice")["address"]?.stringValue)
            let secret = try line.program.scratch.write(Array((Self.secret + "\n").utf8), to: "secret")
            let imported = try line.json(
                "account", "import", "bob", "--secret-file", secret, "--scheme", "secp256k1")
            #expect(imported["address"]?.stringValue == Self.importedAddress)
            let list = try line.json("account", "list")["accounts"]?.arrayValue ?? []
            #expect(list.map { $0["name"] } == ["alice", "bob"])
            #expect(list.map { $0["scheme"] } == ["ed25519", "secp256k1"])
            #expect(try line.run("account", "list").contains(alice))
            #expect(try line.run("account", "show", "alice").contains("holds nothing"))
            #expect(try line.refusal("account", "create", "alice").contains("alice"))
            #expect(try line.refusal("account", "show", "carol").contains("neither an address"))
            try line.program.scratch.write([1, 2], to: "accounts/broken.key.json")
            let broken = try line.json("account", "list")
            #expect(broken["accounts"]?.arrayValue?.count == 2 && broken["refused"]?.arrayValue?.count == 1)
            try FileManager.default.removeItem(atPath: line.program.scratch.file("accounts/broken.key.json"))
            return (alice, Self.importedAddress)
        }

        private func assets(_ line: CommandLine, _ bob: String) throws {
            #expect(
                try line.run("asset", "create", "GOLD", "--as", "alice", "--decimals", "3").contains("committed"))
            let issued = try line.json("asset", "issue", "GOLD", "1000", "--to", "alice", "--as", "alice")
            #expect(issued["status"] == "committed" && issued["receipt"]?["height"] == 2)
            #expect(
                try line.run("asset", "transfer", "GOLD", "12.5", "--to", bob, "--as", "alice").contains("block 3"))
            _ = try line.json("asset", "transfer", "GOLD", "0.001", "--to", "alice", "--as", "bob")
            #expect(try line.run("asset", "balance", "GOLD", "alice") == "987.501 GOLD\n")
            let balance = try line.json("asset", "balance", "GOLD", "bob")
            #expect(balance["balance"] == "12.499" && balance["smallestUnits"] == "12499")
            #expect(try line.run("account", "show", "bob").contains("12.499 GOLD"))
        }

        private func failures(_ line: CommandLine) throws {
            let tooMuch = try line.refusal("asset", "transfer", "GOLD", "5000", "--to", "alice", "--as", "bob")
            #expect(tooMuch.contains("balanceTooSmall") || tooMuch.contains("failed in block"))
            let notIssuer = try line.refusal("asset", "issue", "GOLD", "1", "--to", "bob", "--as", "bob")
            #expect(notIssuer.contains("only the issuer"))
            #expect(try line.refusal("asset", "balance", "SILVER", "alice").contains("there is no asset SILVER"))
            #expect(try line.refusal("asset", "balance", "gold", "alice").contains("not an asset's symbol"))
            #expect(
                try line.refusal("asset", "transfer", "GOLD", "1.2345", "--to", "bob", "--as", "alice")
                    .contains("not an amount"))
            let wrong = try line.program.scratch.write(Array("wrong\n".utf8), to: "wrong")
            #expect(
                try line.refusal(
                    "asset", "transfer", "GOLD", "1", "--to", "bob", "--as", "alice", "--passphrase-file", wrong
                ).contains("passphrase is wrong"))
            #expect(
                try line.refusal("asset", "balance", "GOLD", "alice", "--node", "http://127.0.0.1:1")
                    .contains("is the node running?"))
        }

        private func show(_ line: CommandLine, _ alice: String) throws {
            let block = try line.json("block", "show", "3")
            let identity = try #require(block["transactions"]?[0]?.stringValue)
            let shown = try line.json("transaction", "show", identity)
            #expect(shown["transaction"]?["sender"]?.stringValue == alice)
            #expect(shown["receipt"]?["status"] == "success")
            #expect(try line.run("transaction", "show", identity).contains("Transferred"))
            #expect(try line.run("block", "show", "3").contains(identity))
            #expect(try line.json("block", "show")["height"]?.uint64Value ?? 0 >= 4)
            #expect(try line.refusal("block", "show", "99999").contains("there is no block 99999"))
            #expect(try line.refusal("block", "show", "last", status: 2).contains("latest"))
            let unknown = "0x" + String(repeating: "00", count: 32)
            #expect(try line.refusal("transaction", "show", unknown).contains("no block holds"))
            #expect(try line.refusal("proof", "get", "--transaction", unknown).contains("no block holds"))
        }

        private func getProofs(_ line: CommandLine, _ bob: String) throws -> [String] {
            let files = ["balance.proof", "absent.proof", "receipt.proof"].map(line.program.scratch.file)
            _ = try line.json("proof", "get", "--asset", "GOLD", "--account", "bob", "--output", files[0])
            let nobody = "0x" + String(repeating: "11", count: 20)
            #expect(
                try line.run("proof", "get", "--asset", "GOLD", "--account", nobody, "--output", files[1])
                    .contains("proof verify"))
            let identity = try #require(try line.json("block", "show", "3")["transactions"]?[0]?.stringValue)
            _ = try line.json("proof", "get", "--transaction", identity, "--output", files[2])
            #expect(try line.refusal("proof", "get", "--asset", "GOLD", status: 2).contains("--account"))
            return files
        }

        /// All of this happens with no node.
        private func verify(_ line: CommandLine, _ proofs: [String], _ bob: String) throws {
            let genesis = "\(line.folder)/genesis.bin"
            let balance = try line.json("proof", "verify", proofs[0], "--genesis", genesis)
            #expect(balance["asset"] == "GOLD" && balance["balance"] == "12499")
            #expect(balance["account"]?.stringValue == bob)
            #expect(try line.run("proof", "verify", proofs[0], "--genesis", genesis).contains("holds 12499"))
            let absent = try line.json("proof", "verify", proofs[1], "--genesis", genesis)
            #expect(absent["balance"] == "0" && absent["value"] == .null)
            #expect(try line.json("proof", "verify", proofs[2], "--genesis", genesis)["status"] == "success")
            let other = try line.program.createChain("other")
            #expect(!(try line.refusal("proof", "verify", proofs[0], "--genesis", "\(other)/genesis.bin")).isEmpty)
            #expect(try line.refusal("proof", "verify", genesis, "--genesis", genesis).contains("not a proof"))
            #expect(try line.refusal("proof", "verify", proofs[0], "--genesis", proofs[0]).contains("not a genesis"))
            for proof in proofs { try tamper(line, proof, genesis) }
            let verified = try line.json("ledger", "verify", "--directory", line.folder)
            // Four that took effect, and two that failed, each of them sent twice.
            #expect(verified["transactions"] == 8)
            #expect(try line.run("ledger", "verify", "--directory", line.folder).contains("8 transactions"))
            #expect(try line.refusal("ledger", "verify", "--directory", other).contains("has the node ever run?"))
        }

        /// No bit of a proof may be turned, and none may be missing.
        private func tamper(_ line: CommandLine, _ proof: String, _ genesis: String) throws {
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: proof)))
            let genesisBytes = [UInt8](try Data(contentsOf: URL(filePath: genesis)))
            func fact(_ changed: [UInt8]) -> String? {
                try? ProofDocument(bytes: changed).verify(genesisBytes: genesisBytes).statement
            }
            let original = try #require(fact(bytes))
            // A proof of absence also proves the absence of other keys in the same empty place, and then says which.
            func isProof(_ changed: [UInt8]) -> Bool {
                guard let fact = fact(changed) else { return false }
                let isOtherAbsence = fact.contains("holds 0 of") || fact.contains("holds nothing at key")
                return !(original.contains("holds 0 of") && isOtherAbsence && fact != original)
            }
            for bit in 0..<8 * bytes.count {
                var changed = bytes
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(!isProof(changed), "with bit \(bit) turned \(proof) still passes")
            }
            for count in 0..<bytes.count { #expect(!isProof(Array(bytes.prefix(count)))) }
            #expect(!isProof(bytes + [0]))
            // The program itself says so, and does not fall over.
            for place in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 20)) {
                var changed = bytes
                changed[place] ^= 0xFF
                let file = try line.program.scratch.write(changed, to: "tampered.proof")
                let result = try line.program.run("proof", "verify", file, "--genesis", genesis)
                guard fact(changed) == nil else { continue }
                #expect(result.ending == .exited(1) && result.errorLines.count == 1, "byte \(place): \(result)")
            }
        }
    }
}

import CairnClient
import Foundation
import HTTP
import SystemTestSupport
import Testing

extension CommandLineTests {
    /// Accounts whose keys change, and transactions that several members sign, on a chain of the national suite.
    @Suite struct KeyTests {
        @Test func fromARotationToAPolicy() throws {
            let line = try CommandLine(chain: ["--suite", "national"])
            let addresses = try accounts(line)
            try rotate(line, addresses[0])
            try policy(line, addresses[0])
            try members(line, addresses[0])
            try allowances(line)
            #expect(line.node.stop() == .exited(0))
            #expect(try line.run("ledger", "verify", "--directory", line.folder).contains("right"))
        }

        private func accounts(_ line: CommandLine) throws -> [String] {
            // The suite, and by it the scheme, come from the chain.
            let alice = try line.json("account", "create", "alice")
            #expect(alice["scheme"] == "sm2" && alice["suite"] == "national")
            var addresses = [alice["address"]?.stringValue ?? ""]
            for (name, scheme) in [("ann", "sm2"), ("bea", "ed25519"), ("cid", "p256"), ("dan", "secp256k1")] {
                let made = try line.json("account", "create", name, "--scheme", scheme)
                addresses.append(made["address"]?.stringValue ?? "")
            }
            let list = try line.json("account", "list")["accounts"]?.arrayValue ?? []
            #expect(list.map { $0["address"]?.stringValue } == addresses)
            #expect(list.map { $0["suite"] } == ["national", "national", "national", "national", .null])
            // An account of the other suite has no address on this chain.
            let other = try line.json("account", "create", "eve", "--suite", "international")
            #expect(other["scheme"] == "ed25519")
            #expect(try line.refusal("asset", "create", "TIN", "--as", "eve").contains("the other suite"))
            _ = try line.json("asset", "create", "GOLD", "--as", "alice", "--decimals", "0")
            _ = try line.json("asset", "issue", "GOLD", "100", "--to", "alice", "--as", "alice")
            return addresses
        }

        private func rotate(_ line: CommandLine, _ alice: String) throws {
            #expect(try line.run("account", "keys", "alice").contains("the key that the address is made of"))
            _ = try line.json("account", "rotate", "alice", "--to", "ann")
            let shown = try line.json("account", "keys", "alice")
            #expect(shown["authentication"]?["threshold"] == 1 && shown["address"]?.stringValue == alice)
            #expect(try line.run("account", "keys", alice).contains("(ann)"))
            // The name goes on, signed for by the new key; the old one does not act any more.
            _ = try line.json("asset", "transfer", "GOLD", "1", "--to", "bea", "--as", "alice")
            let old = try line.refusal(
                "asset", "transfer", "GOLD", "1", "--to", "bea", "--as", "alice", "--with-key", "alice")
            #expect(old.contains("acts for none of the accounts that must sign"))
            // Nor does the name need the old key's file.
            try FileManager.default.removeItem(atPath: line.program.scratch.file("accounts/alice.key.json"))
            _ = try line.json("asset", "transfer", "GOLD", "1", "--to", "bea", "--as", "alice")
            #expect(try line.run("account", "list").contains("address only"))
            #expect(try line.refusal("account", "rotate", "alice", "--to", "nobody").contains("nobody"))
            #expect(try line.refusal("account", "add", "bea", alice).contains("already"))
        }

        private func policy(_ line: CommandLine, _ alice: String) throws {
            let bad = try line.refusal("account", "policy", "alice", "--key", "bea", "--threshold", "2")
            #expect(bad.contains("threshold from 1 to the sum of the weights"))
            _ = try line.json(
                "account", "policy", "alice", "--key", "bea:1", "--key", "cid:1", "--key", "dan:2", "--threshold", "3")
            let shown = try line.json("account", "keys", "alice")["authentication"]
            #expect(shown?["threshold"] == 3 && shown?["keys"]?.arrayValue?.count == 3)
            #expect(try line.run("account", "show", "alice").contains("by 3 keys, threshold 3"))
            let few = try line.refusal(
                "asset", "transfer", "GOLD", "1", "--to", "bea", "--as", "alice", "--with-key", "bea", "--with-key",
                "cid")
            #expect(few.contains("has 2 of 3") && few.contains("--output FILE"))
            _ = try line.json(
                "asset", "transfer", "GOLD", "1", "--to", "bea", "--as", "alice", "--with-key", "bea", "--with-key",
                "dan")
        }

        /// Members with key stores of their own pass a file from hand to hand.
        private func members(_ line: CommandLine, _ alice: String) throws {
            let scratch = line.program.scratch
            var stores: [String: String] = [:]
            for name in ["bea", "dan"] {
                let store = scratch.file("store-\(name)")
                _ = try line.json("account", "list", "--keystore", store)
                try FileManager.default.copyItem(
                    atPath: scratch.file("accounts/\(name).key.json"), toPath: "\(store)/\(name).key.json")
                stores[name] = store
            }
            let (bea, dan) = (stores["bea"] ?? "", stores["dan"] ?? "")
            let (file, copy) = (scratch.file("transfer.bin"), scratch.file("copy.bin"))
            _ = try line.json("account", "add", "treasury", alice, "--keystore", bea)
            let to = "0x" + String(repeating: "12", count: 20)
            let written = try line.json(
                "asset", "transfer", "GOLD", "7", "--to", to, "--as", "treasury", "--keystore", bea, "--output", file,
                "--expires-in", "122s")
            #expect(written["isComplete"] == false && written["missing"]?.arrayValue?.count == 1)
            #expect(try line.refusal("transaction", "submit", file).contains("has 1 of 3"))
            // Signing needs no node.
            let signed = try line.run(
                "transaction", "sign", file, "--as", "dan", "--keystore", dan, "--output", copy)
            #expect(signed.contains("transfers 7 of the smallest units of GOLD") && signed.contains(to))
            #expect(try line.refusal("transaction", "sign", file, "--as", "ann").contains("acts for an account"))
            try tamper(line, copy)
            #expect(try line.json("transaction", "join", file, copy)["isComplete"] == true)
            #expect(try line.run("transaction", "submit", file).contains("committed"))
            #expect(try line.run("asset", "balance", "GOLD", to) == "7 GOLD\n")
        }

        /// No bit of a file that somebody has signed may be turned without notice, unless it is no part of what is
        /// signed: the chain's name, and what the file knows of others' keys.
        private func tamper(_ line: CommandLine, _ file: String) throws {
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: file)))
            let original = try TransactionDocument(bytes: bytes)
            for bit in 0..<8 * bytes.count {
                var changed = bytes
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                guard let document = try? TransactionDocument(bytes: changed) else { continue }
                let isSame = document.identity == original.identity && document.chainSuite == original.chainSuite
                #expect(isSame, "with bit \(bit) turned it is taken for another transaction")
            }
            for count in 0..<bytes.count {
                #expect((try? TransactionDocument(bytes: Array(bytes.prefix(count)))) == nil)
            }
            let broken = try line.program.scratch.write(Array(bytes.dropLast()), to: "broken.bin")
            #expect(try line.refusal("transaction", "submit", broken).contains("not a transaction to sign"))
        }

        private func allowances(_ line: CommandLine) throws {
            _ = try line.json("asset", "approve", "GOLD", "2", "--spender", "cid", "--as", "bea")
            #expect(try line.run("asset", "allowance", "GOLD", "--owner", "bea", "--spender", "cid") == "2 GOLD\n")
            _ = try line.json("asset", "transfer-from", "GOLD", "1", "--from", "bea", "--to", "dan", "--as", "cid")
            let much = try line.refusal(
                "asset", "transfer-from", "GOLD", "2", "--from", "bea", "--to", "dan", "--as", "cid")
            #expect(much.contains("allowanceTooSmall"))
            _ = try line.json("asset", "burn", "GOLD", "1", "--as", "dan")
            #expect(try line.json("asset", "balance", "GOLD", "dan")["balance"] == "0")
            let issuer = ["--as", "alice", "--with-key", "dan", "--with-key", "bea"]
            let frozen = try line.program.run(["asset", "freeze", "GOLD", "--account", "bea"] + issuer)
            #expect(frozen.isSuccess, "\(frozen)")
            #expect(try line.json("asset", "balance", "GOLD", "bea")["isFrozen"] == true)
            let thawed = try line.program.run(["asset", "unfreeze", "GOLD", "--account", "bea"] + issuer)
            #expect(thawed.isSuccess, "\(thawed)")
            #expect(try line.json("asset", "balance", "GOLD", "bea")["isFrozen"] == false)
        }
    }
}

import CairnClient
import Foundation
import HTTP
import SystemTestSupport
import Testing

extension CommandLineTests {
    /// What was, and what happens, as people and programs read it.
    @Suite struct HistoryTests {
        /// Alice issues 100.00 of GOLD to herself, and gives Bob 1.00 in each of some blocks, of which she has too little at
        /// last.
        private static func world(transfers: Int) async throws -> (line: CommandLine, alice: String, bob: String) {
            let line = try CommandLine()
            let names = try ["alice", "bob"].map {
                try line.json("account", "create", $0)["address"]?.stringValue ?? ""
            }
            let client = try CairnClient(endpoint: line.node.endpoint)
            let alice = try AccountStore(directory: line.program.scratch.file("accounts")).open(
                "alice", passphrase: "correct horse")
            let bob = try #require(AccountAddress(names[1]))
            _ = try await client.assets.create("GOLD", name: "GOLD", decimals: 2, issuer: alice)
            _ = try await client.assets.issue("GOLD", amount: "100.00", to: alice.address, issuer: alice)
            for _ in 0..<transfers {
                _ = try await client.assets.transfer("GOLD", amount: "1.00", to: bob, from: alice)
            }
            return (line, names[0], names[1])
        }

        @Test func whatWas() async throws {
            let (line, alice, bob) = try await Self.world(transfers: 25)
            let failed = try line.refusal("asset", "transfer", "GOLD", "99", "--to", "alice", "--as", "bob")
            #expect(failed.contains("balanceTooSmall"))
            try asset(line, alice)
            try account(line, bob)
            try keys(line, bob)
            try events(line, alice, bob)
            try refusals(line)
        }

        private func asset(_ line: CommandLine, _ alice: String) throws {
            let newest = try line.json("history", "asset", "GOLD", "--account", "bob")
            let items = newest["items"]?.arrayValue ?? []
            // 25 balances, of which 20 are given unless told otherwise.
            #expect(items.map { $0["balance"]?.stringValue } == (6...25).reversed().map { "\($0).00" })
            #expect(items[0]["smallestUnits"] == "2500" && items[0]["isFrozen"] == false && items[0]["value"] == nil)
            #expect(items[0]["height"] == 27 && (items[0]["time"]?.uint64Value ?? 0) > 0)
            let next = try #require(newest["next"]?["height"]?.uint64Value)
            let place = "\(next).\(newest["next"]?["index"]?.uint64Value ?? 0)"
            let rest = try line.json("history", "asset", "GOLD", "--account", "bob", "--after", place)
            #expect(
                (rest["items"]?.arrayValue ?? []).map { $0["balance"]?.stringValue }
                    == (1...5).reversed().map { "\($0).00" })
            #expect(rest["next"] == .null)
            let shown = try line.program.run(
                "history", "asset", "GOLD", "--account", "alice", "--oldest", "--limit", "2")
            let lines = shown.output.split(separator: "\n")
            #expect(lines.count == 3 && lines[0].hasPrefix("block  time") && !shown.output.contains("\u{1B}"))
            #expect(lines[1].contains("100.00 GOLD") && lines[2].contains("99.00 GOLD"), "\(shown)")
            let identity = try #require(items[0]["transaction"]?.stringValue)
            #expect(try line.run("history", "asset", "GOLD", "--account", "bob", "--limit", "1").contains(identity))
            #expect(shown.errors.contains("--after"))
            let some = try line.json("history", "asset", "GOLD", "--account", alice, "--from", "5", "--to", "7")
            #expect((some["items"]?.arrayValue ?? []).map { $0["height"]?.uint64Value } == [7, 6, 5])
            let nobody = "0x" + String(repeating: "11", count: 20)
            let nothing = try line.program.run("history", "asset", "GOLD", "--account", nobody)
            #expect(nothing.isSuccess && nothing.output.isEmpty && nothing.errors == "nothing found\n")
        }

        private func account(_ line: CommandLine, _ bob: String) throws {
            let all = try line.json("history", "account", "bob", "--limit", "1000", "--oldest")
            #expect(all["items"]?.arrayValue?.count == 27 && all["next"] == .null)
            #expect(
                (all["items"]?.arrayValue ?? []).map { $0["status"] }.suffix(3) == ["success", "failure", "failure"])
            let shown = try line.run("history", "account", bob, "--limit", "3")
            let lines = shown.split(separator: "\n")
            #expect(
                lines.count == 4 && lines[1].contains("balanceTooSmall") && lines[3].contains("Transferred"), "\(shown)"
            )
        }

        private func keys(_ line: CommandLine, _ bob: String) throws {
            // "h", the account, the symbol: see the guide for contract developers.
            let key = "0x68" + bob.dropFirst(2) + "474f4c44"
            let values = try line.json("history", "key", "assets", key, "--limit", "100")["items"]?.arrayValue ?? []
            #expect(values.count == 25 && values[0]["value"]?.stringValue?.hasPrefix("0xc409") == true)
            #expect(try line.run("history", "key", "assets", key, "--limit", "1").contains("0xc409"))
        }

        private func events(_ line: CommandLine, _ alice: String, _ bob: String) throws {
            let issued = try line.run("history", "events", "assets", "Issued")
            #expect(issued.contains("Issued 100.00 GOLD to \(alice)"), "\(issued)")
            let moved = try line.run("history", "events", "assets", "Transferred", "--account", "bob", "--limit", "4")
            #expect(moved.split(separator: "\n").count == 5)
            #expect(moved.contains("Transferred 1.00 GOLD from \(alice) to \(bob)"))
            let topic = "0x" + String(repeating: "0", count: 24) + bob.dropFirst(2)
            let found = try line.json("history", "events", "assets", "Transferred", "--topic", topic, "--limit", "100")
            #expect(found["items"]?.arrayValue?.count == 25)
            #expect(try line.json("history", "events", "accounts", "AuthenticationSet")["items"] == [])
        }

        private func refusals(_ line: CommandLine) throws {
            let events = ["history", "events", "assets", "Issued"]
            for (words, text) in [
                (["history", "account", "bob", "--newest", "--oldest"], "exclude each other"),
                (["history", "account", "bob", "--limit", "0"], "from 1 on"),
                (["history", "account", "bob", "--after", "12"], "as 120.0"),
                (events + ["--account", "bob", "--topic", "0x00"], "exclude each other"),
                (["history", "events", "money", "Issued"], "a contract is an address"),
                (["watch", "blocks", "--count", "0"], "from 1 on"),
            ] {
                let result = try line.program.run(words)
                #expect(result.ending == .exited(2) && result.errors.contains(text), "\(words): \(result)")
            }
            #expect(try line.refusal("history", "asset", "TIN", "--account", "bob").contains("there is no asset TIN"))
            #expect(try line.refusal("history", "key", "assets", "0xz").contains("\"key\" must be"))
            let nowhere = try line.refusal("watch", "blocks", "--node", "http://127.0.0.1:1")
            #expect(nowhere.contains("is the node running?"))
        }

        @Test func theMethodsOfTheNode() throws {
            let line = try CommandLine()
            let shown = try line.run("node", "methods")
            #expect(shown.contains("cairn_getBlock  the block of a height\n    height\n"))
            #expect(shown.contains("cairn_subscribe") && shown.contains("(over a WebSocket)"))
            let document = try line.json("node", "methods")
            #expect(document["openrpc"]?.stringValue?.hasPrefix("1.") == true)
            #expect(document["methods"]?.arrayValue?.count == shown.split(separator: "\n").count { !$0.hasPrefix(" ") })
        }
    }
}

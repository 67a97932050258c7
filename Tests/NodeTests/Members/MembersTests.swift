import Contracts
import Cryptography
import Foundation
import HTTP
import Ledger
import Primitives
import SystemTestSupport
import Testing

extension NodeTests {
    /// A chain that an organisation founds and a second one joins, by a real node and the command line.
    @Suite struct MembersTests {
        /// A terminal with the accounts of two organisations.
        private struct World {
            private(set) var program: CairnProgram
            let folder: String
            let accounts: [String: String]

            init() throws {
                let scratch = try ScratchFolder()
                let passphrase = try scratch.write(Array("correct horse\n".utf8), to: "passphrase")
                var program = CairnProgram(scratch: scratch)
                program.environment = [
                    "CAIRN_KEYSTORE": scratch.file("accounts"), "CAIRN_PASSPHRASE_FILE": passphrase,
                ]
                var accounts: [String: String] = [:]
                for name in ["alice", "bob"] {
                    let made = try program.run("account", "create", name, "--suite", "international", "--json")
                    accounts[name] = made.json?["address"]?.stringValue
                }
                self.accounts = accounts
                folder = try program.createChain(
                    arguments: ["--organisation", "acme", "--administrator", "alice"])
                self.program = program
            }

            /// From now on this node is asked.
            mutating func ask(_ node: NodeProcess) { program.environment["CAIRN_NODE"] = node.endpoint }

            func json(_ words: String...) throws -> JSON {
                let result = try program.run(words + ["--json"])
                #expect(result.isSuccess && result.errors.isEmpty, "\(words): \(result)")
                return try #require(result.json, "\(words): \(result.output)")
            }

            func refusal(_ words: String...) throws -> String {
                let result = try program.run(words)
                #expect(!result.isSuccess && result.errorLines.count == 1, "\(words): \(result)")
                return result.errors
            }

            /// The file of an organisation with an authority and an observer of its own.
            func bank(administrator: String) throws -> String {
                let folder = program.scratch.file("bank")
                _ = try json("authority", "create", "--organisation", "bank", "--directory", folder)
                _ = try json(
                    "authority", "issue", "--directory", folder, "--role", "node", "--name", "eye", "--keys",
                    program.scratch.file("bank-keys"), "--output", "\(folder)/eye.pem")
                let key = try SoftwareKey(scheme: .ed25519, seed: [UInt8](repeating: 9, count: 32)).publicKey
                let text: JSON = [
                    "name": "bank", "authorities": ["root.pem"], "administrators": [.string(administrator)],
                    "nodes": [
                        [
                            "name": "eye", "role": "observer", "consensusKey": .string(key.description),
                            "certificate": "eye.pem", "addresses": ["eye.bank.example:7000"],
                        ]
                    ],
                ]
                return try program.scratch.write(text.text, to: "bank/bank.json")
            }
        }

        @Test(.timeLimit(.minutes(3))) func aSecondOrganisationJoinsAndBothDecide() async throws {
            var world = try World()
            let genesis = try Genesis(
                canonicalBytes: [UInt8](Data(contentsOf: URL(filePath: "\(world.folder)/genesis.bin"))))
            let acme = try #require(genesis.members?.organisations.first)
            #expect(
                genesis.executionVersion == 3 && acme.administrators.map(\.description) == [world.accounts["alice"]])
            var node = try NodeProcess(world.folder, world.program)
            world.ask(node)
            let rpc = try RPCConnection(node.endpoint)
            let first = try await rpc.call("cairn_organisations")
            #expect(first["rule"] == "majority" && first["organisations"]?[0]?["name"] == "acme")
            #expect(first["organisations"]?[0]?["nodes"]?[0]?["role"] == "validator")
            try join(world)
            try decide(world)
            let shown = try await rpc.call("cairn_organisations")
            #expect(shown["rule"] == "all")
            #expect(shown["organisations"]?.arrayValue?.map { $0["name"] } == ["acme", "bank"])
            #expect(shown["organisations"]?[1]?["nodes"]?[0]?["addresses"] == ["eye.bank.example:7000"])
            let page = try await rpc.call("cairn_proposals", ["ended"])
            #expect(page["proposals"]?.arrayValue?.map { $0["number"] } == [3, 2, 1])
            #expect(page["proposals"]?.arrayValue?.map { $0["state"] } == ["executed", "rejected", "executed"])
            #expect(try await rpc.call("cairn_proposals")["proposals"] == [])
            #expect(try await rpc.call("cairn_proposal", [9]) == .null)
            // What the state holds stays so after a restart, and when the ledger is executed anew.
            #expect(node.stop() == .exited(0))
            node = try NodeProcess(world.folder, world.program)
            let again = try RPCConnection(node.endpoint)
            #expect(try await again.call("cairn_organisations") == shown)
            #expect(node.stop() == .exited(0))
            #expect(try world.json("ledger", "verify", "--directory", world.folder)["transactions"] != nil)
        }

        /// What the genesis names is what is in the chain's folder, in either suite.
        @Test func aChainIsFoundedWithAnAuthority() throws {
            for suite in Suite.allCases {
                let program = CairnProgram(scratch: try ScratchFolder())
                let folder = try program.createChain(
                    arguments: [
                        "--suite", "\(suite)", "--organisation", "acme", "--administrator",
                        Address.system(9).description,
                    ])
                func bytes(_ name: String) throws -> [UInt8] {
                    [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
                }
                let genesis = try Genesis(canonicalBytes: bytes("genesis.bin"))
                let acme = try #require(genesis.members?.organisations.first)
                #expect(genesis.suite == suite && genesis.members?.rule == .majority)
                #expect(acme.nodes.map(\.consensusKey) == genesis.epoch.orderers)
                let chain = try Certificate.all(in: bytes("node.pem"))
                let root = try Certificate(der: acme.authorities[0])
                #expect(try Certificate.all(in: bytes("authority/root.pem")) == [root])
                #expect(chain.count == 2 && chain[0].publicKey == acme.nodes[0].certificateKey)
                #expect(root.hasSigned(chain[1]) && chain[1].hasSigned(chain[0]))
                #expect(chain[0].role == .node && chain[0].subject.organisation == "acme")
            }
        }

        /// The only organisation takes in another one by itself.
        private func join(_ world: World) throws {
            let file = try world.bank(administrator: try #require(world.accounts["bob"]))
            #expect(
                try world.refusal("proposal", "create", "--as", "bob", "--rule", "all").contains("acts for no"))
            let joined = try world.json(
                "proposal", "create", "--as", "alice", "--add-organisation", file, "--note", "the bank joins")
            #expect(joined["status"] == "committed" && joined["proposal"] == 1 && joined["state"] == "executed")
            let shown = try world.json("proposal", "show", "1")
            #expect(shown["note"] == "the bank joins" && shown["tally"]?["needed"] == 1)
            #expect(shown["actions"]?[0]?["newOrganisation"]?["name"] == "bank")
            #expect(
                try world.refusal("proposal", "create", "--as", "alice", "--add-organisation", file)
                    .contains("an organisation bank already"))
            // The engine of one node stays.
            #expect(
                try world.refusal("proposal", "create", "--as", "alice", "--engine", "raft").contains("notAllowed"))
        }

        /// From then on both must agree.
        private func decide(_ world: World) throws {
            let proposed = try world.json("proposal", "create", "--as", "alice", "--rule", "1")
            #expect(proposed["proposal"] == 2 && proposed["state"] == "open")
            let list = try world.program.run("proposal", "list")
            #expect(list.output.contains("sets the voting rule to 1") && list.output.contains("acme"), "\(list)")
            #expect(try world.json("proposal", "vote", "2", "--no", "--as", "bob")["state"] == "rejected")
            #expect(try world.refusal("proposal", "vote", "2", "--yes", "--as", "bob").contains("has ended"))
            _ = try world.json("proposal", "create", "--as", "bob", "--rule", "all", "--expires", "2h")
            let text = try world.program.run("proposal", "vote", "3", "--yes", "--as", "alice")
            #expect(text.isSuccess && text.output.contains("voted on proposal 3, which is executed"), "\(text)")
            let shown = try world.program.run("proposal", "show", "3")
            for part in ["3 of bank", "sets the voting rule to all", "executed", "2 yes, 0 no; needed 2 of 2"] {
                #expect(shown.output.contains(part), "\(shown)")
            }
            let bank = try world.json("organisation", "show", "bank")
            #expect(
                bank["nodes"]?[0]?["name"] == "eye" && bank["authorities"]?[0]?["subject"] == "O=bank, CN=bank root")
            let members = try world.program.run("organisation", "list")
            #expect(members.output.contains("acme") && members.output.contains("rule: all"), "\(members)")
            let plain = try world.program.run("organisation", "show", "bank").output
            #expect(plain.contains("observer eye, eye.bank.example:7000"), "\(plain)")
            #expect(try world.refusal("organisation", "show", "none").contains("no organisation none"))
            #expect(try world.program.run("proposal", "list").errors.contains("no open proposals"))
            #expect(try world.refusal("proposal", "show", "7").contains("no proposal 7"))
        }
    }
}

import Foundation
import HTTP
import SystemTestSupport
import TestSupport
import Testing

extension CommandLineTests {
    /// `cairn authority`, from the making of an authority to the end of a certificate.
    @Suite struct AuthorityTests {
        private struct World {
            let program: CairnProgram
            let authority: String
            let keys: String
            let suite: String

            init(_ suite: String) throws {
                let scratch = try ScratchFolder()
                let passphrase = try scratch.write(Array("correct horse\n".utf8), to: "passphrase")
                program = CairnProgram(scratch: scratch, environment: ["CAIRN_PASSPHRASE_FILE": passphrase])
                (authority, keys, self.suite) = (scratch.file("acme"), scratch.file("keys"), suite)
                let made = try json(
                    "authority", "create", "--organisation", "Acme", "--directory", authority, "--suite", suite)
                #expect(made["suite"]?.stringValue == suite)
            }

            func json(_ words: String...) throws -> JSON {
                let result = try program.run(words + ["--json"])
                #expect(result.isSuccess && result.errors.isEmpty, "\(words): \(result)")
                return try #require(result.json, "\(words): \(result.output)")
            }

            func refusal(_ words: String..., status: Int32 = 1) throws -> String {
                let result = try program.run(words)
                #expect(result.ending == .exited(status) && result.output.isEmpty, "\(words): \(result)")
                #expect(status == 2 || result.errorLines.count == 1, "\(words): \(result.errors)")
                return result.errors
            }

            func list() throws -> [JSON] {
                try json("authority", "list", "--directory", authority)["certificates"]?.arrayValue ?? []
            }

            /// A certificate with a key that the command makes.
            func issue(_ name: String, _ role: String = "node", days: String = "365") throws -> String {
                let json = try json(
                    "authority", "issue", "--directory", authority, "--role", role, "--name", name, "--keys", keys,
                    "--days", days, "--output", program.scratch.file("\(name).pem"))
                return try #require(json["serial"]?.stringValue)
            }

            /// Whether OpenSSL takes the certificate in a file; lists are looked at for P-256 only, as it has no
            /// option for the identity in SM2's.
            func isTaken(_ name: String) throws -> Bool {
                let tool = try OpenSSLTool()
                let file = program.scratch.file("\(name).pem")
                guard suite == "national" else {
                    let lists = try ["issuing", "root"].map {
                        try String(contentsOfFile: "\(authority)/\($0)-revoked.pem", encoding: .utf8)
                    }
                    try tool.write(lists.joined(), to: "lists.pem")
                    return try tool.run([
                        "verify", "-x509_strict", "-crl_check_all", "-CRLfile", "lists.pem", "-CAfile",
                        "\(authority)/root.pem", "-untrusted", file, file,
                    ]).isSuccess
                }
                let options = ["verify", "-x509_strict", "-partial_chain", "-vfyopt", "distid:1234567812345678"]
                return try tool.run(options + ["-CAfile", "\(authority)/issuing.pem", file]).isSuccess
                    && tool.run(options + ["-CAfile", "\(authority)/root.pem", "\(authority)/issuing.pem"]).isSuccess
            }
        }

        @Test(arguments: ["international", "national"]) func fromTheRootToTheRevocation(suite: String) throws {
            let world = try World(suite)
            let first = try world.issue("node-1")
            if OpenSSLTool.isThere { #expect(try world.isTaken("node-1")) }
            _ = try world.issue("soon", "client", days: "21")
            // With the same key, and with a new one.
            let scratch = world.program.scratch
            let again = try world.json(
                "authority", "renew", "node-1", "--directory", world.authority, "--output", scratch.file("again.pem"))
            #expect(again["role"] == "node" && again["serial"]?.stringValue != first)
            let request = scratch.file("new.csr")
            let made = try world.json(
                "authority", "request", "--organisation", "Elsewhere", "--name", "node-1b", "--role", "auditor",
                "--suite", suite, "--keys", world.keys, "--output", request)
            #expect(made["isNewKey"] == true && made["subject"] == "O=Elsewhere, OU=cairn-auditor, CN=node-1b")
            let renewed = try world.json(
                "authority", "renew", "node-1", request, "--directory", world.authority, "--output",
                scratch.file("renewed.pem"))
            #expect(renewed["role"] == "node" && renewed["name"] == "node-1")
            if OpenSSLTool.isThere {
                for name in ["again", "renewed"] { #expect(try world.isTaken(name), "\(name)") }
            }
            // A name that means several certificates is not revoked; a serial number is.
            #expect(try world.refusal("authority", "revoke", "node-1", "--directory", world.authority).contains(first))
            let revoked = try world.json(
                "authority", "revoke", first, "--directory", world.authority, "--reason", "keyCompromise")
            #expect(revoked["number"] == 2 && revoked["revoked"]?["revocationReason"] == "keyCompromise")
            if OpenSSLTool.isThere, suite == "international" {
                #expect(try !world.isTaken("node-1") && world.isTaken("again"))
            }
            let states = try world.list().map { "\($0["name"]?.stringValue ?? "") \($0["state"]?.stringValue ?? "")" }
            #expect(
                states == [
                    "Acme root valid", "Acme issuing valid", "node-1 revoked", "soon expiring", "node-1 valid",
                    "node-1 valid",
                ])
            let table = try world.program.run("authority", "list", "--directory", world.authority).output
            #expect(table.contains("expires in 20 days") && table.contains("keyCompromise"), "\(table)")
            #expect(try world.refusal("authority", "revoke", first, "--directory", world.authority).contains("already"))
            #expect(try world.json("authority", "revoke", "--directory", world.authority)["number"] == 3)
            let roots = try world.json("authority", "revoke", "--root", "--directory", world.authority)
            #expect(roots["number"] == 2 && roots["list"]?.stringValue?.hasSuffix("/root-revoked.pem") == true)
        }

        @Test func theAuthorityItselfIsRenewedAndRevoked() throws {
            let world = try World("international")
            _ = try world.issue("node-1")
            for name in ["issuing", "root"] {
                let output = world.program.scratch.file("\(name).out")
                _ = try world.json(
                    "authority", "renew", name, "--directory", world.authority, "--days", "5000", "--output", output)
                #expect(
                    try String(contentsOfFile: output, encoding: .utf8)
                        == String(contentsOfFile: "\(world.authority)/\(name).pem", encoding: .utf8))
            }
            // What was issued before stays valid under the new ones.
            if OpenSSLTool.isThere { #expect(try world.isTaken("node-1")) }
            #expect(
                try world.refusal("authority", "revoke", "root", "--directory", world.authority).contains(
                    "give a serial number"))
            let entries = try world.list()
            let root = try #require(entries.last { $0["role"] == "root" }?["serial"]?.stringValue)
            #expect(
                try world.refusal("authority", "revoke", root, "--directory", world.authority).contains("by a vote"))
            for entry in entries where entry["role"] == "issuing" {
                _ = try world.json(
                    "authority", "revoke", entry["serial"]?.stringValue ?? "", "--directory", world.authority,
                    "--reason", "authorityCompromise")
            }
            if OpenSSLTool.isThere { #expect(try !world.isTaken("node-1")) }
            let refusal = try world.refusal(
                "authority", "issue", "--directory", world.authority, "--role", "node", "--name", "late", "--keys",
                world.keys)
            #expect(refusal.contains("is revoked; make a new one"))
        }

        @Test func mistakesAreToldBeforeAnythingIsDone() throws {
            let world = try World("international")
            let scratch = world.program.scratch
            let before = try world.list().count
            let junk = try scratch.write([0x30, 0x82, 0, 1, 2], to: "junk.csr")
            let issue = ["authority", "issue", "--directory", world.authority, "--role", "node"]
            let cases: [([String], Int32, String)] = [
                (issue, 2, "give a request, or --name and --keys"),
                (issue + [junk], 1, "junk.csr: not the DER of X.509"),
                (issue + [junk, "--keys", world.keys], 2, "give either it or --keys"),
                (issue + ["none.csr"], 1, "cannot read the request none.csr"),
                (issue + ["--name", "root", "--keys", world.keys], 1, "choose another name"),
                (issue + ["--name", "n", "--keys", world.keys, "--days", "4000"], 1, "would outlive its authority"),
                (issue + ["--name", "A B", "--keys", world.keys], 1, "can't name a key"),
                (["authority", "issue", "--directory", world.authority, "--role", "king"], 2, "--role takes node, "),
                (["authority", "renew", "nobody", "--directory", world.authority], 1, "no valid certificate"),
                (["authority", "revoke", "nobody", "--directory", world.authority], 1, "no valid certificate"),
                (
                    ["authority", "revoke", "Acme issuing", "--root", "--directory", world.authority], 2,
                    "--root is for the list alone"
                ),
                (
                    ["authority", "revoke", "--reason", "boredom", "--directory", world.authority], 2,
                    "--reason takes unspecified, keyCompromise"
                ),
                (["authority", "create", "--organisation", "B", "--directory", world.authority], 1, "is not empty"),
                (
                    ["authority", "create", "--organisation", "", "--directory", scratch.file("b")], 1,
                    "1 to 64 characters"
                ),
                (
                    [
                        "authority", "create", "--organisation", "B", "--directory", scratch.file("b"), "--days",
                        "9000",
                    ], 1, "would outlive its authority"
                ),
            ]
            for (words, status, text) in cases {
                let result = try world.program.run(words)
                #expect(result.ending == .exited(status) && result.errors.contains(text), "\(words): \(result)")
                let json = try world.program.run(words + ["--json"])
                #expect(json.json?["error"]?.stringValue != nil && json.errors.isEmpty, "\(words): \(json)")
            }
            #expect(try world.list().count == before)
            #expect(!FileManager.default.fileExists(atPath: scratch.file("b")))
            // A wrong passphrase, and a register that somebody has cut.
            let wrong = try scratch.write(Array("wrong\n".utf8), to: "wrong")
            #expect(
                try world.refusal(
                    "authority", "revoke", "--directory", world.authority, "--passphrase-file", wrong
                ).contains("the passphrase is wrong"))
            let register = URL(filePath: "\(world.authority)/authority.json")
            try Data(Data(contentsOf: register).dropLast(20)).write(to: register)
            #expect(try world.refusal("authority", "list", "--directory", world.authority).contains("is damaged"))
        }
    }
}

import Cryptography
import HTTP
import Primitives
import TestSupport
import Testing

@testable import Interfaces

extension NodeTests {
    /// What `node.json` and the file of tokens say of an endpoint, and which rights are whose.
    @Suite struct EndpointConfigurationTests {
        private static let full = #"""
            {"rpc": {"address": "0.0.0.0", "port": 8545,
             "tls": {"certificates": "e.pem", "key": "e.key", "authorities": "a.pem", "revocations": "r.pem"},
             "tokens": "tokens.json", "hosts": ["node.example", "192.0.2.1", "2001:db8::1"],
             "origins": ["https://app.example:444"],
             "limits": {"requestsPerSecond": 7, "bytesPerSecond": 65536, "connectionsPerAddress": 3}}}
            """#

        @Test func whatIsWrittenIsRead() throws {
            let configuration = try NodeConfiguration(json: Array(Self.full.utf8))
            #expect(configuration.rpcAccess.isGuarded && configuration.rpcAccess.hosts.count == 3)
            #expect(try NodeConfiguration(json: configuration.json.text) == configuration)
            let plain = NodeConfiguration()
            #expect(!plain.rpcAccess.isGuarded)
            #expect(plain.json["rpc"] == ["address": "127.0.0.1", "port": 8545])
            #expect(try NodeConfiguration(json: plain.json.text) == plain)
        }

        private static let mistakes: [(String, String)] = [
            (#"{"address": "10.0.0.1"}"#, #"there is no "rpc.tls""#),
            (#"{"address": "10.0.0.1", "tokens": "t"}"#, #"there is no "rpc.tls""#),
            (#"{"address": "10.0.0.1", "tls": {"certificates": "a", "key": "b"}}"#, #""rpc.hosts" names nothing"#),
            (#"{"tls": {"key": "b"}}"#, #""rpc.tls.certificates" is missing; rpc.tls needs certificates, key"#),
            (#"{"tls": {"certificates": "a", "key": ""}}"#, #""rpc.tls.key" holds """#),
            (#"{"tls": {"certificates": "a", "key": "b", "ca": "c"}}"#, #"there is no "rpc.tls.ca""#),
            (#"{"tls": true}"#, "an object with certificates, key, authorities, revocations"),
            (#"{"tokens": ["secret"]}"#, "a text that is not empty"),
            (#"{"hosts": ["http://a"]}"#, #""rpc.hosts[0]""#), (#"{"hosts": ["a:1"]}"#, #""rpc.hosts[0]""#),
            (#"{"hosts": [""]}"#, #""rpc.hosts[0]""#), (#"{"hosts": "a"}"#, "an array of 0 to 64"),
            (#"{"origins": ["app.example"]}"#, #""rpc.origins[0]""#),
            (#"{"origins": ["https://app.example/"]}"#, #""rpc.origins[0]""#),
            (#"{"origins": ["https://app.example/x"]}"#, #""rpc.origins[0]""#),
            (#"{"limits": {"requestsPerSecond": 0}}"#, "a number from 1 to 1000000"),
            (#"{"limits": {"bytesPerSecond": 1}}"#, "a number from 65536 to"),
            (#"{"limits": {"connectionsPerAddress": 1e3}}"#, "a number from 1 to 1024"),
            (#"{"limits": {"calls": 1}}"#, #"there is no "rpc.limits.calls""#),
        ]

        @Test(arguments: mistakes.indices) func mistakesAreNamed(index: Int) throws {
            let (rpc, text) = Self.mistakes[index]
            let error = #expect(throws: ConfigurationError.self) {
                try NodeConfiguration(json: Array(#"{"rpc": \#(rpc)}"#.utf8))
            }
            #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
        }

        /// Whatever a file holds, it is read or refused; and nothing that others reach is open to everybody.
        @Test(arguments: 0..<8) func anyBytesAreReadOrRefused(seed: UInt64) {
            var generator = SeededGenerator(seed: seed)
            let tokens = Array(
                #"{"tokens":[{"name":"a","sha256":"\#(Digest.zero)","rights":["read"],"expires":"2027-06-30T00:00:00Z"}]}"#
                    .utf8)
            for _ in 0..<3_000 {
                let bytes = generator.mutated([Array(Self.full.utf8)])
                if let configuration = try? NodeConfiguration(json: bytes) {
                    let access = configuration.rpcAccess
                    #expect(
                        configuration.rpcAddress.hasPrefix("127.") || access.tls != nil && !access.hosts.isEmpty,
                        "\(String(decoding: bytes, as: UTF8.self))")
                    #expect((try? NodeConfiguration(json: configuration.json.text)) == configuration)
                }
                if let file = try? TokenFile(json: generator.mutated([tokens])) {
                    #expect((try? TokenFile(json: file.json.text)) == file)
                }
            }
        }

        @Test func tokensAreKeptByTheirDigests() throws {
            var file = TokenFile()
            func entry(_ name: String, _ token: String, _ rights: [Right] = [.read]) -> TokenFile.Entry {
                TokenFile.Entry(
                    name: name, digest: TokenFile.digest(of: token.utf8), rights: Rights(rights), expiry: nil)
            }
            // The example of FIPS 180-4: "abc".
            #expect(
                entry("abc", "abc").digest.description
                    == "0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
            try file.add(entry("a", "1"))
            try file.add(entry("b", "2", Right.allCases))
            for wrong in [
                entry("a", "3"), entry("c", "1"), entry("", "4"), entry("a b", "5"), entry("c", "6", []),
                entry(String(repeating: "n", count: 65), "7"),
            ] {
                #expect(throws: ConfigurationError.self) { try file.add(wrong) }
            }
            #expect(try TokenFile(json: file.json.text) == file && file.entries.count == 2)
            #expect(file.remove("a") && !file.remove("a") && file.entries.map(\.name) == ["b"])
        }

        /// The whole table, so that a change of it is a decision.
        @Test func everyMethodNeedsOneRightAndEveryRoleHasItsOwn() {
            let submit: Set<CairnMethod> = [.sendTransaction, .sendTransactions]
            for method in CairnMethod.allCases {
                let right: Right = submit.contains(method) ? .submit : method == .network ? .operate : .read
                #expect(method.description.right == right, "\(method)")
                for rights in (0...Rights.all.rawValue).map(Rights.init(rawValue:)) {
                    let isAllowed = (try? method.require(rights)) != nil
                    #expect(isAllowed == rights.list.contains(right), "\(method) with \(rights.list)")
                }
            }
            let roles: [CertificateRole: [Right]] = [
                .node: [.read], .auditor: [.read], .client: [.read, .submit],
                .administrator: [.read, .submit, .operate],
            ]
            #expect(CertificateRole.allCases.allSatisfy { Rights($0).list == roles[$0] })
        }
    }
}

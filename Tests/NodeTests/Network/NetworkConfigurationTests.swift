import Cryptography
import HTTP
import Interfaces
import Networking
import Primitives
import Testing

extension NodeTests {
    /// The part "network" of `node.json`, and what `cairn_network` answers.
    @Suite struct NetworkConfigurationTests {
        private static func key(_ scheme: SignatureScheme, _ number: UInt8) throws -> PublicKey {
            try SoftwareKey(scheme: scheme, seed: [UInt8](repeating: number, count: 32)).publicKey
        }

        private static func configuration() throws -> NodeConfiguration {
            var configuration = NodeConfiguration()
            configuration.network = NodeConfiguration.Network(
                listen: try SocketAddress(host: "::", port: 30301), own: 1, certificates: "certificates/node.pem",
                key: "certificates/node.key", authorities: "certificates/authorities.pem",
                nodes: [
                    NodeConfiguration.Network.Node(
                        name: "node-1.alpha", organisation: "alpha",
                        addresses: [
                            PeerAddress(host: "node.alpha.example", port: 30301), PeerAddress(host: "::1", port: 1),
                        ], keys: [try key(.ed25519, 1), try key(.p256, 2)], certificateKey: try key(.p256, 3)),
                    NodeConfiguration.Network.Node(
                        name: "Knoten 2", organisation: "Über", addresses: [], keys: [try key(.sm2, 4)],
                        certificateKey: try key(.sm2, 5)),
                ])
            return configuration
        }

        @Test func whatIsWrittenIsReadAgain() throws {
            let configuration = try Self.configuration()
            #expect(try NodeConfiguration(json: Array(configuration.json.prettyText.utf8)) == configuration)
            #expect(configuration.json["network"]?["listen"] == "[::]:30301")
            #expect(
                configuration.json["network"]?["nodes"]?[0]?["addresses"] == ["node.alpha.example:30301", "[::1]:1"])
            // Without the part a node is alone.
            let alone = NodeConfiguration()
            #expect(alone.json["network"] == nil)
            #expect(try NodeConfiguration(json: alone.json.text).network == nil)
        }

        /// A change of the sound configuration, and what the error must say.
        private struct Case {
            let path: [String]
            /// Nil takes the key away.
            let value: JSON?
            let text: String
        }

        private static let long = String(repeating: "x", count: 65)
        private static let cases = [
            Case(path: [], value: 7, text: "\"network\" holds 7; it must be an object with listen, own"),
            Case(path: ["extra"], value: 1, text: "there is no \"network.extra\"; there are, in network, listen"),
            Case(path: ["listen"], value: nil, text: "\"network.listen\" is missing"),
            Case(path: ["listen"], value: "localhost:30301", text: "it must be a numeric address and a port"),
            Case(path: ["listen"], value: "127.0.0.1", text: "it must be a numeric address and a port"),
            Case(path: ["listen"], value: "127.0.0.1:0", text: "it must be a numeric address and a port"),
            Case(path: ["listen"], value: "127.0.0.1:65536", text: "it must be a numeric address and a port"),
            Case(path: ["listen"], value: "127.0.0.1:+1", text: "it must be a numeric address and a port"),
            Case(path: ["listen"], value: "::1:30301", text: "it must be a numeric address and a port"),
            Case(path: ["listen"], value: "[127.0.0.1]:1", text: "it must be a numeric address and a port"),
            Case(path: ["listen"], value: "127.0.0.1\u{0}:1", text: "it must be a numeric address and a port"),
            Case(path: ["listen"], value: 5, text: "\"network.listen\" holds 5; it must be a text"),
            Case(path: ["own"], value: 2, text: "\"network.own\" holds 2; it must be a number from 0 to 1"),
            Case(path: ["own"], value: -1, text: "a number from 0 to 1"),
            Case(path: ["own"], value: "0", text: "a number from 0 to 1"),
            Case(path: ["key"], value: "", text: "\"network.key\" holds \"\"; it must be a text"),
            Case(path: ["authorities"], value: nil, text: "\"network.authorities\" is missing"),
            Case(path: ["nodes"], value: [], text: "\"network.nodes\" holds []; it must be an array of 1 to 1024"),
            Case(path: ["nodes"], value: [1], text: "\"network.nodes[0]\" holds 1; it must be an object with name"),
            Case(path: ["nodes", "1", "port"], value: 1, text: "there is no \"network.nodes[1].port\""),
            Case(
                path: ["nodes", "1", "name"], value: "node-1.alpha", text: "another one than that of the nodes before"),
            Case(path: ["nodes", "1", "name"], value: .string(long), text: "1 to 64 characters"),
            Case(path: ["nodes", "1", "name"], value: "a\u{1B}[2J", text: "none that can't be seen"),
            Case(path: ["nodes", "1", "organisation"], value: "\u{202E}x", text: "none that can't be seen"),
            Case(path: ["nodes", "0", "addresses"], value: "x:1", text: "an array of 0 to 8: a host and a port"),
            Case(path: ["nodes", "0", "addresses"], value: ["x:1", "y"], text: "\"network.nodes[0].addresses[1]\""),
            Case(path: ["nodes", "0", "addresses"], value: ["a b:1"], text: "a host and a port"),
            Case(path: ["nodes", "0", "addresses"], value: [":1"], text: "a host and a port"),
            Case(
                path: ["nodes", "0", "addresses"], value: .array(Array(repeating: "x:1", count: 9)),
                text: "an array of 0 to 8"),
            Case(path: ["nodes", "0", "keys"], value: [], text: "an array of 1 to 4: a key"),
            Case(path: ["nodes", "0", "keys"], value: ["ed25519:0x12"], text: "\"network.nodes[0].keys[0]\""),
            Case(path: ["nodes", "0", "certificateKey"], value: "p256:0x02", text: "a key of P-256 or SM2"),
            Case(
                path: ["nodes", "0", "certificateKey"],
                value: .string("ed25519:0x" + String(repeating: "00", count: 32)), text: "a key of P-256 or SM2"),
        ]

        @Test(arguments: cases.indices) func mistakesAreNamed(index: Int) throws {
            let sound = try Self.configuration().json
            let changed = Self.change(sound, ["network"] + Self.cases[index].path, Self.cases[index].value)
            let error = #expect(throws: ConfigurationError.self) { try NodeConfiguration(json: changed.text) }
            let text = error?.description ?? ""
            #expect(text.contains(Self.cases[index].text), "\(text)")
            #expect(text.utf8.count < 400)
        }

        /// Two nodes with one key, or one node with a key twice.
        @Test func keysAreOnesOwn() throws {
            let sound = try Self.configuration()
            let network = try #require(sound.network)
            var twice = sound
            twice.network?.nodes[1].keys.append(network.nodes[0].keys[1])
            var itself = sound
            itself.network?.nodes[1].keys.append(network.nodes[1].keys[0])
            var certificate = sound
            certificate.network?.nodes[1].certificateKey = network.nodes[0].certificateKey
            for wrong in [twice, itself, certificate] {
                let error = #expect(throws: ConfigurationError.self) { try NodeConfiguration(json: wrong.json.text) }
                #expect(error?.description.contains("network.nodes[1].") == true, "\(error?.description ?? "")")
            }
        }

        /// Puts a value at a place of nested objects and arrays.
        private static func change(_ json: JSON, _ path: [String], _ value: JSON?) -> JSON {
            guard let name = path.first else { return value ?? .null }
            let rest = Array(path.dropFirst())
            if var array = json.arrayValue, let place = Int(name) {
                array[place] = change(array[place], rest, value)
                return .array(array)
            }
            var object = json.objectValue ?? JSONObject()
            object[name] = rest.isEmpty ? value : change(object[name] ?? .null, rest, value)
            return .object(object)
        }

        // MARK: cairn_network

        private static let report = """
            {"own": 0, "height": 12, "epoch": 0,
             "epochDigest": "0x0101010101010101010101010101010101010101010101010101010101010101", "engine": "fbft", "view": 3, "leader": 2, "stage": "running",
             "peers": [
              {"number": 1, "name": "node-1.bravo", "organisation": "bravo", "connected": true, "height": 12},
              {"number": 2, "name": "node-1.charlie", "organisation": "charlie", "connected": false, "height": null}],
             "certificateEnds": "2027-11-30T00:00:00Z"}
            """

        @Test func whatNodesSayOfTheirNetworkIsRead() throws {
            let json = try JSON(parsing: Array(Self.report.utf8))
            let report = try #require(NetworkReport(json: json))
            #expect(report.json == json)
            #expect(report.height == 12 && report.leader == 2 && !report.isLeader && report.connectedCount == 1)
            #expect(report.certificateEnds?.milliseconds == 1_827_532_800_000)
            let empty = Self.change(Self.change(json, ["leader"], .null), ["certificateEnds"], .null)
            #expect(NetworkReport(json: empty)?.json == empty)
        }

        @Test func whatIsNoReportIsNotTaken() throws {
            let json = try JSON(parsing: Array(Self.report.utf8))
            for name in [
                "own", "height", "epoch", "epochDigest", "engine", "view", "leader", "stage", "peers",
                "certificateEnds",
            ] {
                #expect(NetworkReport(json: Self.change(json, [name], nil)) == nil, "\(name)")
                #expect(NetworkReport(json: Self.change(json, [name], [true])) == nil, "\(name)")
            }
            for (path, value) in [
                (["own"], -1), (["leader"], .unsigned(1 << 32)), (["stage"], "sleeping"), (["peers", "0"], 1),
                (["peers", "1", "height"], "12"), (["certificateEnds"], "tomorrow"),
                (["certificateEnds"], "1900-01-01T00:00:00Z"),
            ] as [([String], JSON)] {
                #expect(NetworkReport(json: Self.change(json, path, value)) == nil, "\(path)")
            }
        }
    }
}

import CairnClient
import Foundation
import HTTP
import Interfaces
import SystemTestSupport
import TestSupport
import Testing

extension NodeTests {
    /// A real node whose endpoint is open to the network, called by curl, by Python and by our own client.
    @Suite(.enabled(if: OpenSSLTool.isThere)) struct EndpointTests {
        private static let submission: (String, JSON) = ("cairn_sendTransaction", ["0x00"])

        @Test(.timeLimit(.minutes(3))) func certificatesGiveTheRightsOfTheirRoles() throws {
            let world = try EndpointWorld()
            // The rows of the table by which rights are given, and what a caller with none of them is told.
            let rights: [String: Rights] = [
                "client": [Right.read, .submit].rights, "auditor": [Right.read].rights,
                "administrator": Rights.all, "node": [Right.read].rights,
            ]
            for (name, rights) in rights {
                let read = try world.call(with: name)
                #expect(read.status == 200 && read.body?["result"]?["name"] != nil, "\(name): \(read)")
                let sent = try world.call(Self.submission.0, Self.submission.1, with: name)
                let network = try world.call("cairn_network", with: name)
                #expect(
                    sent.status == 200 && sent.code == (rights.allow(.submit) ? -32010 : -32041), "\(name): \(sent)")
                #expect(network.status == 200 && network.code == (rights.allow(.operate) ? 0 : -32041), "\(name)")
                let metrics = try world.metrics(with: name)
                #expect(metrics.status == (rights.allow(.operate) ? 200 : 403), "\(name)")
                #expect(metrics.output.contains("\ncairn_height ") == rights.allow(.operate), "\(name)")
                if !rights.allow(.submit) { #expect(sent.message.contains("the right \"submit\"")) }
            }
            // Rights are asked for in a batch too, call by call.
            let batch = try world.post(
                [
                    ["jsonrpc": "2.0", "id": 1, "method": "cairn_network"],
                    ["jsonrpc": "2.0", "id": 2, "method": "cairn_organisations"],
                ], with: "client")
            #expect(batch.body?[0]?["error"]?["code"] == -32041)
            #expect(batch.body?[1]?["result"]?["organisations"]?.arrayValue?.count == 2)
        }

        @Test(.timeLimit(.minutes(3))) func strangersAreTurnedAway() throws {
            let world = try EndpointWorld(["tokens": "tokens.json"])
            let nobody = try world.call()
            #expect(nobody.status == 401 && nobody.code == -32040, "\(nobody)")
            #expect(nobody.head.contains("WWW-Authenticate: Bearer"))
            let stranger = try world.call(with: "stranger-client")
            #expect(stranger.status == 403 && stranger.message.contains("stranger is not a member"), "\(stranger)")
            let forger = try world.call(with: "forger-client")
            #expect(forger.status == 403 && forger.message.contains("number"), "\(forger)")
            #expect(try world.call(token: "AAAA").status == 401)
            #expect(try world.call(with: "client", token: "AAAA").status == 401, "a wrong token is not passed over")
            #expect(try world.call(with: "client", ["-H", "Authorization: Basic YTpi"]).status == 401)
            // The same at the opening of a WebSocket.
            for (name, status) in [(nil, 401), ("stranger-client", 403), ("auditor", 101)] as [(String?, Int)] {
                #expect(try Self.upgrade(world, name) == status)
            }
            // Neither older TLS nor plain text is spoken.
            let old = try world.curl(["--tls-max", "1.2"])
            #expect(old.wait(seconds: 20) == .exited(35))
            let plain = try world.curl([], to: "http://localhost:\(world.node.port)")
            #expect(plain.wait(seconds: 20) != .exited(0))
        }

        private static let webSocket = [
            "--http1.1", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13",
            "-H", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "-m", "2",
        ]

        /// The status with which a request for a WebSocket is answered.
        private static func upgrade(_ world: EndpointWorld, _ name: String?, _ more: [String] = []) throws -> Int {
            let shown = name.map { ["--cert", world.file("\($0).pem"), "--key", world.file("\($0).key")] } ?? []
            let process = try world.curl(Self.webSocket + shown + more)
            _ = process.wait(seconds: 10)
            return Int(process.output.dropFirst(9).prefix(3)) ?? 0
        }

        @Test(.timeLimit(.minutes(3))) func namesAndOriginsAreHeldAgainstTheList() throws {
            let world = try EndpointWorld([
                "hosts": ["node-1.acme.example"], "origins": ["https://app.acme.example"],
            ])
            let cases: [(String, Int)] = [
                ("Host: node-1.acme.example", 200), ("Host: NODE-1.acme.example:8545", 200), ("Host: localhost:1", 200),
                ("Host: [::1]:8545", 200), ("Host: evil.example", 403), ("Host: node-1.acme.example.evil.example", 403),
                ("Host: 192.0.2.1", 403), ("Origin: https://app.acme.example", 200),
                ("Origin: https://app.acme.example:444", 403), ("Origin: http://app.acme.example", 403),
                ("Origin: https://evil.example", 403), ("Origin: null", 403),
            ]
            for (field, status) in cases {
                #expect(try world.call(with: "auditor", ["-H", field]).status == status, "\(field)")
                let upgraded = try Self.upgrade(world, "auditor", ["-H", field])
                #expect(upgraded == (status == 200 ? 101 : 403), "\(field): \(upgraded)")
            }
        }

        @Test(.timeLimit(.minutes(3))) func tokensComeAndGoWhileTheNodeRuns() throws {
            var world = try EndpointWorld(["tokens": "tokens.json"])
            let reports = try world.token("reports", ["read"])
            let sensor = try world.token("sensor", ["submit"])
            try world.waitUntil("the token is taken") { try world.call(token: reports).status == 200 }
            #expect(try world.call(Self.submission.0, Self.submission.1, token: reports).code == -32041)
            #expect(try world.call(Self.submission.0, Self.submission.1, token: sensor).code == -32010)
            #expect(try world.call(token: sensor).code == -32041)
            // The file has digests only, and nobody else may read it.
            let text = String(decoding: try Data(contentsOf: URL(filePath: world.tokens)), as: UTF8.self)
            #expect(!text.contains(reports) && text.contains("sha256"))
            let mode = try FileManager.default.attributesOfItem(atPath: world.tokens)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            // One that has expired, and one that is removed, are refused.
            try Data(
                text.replacing(
                    #/"expires": "[^"]*"/#, with: #""expires": "2020-01-01T00:00:00Z""#
                ).utf8
            ).write(to: URL(filePath: world.tokens), options: .atomic)
            try world.waitUntil("the tokens have expired") { try world.call(token: reports).status == 401 }
            #expect(try world.call(token: sensor).message.contains("the token sensor has expired"))
            try Data(text.utf8).write(to: URL(filePath: world.tokens), options: .atomic)
            try world.waitUntil("they have not") { try world.call(token: reports).status == 200 }
            try world.run("token", "remove", "reports", "--tokens", world.tokens)
            try world.waitUntil("it is gone") { try world.call(token: reports).status == 401 }
            #expect(try world.run("token", "list", "--tokens", world.tokens)["tokens"]?.arrayValue?.count == 1)
            // A file that is wrong changes nothing.
            try Data("{".utf8).write(to: URL(filePath: world.tokens), options: .atomic)
            try world.waitUntil("the log says so") { world.node.process.errors.contains("what they held before stays") }
            #expect(try world.call(Self.submission.0, Self.submission.1, token: sensor).code == -32010)
            // The program with a token.
            world.askWithoutCertificate()
            let file = try world.scratch.write(Array("\(sensor)\n".utf8), to: "sensor.token")
            let refused = try world.program.run("organisation", "list", "--token-file", file)
            #expect(!refused.isSuccess && refused.errors.contains("the right \"read\""), "\(refused)")
            let unknown = try world.program.run("organisation", "list")
            #expect(!unknown.isSuccess && unknown.errors.contains("who calls?"), "\(unknown)")
        }

        @Test(.timeLimit(.minutes(3))) func aRemovedOrganisationLosesItsRights() async throws {
            let world = try EndpointWorld()
            var access = NodeAccess()
            access.authorityFile = world.root
            access.certificateFile = world.file("auditor.pem")
            access.keyFile = world.file("auditor.key")
            let connection = CairnConnection(endpoint: world.endpoint, access: access)
            #expect(try await connection.call("cairn_organisations", [])["organisations"]?.arrayValue?.count == 2)
            // A subscription, which needs no further call to be told.
            let watching = try world.program.start(["watch", "blocks", "--count", "1000", "--json"])
            let client = try CairnClient(endpoint: world.endpoint, access: access)
            #expect(try await client.chain().height > 0)
            try world.removeBank()
            try world.waitUntil("bank has no rights") {
                let answer = try world.call(with: "auditor")
                return answer.status == 403 && answer.message.contains("bank is not a member")
            }
            // So do the connections that were open.
            await #expect(throws: ClientError.self) { try await client.chain() }
            await #expect(throws: ClientError.self) { try await connection.call("cairn_chain", []) }
            #expect(try world.call(with: "alice-admin").status == 200, "acme is still served")
            #expect(watching.poll() == nil && watching.output.contains("height"), "acme's watcher goes on")
        }

        @Test(.timeLimit(.minutes(3))) func whoCallsTooMuchWaitsAndOthersDoNot() async throws {
            let world = try EndpointWorld([
                "tokens": "tokens.json", "limits": ["requestsPerSecond": 20, "bytesPerSecond": 65536],
            ])
            let (greedy, modest) = (try world.token("greedy", ["read"]), try world.token("modest", ["read"]))
            try world.waitUntil("the tokens are taken") { try world.call(token: modest).status == 200 }
            let one: JSON = ["jsonrpc": "2.0", "id": 1, "method": "cairn_chain"]
            let batch = JSON.array(Array(repeating: one, count: 100))
            // What is above the rate is answered once, and waited for afterwards.
            _ = try world.post(batch, token: greedy)
            _ = try world.post(batch, token: greedy)
            let refused = try world.call(token: greedy)
            #expect(refused.status == 429 && refused.code == -32042, "\(refused)")
            #expect(refused.head.contains("Retry-After: "))
            #expect(try Self.upgradeWithToken(world, greedy) == 429)
            #expect(try world.call(token: modest).status == 200)
            #expect(try world.call(with: "auditor").status == 200)
            try world.waitUntil("greedy may call again") { try world.call(token: greedy).status == 200 }
            // Bytes are counted as well as calls.
            let long = String(repeating: "a", count: 120_000)
            for _ in 0..<2 { _ = try world.call("cairn_getBlock", [.string(long)], token: modest) }
            #expect(try world.call(token: modest).status == 429)
            try await Self.aWebSocketIsHeldBack(world)
        }

        private static func upgradeWithToken(_ world: EndpointWorld, _ token: String) throws -> Int {
            try upgrade(world, nil, ["-H", "Authorization: Bearer \(token)"])
        }

        /// Over a WebSocket nothing is refused: the node reads more slowly.
        private static func aWebSocketIsHeldBack(_ world: EndpointWorld) async throws {
            let token = try world.token("socket", ["read"])
            try world.waitUntil("the token is taken") { try world.call(token: token).status == 200 }
            var access = NodeAccess()
            access.authorityFile = world.root
            access.tokenFile = try world.scratch.write(Array(token.utf8), to: "socket.token")
            let connection = CairnConnection(endpoint: world.endpoint, access: access)
            let start = ContinuousClock.now
            for _ in 0..<100 { _ = try await connection.call("cairn_chain", []) }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            // 40 at once, and 20 a second for the rest.
            #expect(seconds > 2 && seconds < 20, "100 calls took \(seconds) s")
        }

        /// Python's own library over TLS, and one that only pretends to go on.
        @Test(.timeLimit(.minutes(3)), .enabled(if: PythonPeer.endpoint.isThere(), "there is no Python"))
        func pythonCallsWhileOthersDawdle() throws {
            let world = try EndpointWorld(["tokens": "tokens.json", "limits": ["connectionsPerAddress": 48]])
            let token = try world.token("reports", ["read"])
            try world.waitUntil("the token is taken") { try world.call(token: token).status == 200 }
            let port = "\(world.node.port)"
            let called = try PythonPeer.endpoint.run(
                ["call", port, world.root, world.file("client.pem"), world.file("client.key"), token],
                scratch: world.scratch)
            #expect(called == "certificate 200 cairn\ntoken 200 cairn\nnothing 401\nother name refused\n")
            // From an address of its own: half-open handshakes, and requests that never end.
            let slow = try PythonPeer.endpoint.start(
                ["dawdle", port, world.root, world.file("client.pem"), world.file("client.key")],
                scratch: world.scratch)
            try world.waitUntil("the dawdlers are there") { slow.output.contains("ready") }
            #expect(slow.output.contains("handshakes 32 of 60"), "\(slow.output)")
            for _ in 0..<5 {
                let start = ContinuousClock.now
                #expect(try world.call(token: token).status == 200)
                #expect(ContinuousClock.now - start < .seconds(2))
            }
            // They are cut off in time.
            try world.waitUntil("they are cut off") { slow.output.contains("all cut off") }
        }

        @Test(.timeLimit(.minutes(3))) func theProgramCallsOverTLS() throws {
            var world = try EndpointWorld()
            try world.ask(as: "client")
            #expect(try world.run("organisation", "list")["organisations"]?.arrayValue?.count == 2)
            let blocks = try world.program.run("watch", "blocks", "--from", "1", "--count", "1", "--json")
            #expect(blocks.isSuccess && blocks.json?["height"] == 1, "\(blocks)")
            // Who vouches for the node must be known, and for this name.
            world.askWithoutCertificate()
            let unknown = try world.program.run("organisation", "list", "--authority", world.file("stranger/root.pem"))
            #expect(!unknown.isSuccess && unknown.errors.contains("is not trusted"), "\(unknown)")
            let other = try world.program.run(
                "organisation", "list", "--node", "https://127.0.0.1:\(world.node.port)")
            #expect(!other.isSuccess && other.errors.contains("not trusted"), "\(other)")
            let half = try world.program.run("organisation", "list", "--certificate", world.file("client.pem"))
            #expect(!half.isSuccess && half.errors.contains("given together"), "\(half)")
            let file = try world.scratch.write(Array("AAAA".utf8), to: "a.token")
            let plain = try world.program.run(
                "organisation", "list", "--node", "http://192.0.2.1:1", "--token-file", file)
            #expect(!plain.isSuccess && plain.errors.contains("plain text"), "\(plain)")
        }

        /// A chain without members has nobody to take certificates from.
        @Test func anEndpointThatNobodyCouldCallIsNotOpened() throws {
            let program = CairnProgram(scratch: try ScratchFolder())
            let folder = try program.createChain()
            let key = try SelfMade(program.scratch)
            try LiveChain.configure(
                folder,
                ["rpc": ["port": 0, "tls": ["certificates": .string(key.certificate), "key": .string(key.key)]]])
            let process = try NodeProcess.start(folder, program)
            #expect(process.wait(seconds: 30) == .exited(1))
            #expect(process.output.contains("nobody could call the endpoint"), "\(process.output)")
        }

        /// A certificate that vouches for itself, by openssl.
        private struct SelfMade {
            let certificate, key: String

            init(_ scratch: ScratchFolder) throws {
                (certificate, key) = (scratch.file("self.pem"), scratch.file("self.key"))
                let process = try ChildProcess(
                    "openssl",
                    [
                        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                        "/O=acme/CN=self", "-keyout", key, "-out", certificate, "-days", "2",
                    ], scratch: scratch)
                guard process.wait(seconds: 20) == .exited(0) else { throw ChildProcess.Failure(process.errors) }
            }
        }
    }
}

extension [Right] {
    fileprivate var rights: Rights { Rights(self) }
}

extension PythonPeer {
    static let endpoint = PythonPeer(script: "endpoint.py", packages: [])
}

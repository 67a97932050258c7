import CairnClient
import Cryptography
import Foundation
import HTTP
import Interfaces
import Ledger
import Primitives
import SystemTestSupport
import TestSupport
import Testing

@testable import cairn

extension NodeTests {
    /// What `cairn network up` makes before it starts anything.
    @Suite struct NetworkGenerationTests {
        private static func bytes(_ path: String) throws -> [UInt8] {
            [UInt8](try Data(contentsOf: URL(filePath: path)))
        }

        private static func passphrase(_ path: String) throws -> Passphrase { try PassphrasePrompt.read(file: path) }

        private static func generate(
            _ scratch: ScratchFolder, _ organisations: [String], _ engine: EngineKind, _ suite: Cryptography.Suite
        ) async throws -> NetworkFolder {
            let path = NetworkFolder.absolute(scratch.file("net"))
            try makePrivateFolder(path)
            let plan = NetworkPlan(
                organisations: organisations, engine: engine, suite: suite, portBase: 0, peerPortBase: 0)
            let folder = try await NetworkGeneration(path: path, plan: plan).run()
            #expect(try NetworkFolder.open(path).plan == plan)
            return folder
        }

        @Test(arguments: [Cryptography.Suite.international, .national])
        func fourOrganisationsFitTogether(suite: Cryptography.Suite) async throws {
            let scratch = try ScratchFolder()
            let names = NetworkPlan.organisationNames(4)
            let folder = try await Self.generate(scratch, names, .fbft, suite)
            let genesis = try Genesis(canonicalBytes: try Self.bytes(folder.genesisFile))
            #expect(genesis.suite == suite && genesis.epoch.engine == .fbft && genesis.faultModels == [.byzantine])
            let roots = try Certificate.all(in: try Self.bytes(folder.nodes[0].file("certificates/authorities.pem")))
            let verifier = try CertificateVerifier(
                suite: suite,
                trusted: try roots.map { try TrustedAuthority($0, for: $0.subject.organisation ?? "") })
            #expect(roots.map(\.subject.organisation) == names)
            var lists: Set<[NodeConfiguration.Network.Node]> = []
            var ports: Set<UInt16> = []
            for (index, place) in folder.nodes.enumerated() {
                #expect(place.name == "node-1.\(names[index])")
                #expect(try Self.bytes(place.file("genesis.bin")) == genesis.canonicalBytes)
                let configuration = try place.configuration()
                let network = try #require(configuration.network)
                lists.insert(network.nodes)
                ports.formUnion([configuration.rpcPort, network.listen.port])
                let own = network.nodes[index]
                #expect(network.own == index && own.name == place.name && own.organisation == names[index])
                #expect(own.addresses.map(\.port) == [network.listen.port])
                let key = try KeyStore(directory: place.file("keys")).open(
                    "node", passphrase: try Self.passphrase(place.passphraseFile))
                #expect(own.keys == [key.publicKey] && genesis.epoch.orderers[index] == key.publicKey)
                #expect(genesis.epoch.certifiers[index] == key.publicKey)
                // The certificate, by our verifier and by OpenSSL.
                let chain = try Certificate.all(in: try Self.bytes(place.file(network.certificates)))
                #expect(chain.count == 2 && chain[0].publicKey == own.certificateKey)
                let secret = try SoftwareKey(pkcs8: try Self.bytes(place.file(network.key)))
                #expect(secret.publicKey == own.certificateKey)
                let verdict = verifier.verify(chain[0], presented: Array(chain.dropFirst()), at: genesis.time)
                let holder = try #require(verdict.holder, "\(verdict)")
                #expect(holder.organisation == names[index] && holder.commonName == place.name && holder.role == .node)
                if OpenSSLTool.isThere, suite == .international {
                    let certificates = place.file(network.certificates)
                    let result = try OpenSSLTool().run([
                        "verify", "-x509_strict", "-CAfile", place.file(network.authorities), "-untrusted",
                        certificates, certificates,
                    ])
                    #expect(result.isSuccess, "\(result.output)")
                }
                // The authority is one that cairn authority goes on with.
                let authority = try AuthorityFolder.open("\(folder.organisationFolder(names[index]))/authority")
                #expect(authority.register.entries.map(\.role) == ["root", "issuing", "node"])
                let issuer = try authority.authority(
                    .issuing,
                    passphrase: try Self.passphrase("\(folder.organisationFolder(names[index]))/passphrase"))
                #expect(issuer.organisation == names[index])
            }
            #expect(lists.count == 1 && ports.count == 8)
            let accounts = try AccountStore(directory: folder.accountsFolder)
            #expect(try accounts.list().accounts.map(\.name) == names.sorted())
            let passphrase = try Self.passphrase(folder.accountsPassphraseFile)
            _ = try accounts.openKey("alpha", passphrase: passphrase)
            #expect(try accounts.find("alpha").suite == ChainSuite(suite))
        }

        /// One node needs no other: it has no part "network", and may grow.
        @Test func oneOrganisationIsANodeAlone() async throws {
            let scratch = try ScratchFolder()
            let folder = try await Self.generate(scratch, ["acme"], .solo, .international)
            let genesis = try Genesis(canonicalBytes: try Self.bytes(folder.genesisFile))
            #expect(genesis.epoch.orderers.count == 1 && genesis.faultModels == [.none, .crash, .byzantine])
            #expect(try folder.nodes[0].configuration().network == nil)
            #expect(folder.nodes[0].certificateEnds != nil)
        }

        @Test func portsThatAreTakenAreLeftOut() throws {
            let held = try FreePorts()
            defer { held.release() }
            let first = try held.take(1, from: 0)[0]
            let others = try FreePorts()
            defer { others.release() }
            let found = try others.take(3, from: first)
            #expect(found.count == 3 && Set(found).count == 3 && found.allSatisfy { $0 > first })
            #expect(try others.isTaken(first))
            #expect(throws: CommandError.self) { try others.take(3, from: 65_534) }
        }

        @Test func namesFollowTheAlphabet() {
            let names = NetworkPlan.organisationNames(28)
            #expect(names[0] == "alpha" && names[25] == "zulu" && names[26] == "organisation-27")
            #expect(NetworkPlan.flaw(ofOrganisations: names) == nil)
            #expect(NetworkPlan.flaw(ofOrganisations: NetworkPlan.organisationNames(100)) == nil)
            for wrong in [[], ["a", "a"], ["A"], [""], ["../x"], [String(repeating: "x", count: 49)]] {
                #expect(NetworkPlan.flaw(ofOrganisations: wrong) != nil, "\(wrong)")
            }
            #expect(NetworkPlan.flaw(ofOrganisations: NetworkPlan.organisationNames(101)) != nil)
        }

        // MARK: What the supervisor goes by

        @Test func restsGrowAndAreForgiven() {
            var backoff = RestartBackoff()
            let rests = (0..<12).map { _ in backoff.end(afterMilliseconds: 100) }
            #expect(rests.prefix(4) == [200, 400, 800, 1600] && rests.last == NetworkLimits.restartMillisecondsMax)
            #expect(zip(rests, rests.dropFirst()).allSatisfy { $0 <= $1 })
            #expect(backoff.end(afterMilliseconds: NetworkLimits.restartForgivenMilliseconds) == 200)
            #expect(backoff.end(afterMilliseconds: 0) == 400)
        }

        @Test func logsBeginAnew() throws {
            let scratch = try ScratchFolder()
            let log = NodeLogFile(path: scratch.file("log"))
            #expect(log.lastLines() == [])
            try scratch.write(Array("one\ntwo\n\u{1B}[2Jthree\n".utf8), to: "log")
            #expect(log.lastLines(2) == ["two", "?[2Jthree"])
            #expect(log.lastLines(since: 8) == ["?[2Jthree"])
            log.rotate(byteCountMax: 100)
            #expect(log.length > 0)
            log.rotate(byteCountMax: 10)
            #expect(log.length == 0)
            #expect(try Self.bytes(scratch.file("log.1")).count == 18)
            try scratch.write(Array("four, which is long\n".utf8), to: "log")
            log.rotate(byteCountMax: 10)
            #expect(try Self.bytes(scratch.file("log.1")) == Array("four, which is long\n".utf8))
        }

        @Test func stateIsReadAgainAndJunkIsNot() throws {
            let scratch = try ScratchFolder()
            let state = SupervisorState(
                process: 7, readyMilliseconds: 1234, failure: nil,
                nodes: [
                    SupervisorState.Node(name: "a", process: 8, restarts: 2),
                    SupervisorState.Node(name: "b", process: nil, restarts: 0),
                ])
            try state.write(to: scratch.file("state"))
            #expect(SupervisorState.read(scratch.file("state")) == state)
            #expect(SupervisorState.read(scratch.file("none")) == nil)
            for text in ["", "[]", "{}", #"{"version": 2}"#, #"{"version": 1, "process": 99999999999, "nodes": []}"#] {
                try scratch.write(Array(text.utf8), to: "state")
                #expect(SupervisorState.read(scratch.file("state")) == nil, "\(text)")
            }
        }

        // MARK: The table

        @Test func theTableShowsWhatNeedsAttention() async throws {
            let scratch = try ScratchFolder()
            let plan = NetworkPlan(
                organisations: ["alpha", "bravo", "charlie"], engine: .fbft, suite: .international, portBase: 0,
                peerPortBase: 0)
            let folder = NetworkFolder(path: scratch.path, plan: plan)
            let time = Timestamp(milliseconds: 1_800_000_000_000)
            let day: UInt64 = 86_400_000
            let report = { (own: UInt32, height: UInt64, connected: Bool) in
                NetworkReport(
                    own: own, height: height, epoch: 1, epochDigest: .zero, engine: "fbft", view: 3, leader: 0,
                    stage: own == 0 ? .running : .following,
                    peers: [
                        NetworkReport.Peer(
                            number: 9, name: "x", organisation: "x", isConnected: connected, height: nil)
                    ], certificateEnds: nil)
            }
            let status = { (index: Int, answer: NodeStatus.Answer, end: UInt64) in
                NodeStatus(
                    place: folder.nodes[index], endpoint: "http://127.0.0.1:1", process: nil, answer: answer,
                    certificateEnds: Timestamp(milliseconds: end))
            }
            let network = NetworkStatus(
                folder: folder, supervisor: nil,
                nodes: [
                    status(0, .report(report(0, 12, true)), time.milliseconds + 31 * day),
                    status(1, .report(report(1, 10, false)), time.milliseconds + 30 * day - 1),
                    status(2, .none(reason: "no reply"), time.milliseconds - 1),
                ], time: time)
            let lines = network.lines(Style(isColoured: true))
            #expect(lines.count == 6 && lines[0].contains("2 of 3 nodes up") && lines[5].contains("no reply"))
            #expect(lines[2].contains("until 2027-02-15") && lines[2].contains("\u{1B}[32myes"))
            #expect(lines[3].contains("\u{1B}[33m2\u{1B}") && lines[3].contains("\u{1B}[33m0 of 1"))
            #expect(lines[3].contains("\u{1B}[33mends in 29 days") && lines[3].contains("\u{1B}[33mfollowing"))
            #expect(lines[4].contains("\u{1B}[31mdown") && lines[4].contains("\u{1B}[31mexpired"))
            let states = network.json["nodes"]?.arrayValue?.map { $0["certificate"]?.stringValue ?? "" }
            #expect(states == ["valid", "expiring", "expired"])
            #expect(network.json["nodes"]?[1]?["lag"] == 2 && network.json["nodes"]?[2]?["height"] == .null)
        }
    }
}

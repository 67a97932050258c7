import Cryptography
import Foundation
import Ledger
import Node
import Primitives
import Synchronization
import SystemTestSupport
import Testing

@testable import cairn

extension NodeTests {
    /// What becomes of certificates while a network works: no node is started anew for any of it.
    @Suite struct NetworkCertificateTests {
        /// An organisation's authority, and its node's files.
        private struct Office {
            let place: NodePlace
            let authority: AuthorityFolder
            let passphrase: Passphrase

            init(_ name: String, _ world: NetworkWorld) throws {
                let folder = try NetworkFolder.open(world.networkFolder)
                place = folder.place(of: name)
                let path = folder.organisationFolder(name)
                authority = try AuthorityFolder.open("\(path)/authority")
                passphrase = try PassphrasePrompt.read(file: "\(path)/passphrase")
            }

            func key() throws -> SoftwareKey {
                try SoftwareKey(
                    pkcs8: [UInt8](try Data(contentsOf: URL(filePath: place.file("certificates/node.key")))))
            }

            /// Issues the node a certificate of a key, and puts it into its place.
            func issue(_ key: SoftwareKey, days: Int = 100, at time: Timestamp = SystemClock.wall) throws -> Certificate
            {
                let request = try CertificateRequest(
                    organisation: place.organisation, commonName: place.name, role: .node, key: key)
                let certificate = try authority.authority(.issuing, passphrase: passphrase).issue(
                    request, CertificateGrant(commonName: place.name, use: .holder(.node), days: days), at: time)
                try key.pkcs8().write(to: place.file("certificates/node.key"))
                try Array(try authority.keep(certificate, by: .issuing).utf8).write(
                    to: place.file("certificates/node.pem"))
                return certificate
            }

            /// Revokes all that the node was issued so far, and gives the list.
            func revokeAll() throws -> [UInt8] {
                for place in authority.register.entries.indices where authority.register.entries[place].role == "node" {
                    try authority.revoke(place, .keyCompromise, at: SystemClock.wall)
                }
                let path = try authority.publish(
                    .issuing, try authority.authority(.issuing, passphrase: passphrase), nextInDays: 30,
                    at: SystemClock.wall)
                return [UInt8](try Data(contentsOf: URL(filePath: path)))
            }
        }

        private static func areConnected(_ world: NetworkWorld, _ counts: [Int]) async throws -> Bool {
            for (number, count) in counts.enumerated() where try await world.report(number).connectedCount != count {
                return false
            }
            return true
        }

        @Test(.timeLimit(.minutes(10))) func renewedRevokedAndExpiredUnderLoad() async throws {
            let world = try await NetworkWorld(count: 4, engine: .fbft, seed: 21)
            let failure = Mutex<String?>(nil)
            try await world.load([0, 1, 2]) {
                do {
                    try await Self.renewWithTheSameKey(world)
                    try await Self.renewWithANewKey(world)
                    try await Self.revoke(world)
                    try await Self.expire(world)
                } catch { failure.withLock { $0 = "\(error)" } }
            }
            #expect(failure.withLock { $0 } == nil)
            #expect(try await world.findings() == [])
            #expect(try await world.finish() == [])
            print(
                "network certificates: renewed twice, revoked and expired; \(world.records.submissionCount) sent,",
                "\(world.records.reportCount) reported, \(world.checker.model.places.count) in",
                "\(world.checker.model.height) blocks")
        }

        private static func renewWithTheSameKey(_ world: NetworkWorld) async throws {
            let office = try Office("bravo", world)
            let renewed = try office.issue(try office.key())
            try await world.waitUntil("bravo shows its new certificate") {
                try await world.report(1).certificateEnds == renewed.notAfter
            }
            try await world.waitUntil("nobody was lost") { try await areConnected(world, [3, 3, 3, 3]) }
        }

        /// The members say which key a node's certificate has: so they vote on it first.
        private static func renewWithANewKey(_ world: NetworkWorld) async throws {
            let office = try Office("charlie", world)
            let key = try SoftwareKey.generate(.p256)
            guard let node = try office.place.configuration().network?.nodes[2] else { return }
            let file = world.program.scratch.file("charlie.json")
            try Data(
                """
                {"organisation": "charlie", "name": "node-1", "role": "validator", "consensusKey": "\(node.keys[0])",
                 "certificateKey": "\(key.publicKey)", "addresses": ["\(node.addresses[0])"]}
                """.utf8
            ).write(to: URL(filePath: file))
            let renewed = try office.issue(key)
            try world.vote(["--change-node", file], by: ["alpha", "bravo", "charlie"])
            try await world.waitUntil("charlie shows its new certificate") {
                try await world.report(2).certificateEnds == renewed.notAfter
            }
            // The connections by the old key end once that has had its time.
            try await world.waitUntil("all know charlie by its new key", seconds: 60) {
                let peers = try await world.report(0).peers
                return peers.count == 3 && peers.allSatisfy(\.isConnected)
            }
            try await world.waitUntil("nobody was lost") { try await areConnected(world, [3, 3, 3, 3]) }
        }

        /// Who is revoked is cut off at once, and let in again by another certificate of the same key.
        private static func revoke(_ world: NetworkWorld) async throws {
            let office = try Office("delta", world)
            let list = try office.revokeAll()
            for number in 0..<3 {
                let folder = "\(world.folders[number])/certificates/revocations"
                try makePrivateFolder(folder)
                try list.write(to: "\(folder)/delta.pem")
            }
            try await world.waitUntil("delta is cut off") { try await areConnected(world, [2, 2, 2, 0]) }
            let before = try await world.height(0)
            try await world.waitUntil("the others go on") { try await world.height(0) > before }
            _ = try office.issue(try office.key())
            try await world.waitUntil("delta is back", seconds: 60) { try await areConnected(world, [3, 3, 3, 3]) }
        }

        /// A validator whose certificate nobody has renewed goes on for a while, and all operators are told.
        private static func expire(_ world: NetworkWorld) async throws {
            let office = try Office("alpha", world)
            let day: UInt64 = 86_400_000
            let end = SystemClock.wall.milliseconds + 2000
            let issued = try office.issue(
                try office.key(), days: 1, at: Timestamp(milliseconds: end - day))
            try await world.waitUntil("alpha shows the certificate that ends") {
                try await world.report(0).certificateEnds == issued.notAfter
            }
            try await world.waitUntil("it has ended") { SystemClock.wall > issued.notAfter }
            // New connections are judged anew.
            try world.stop(3)
            try world.start(3)
            try await world.waitUntil("alpha is let in") { try await areConnected(world, [3, 3, 3, 3]) }
            try await world.waitUntil("delta says so") {
                world.log(3).contains("the certificate of node-1.alpha of alpha ends at")
            }
            let before = try await world.height(0)
            try await world.waitUntil("the chain goes on") { try await world.height(3) > before }
        }
    }
}

extension [UInt8] {
    fileprivate func write(to path: String) throws { try Data(self).write(to: URL(filePath: path), options: .atomic) }
}

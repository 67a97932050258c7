import Cryptography
import Networking
import Primitives
import Testing

@testable import Node

extension NodeTests {
    /// Whom a node lets in, by certificate and list.
    @Suite struct PeerJudgeTests {
        private static let day: UInt64 = 86_400_000
        private static let now = Timestamp(milliseconds: 1_800_000_000_000)

        private let root: CertificateAuthority
        private let key: SoftwareKey
        private let certificate: Certificate

        init() throws {
            root = try .root(
                organisation: "alpha", commonName: "root", days: 3650, key: try SoftwareKey.generate(.p256),
                at: Self.now)
            key = try .generate(.p256)
            certificate = try Self.issue(root, key, .node)
        }

        private static func issue(
            _ authority: CertificateAuthority, _ key: SoftwareKey, _ role: CertificateRole, days: Int = 100
        ) throws -> Certificate {
            let request = try CertificateRequest(
                organisation: authority.organisation, commonName: "node-1", role: role, key: key)
            return try authority.issue(
                request, CertificateGrant(commonName: "node-1", use: .holder(role), days: days), at: now)
        }

        private func judge(organisation: String = "alpha", lists: [RevocationList] = []) throws -> PeerJudge {
            let others = try (0..<3).map { number in
                ListedNode(
                    name: "other-\(number)", organisation: "alpha", addresses: [], keys: [],
                    certificateKey: try SoftwareKey.generate(.p256).publicKey)
            }
            let own = ListedNode(
                name: "node-1", organisation: organisation, addresses: [], keys: [], certificateKey: key.publicKey)
            return PeerJudge(
                nodes: others + [own], present: [0, 1, 2, 3],
                verifier: try CertificateVerifier(
                    suite: .international, trusted: [try TrustedAuthority(root.certificate, for: "alpha")],
                    revocationLists: lists))
        }

        private static func after(days: UInt64, milliseconds: UInt64 = 0) -> Timestamp {
            Timestamp(milliseconds: now.milliseconds + days * day + milliseconds)
        }

        private func refusal(
            _ chain: [[UInt8]], _ judge: PeerJudge, at time: Timestamp = now
        ) -> AdmissionRefusal? {
            if case .failure(let refusal) = judge.judge(chain, at: time) { refusal.reason } else { nil }
        }

        @Test func aListedNodeIsLetIn() throws {
            let admitted = try judge().judge([certificate.bytes], at: Self.now).get()
            #expect(admitted.number == 3 && admitted.notAfter == certificate.notAfter)
            // What cannot be read behind its own certificate is of no use, and no harm.
            #expect(try judge().judge([certificate.bytes, [1, 2, 3]], at: Self.now).get() == admitted)
        }

        /// An expired certificate is good for a week: forgetting one must not stop a chain by surprise.
        @Test func expiryComesWithSomeDaysOfGrace() throws {
            let judge = try judge()
            let end = certificate.notAfter
            let grace = NodeLimits.expiredCertificateGraceMilliseconds
            for late in [1, Self.day, grace] as [UInt64] {
                let time = Timestamp(milliseconds: end.milliseconds + late)
                #expect(try judge.judge([certificate.bytes], at: time).get().notAfter == end, "\(late)")
            }
            let tooLate = Timestamp(milliseconds: end.milliseconds + grace + 1)
            #expect(refusal([certificate.bytes], judge, at: tooLate) == .certificateExpired)
            #expect(refusal([certificate.bytes], judge, at: Self.after(days: 3000)) == .certificateExpired)
            let early = Timestamp(milliseconds: Self.now.milliseconds - 2 * Self.day)
            #expect(refusal([certificate.bytes], judge, at: early) == .certificateExpired)
        }

        /// A clock that is a day behind, too, must not stop one.
        @Test func whatIsAboutToBeginIsGood() throws {
            let judge = try judge()
            let start = certificate.notBefore.milliseconds
            let grace = NodeLimits.earlyCertificateGraceMilliseconds
            for early in [1, 3_600_000, grace] as [UInt64] {
                let time = Timestamp(milliseconds: start - early)
                #expect(try judge.judge([certificate.bytes], at: time).get().number == 3, "\(early)")
            }
            let tooEarly = Timestamp(milliseconds: start - grace - 1)
            #expect(refusal([certificate.bytes], judge, at: tooEarly) == .certificateExpired)
        }

        @Test func graceIsForNothingElse() throws {
            let revoked = Revocation(serial: certificate.serial, time: Self.now, reason: .keyCompromise)
            let list = try root.revocationList([revoked], number: UInt256(1), at: Self.now, nextInDays: 7)
            let judge = try judge(lists: [list])
            #expect(refusal([certificate.bytes], judge) == .certificateRevoked)
            let late = Timestamp(milliseconds: certificate.notAfter.milliseconds + Self.day)
            #expect(refusal([certificate.bytes], judge, at: late) == .certificateRevoked)
        }

        @Test func othersAreNot() throws {
            let judge = try judge()
            #expect(refusal([], judge) == .certificateMalformed)
            #expect(refusal([[]], judge) == .certificateMalformed)
            #expect(refusal([[UInt8](repeating: 0x30, count: 300)], judge) == .certificateMalformed)
            let stranger = try Self.issue(root, try .generate(.p256), .node)
            #expect(refusal([stranger.bytes], judge) == .notOnList)
            // The key of a node, with the role of a client.
            #expect(refusal([try Self.issue(root, key, .client).bytes], judge) == .notOnList)
            // By another organisation's authority, and by one that calls itself like ours.
            for name in ["bravo", "alpha"] {
                let other = try CertificateAuthority.root(
                    organisation: name, commonName: "root", days: 3650, key: try SoftwareKey.generate(.p256),
                    at: Self.now)
                #expect(refusal([try Self.issue(other, key, .node).bytes], judge) == .certificateUntrusted)
            }
            // Listed with another organisation.
            #expect(refusal([certificate.bytes], try self.judge(organisation: "bravo")) == .notOnList)
        }
    }
}

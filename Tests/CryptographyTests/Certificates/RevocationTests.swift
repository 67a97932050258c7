import Primitives
import Testing

@testable import Cryptography

/// What revocation lists say, and what a verifier makes of them.
@Suite struct RevocationTests {
    private static let now = Organisation.now

    @Test(arguments: CertificateAlgorithm.allCases) func listsSayWhatWasRevoked(algorithm: CertificateAlgorithm) throws
    {
        let organisation = try Organisation(algorithm)
        let entries = RevocationReason.allCases.map { reason in
            Revocation(
                serial: SerialNumber.random(), time: Self.now.advanced(byDays: -reason.rawValue), reason: reason)
        }
        let number = try #require(UInt256(decimal: "1461501637330902918203684832716283019655932542975"))
        let made = try organisation.issuing.revocationList(entries, number: number, at: Self.now, nextInDays: 7)
        let list = try RevocationList(bytes: Array(made.pem.utf8))
        #expect(list == made && list.entries == entries && list.number == number)
        #expect(list.thisUpdate == Self.now && list.nextUpdate == Self.now.advanced(byDays: 7))
        for entry in entries { #expect(list.revocation(of: entry.serial) == entry) }
        #expect(list.revocation(of: SerialNumber.random()) == nil)
        #expect(list.isSigned(by: organisation.issuing.certificate))
        #expect(!list.isSigned(by: organisation.root.certificate))
        let empty = try organisation.issuing.revocationList([], number: UInt256(1), at: Self.now, nextInDays: 7)
        #expect(empty.entries.isEmpty)
        #expect(throws: CertificateError.self) {
            _ = try organisation.issuing.revocationList(
                [entries[0], entries[0]], number: UInt256(2), at: Self.now, nextInDays: 7)
        }
        #expect(throws: CertificateError.self) {
            _ = try organisation.issuing.revocationList([], number: UInt256(2), at: Self.now, nextInDays: 0)
        }
    }

    @Test func theLongestListFits() throws {
        let organisation = try Organisation(.sm2)
        let entries = (0..<CertificateLimits.revocationsMax).map { _ in
            Revocation(serial: SerialNumber.random(), time: Self.now, reason: .superseded)
        }
        let list = try organisation.issuing.revocationList(entries, number: UInt256(1), at: Self.now, nextInDays: 7)
        #expect(list.entries.count == entries.count)
        #expect(try RevocationList(bytes: Array(list.pem.utf8)) == list)
    }

    @Test(arguments: CertificateAlgorithm.allCases) func theRevokedAreRefusedFromThatTimeOn(
        algorithm: CertificateAlgorithm
    ) throws {
        let organisation = try Organisation(algorithm)
        let (good, bad) = (try organisation.issue("good"), try organisation.issue("bad"))
        let time = Self.now.advanced(byDays: 3)
        let entry = Revocation(serial: bad.serial, time: time, reason: .keyCompromise)
        let list = try organisation.issuing.revocationList([entry], number: UInt256(1), at: time, nextInDays: 7)
        let roots = try organisation.root.revocationList([], number: UInt256(1), at: time, nextInDays: 90)
        let verifier = try organisation.verifier(revocationLists: [roots, list])
        #expect(
            verifier.verify(bad, at: time).refusal?.reason == .revoked(at: time, .keyCompromise))
        #expect(verifier.verify(bad, at: Timestamp(milliseconds: time.milliseconds - 1)).holder != nil)
        #expect(verifier.verify(good, at: time).holder?.revocation == .current)
        // A list that is late says less, but what it says holds.
        let late = list.nextUpdate.advanced(byDays: 1)
        #expect(verifier.verify(good, at: late).holder?.revocation == .stale(since: list.nextUpdate))
        #expect(verifier.verify(bad, at: late).refusal?.reason == .revoked(at: time, .keyCompromise))
        let half = try organisation.verifier(revocationLists: [list])
        #expect(half.verify(good, at: time).holder?.revocation == .missing)
    }

    @Test(arguments: CertificateAlgorithm.allCases) func aRevokedAuthorityTakesAllItsOwnWithIt(
        algorithm: CertificateAlgorithm
    ) throws {
        let organisation = try Organisation(algorithm)
        let entry = Revocation(
            serial: organisation.issuing.certificate.serial, time: Self.now, reason: .authorityCompromise)
        let list = try organisation.root.revocationList([entry], number: UInt256(1), at: Self.now, nextInDays: 90)
        let refusal = try organisation.verifier(revocationLists: [list]).verify(
            try organisation.issue(), at: Self.now
        ).refusal
        #expect(refusal?.reason == .revoked(at: Self.now, .authorityCompromise))
        #expect(refusal?.subject == organisation.issuing.certificate.subject)
    }

    @Test(arguments: CertificateAlgorithm.allCases) func onlyTheNewestTrueListCounts(algorithm: CertificateAlgorithm)
        throws
    {
        let (organisation, twin) = (try Organisation(algorithm), try Organisation(algorithm))
        let certificate = try organisation.issue()
        let entry = Revocation(serial: certificate.serial, time: Self.now, reason: .certificateHold)
        let held = try organisation.issuing.revocationList([entry], number: UInt256(1), at: Self.now, nextInDays: 7)
        let released = try organisation.issuing.revocationList([], number: UInt256(2), at: Self.now, nextInDays: 7)
        // By an authority of the same name with another key.
        let forged = try twin.issuing.revocationList([entry], number: UInt256(9), at: Self.now, nextInDays: 7)
        for lists in [[held, released, forged], [forged, released, held]] {
            let verifier = try organisation.verifier(revocationLists: lists)
            #expect(verifier.verify(certificate, at: Self.now).holder != nil)
        }
        let verifier = try organisation.verifier(revocationLists: [forged, held])
        #expect(verifier.verify(certificate, at: Self.now).refusal?.reason == .revoked(at: Self.now, .certificateHold))
    }
}

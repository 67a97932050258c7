import Foundation
import Primitives
import TestSupport
import Testing

@testable import Cryptography

@Suite struct CertificateTests {
    private func reason(_ body: () throws -> Void) -> CertificateError.Reason? {
        do { try body() } catch { return (error as? CertificateError)?.reason }
        return nil
    }

    @Test(arguments: CertificateAlgorithm.allCases) func whatIsIssuedIsWhatWasGranted(
        algorithm: CertificateAlgorithm
    ) throws {
        let organisation = try Organisation(algorithm, name: "山川银行")
        let request = try organisation.request("asked", .administrator)
        let grant = CertificateGrant(commonName: "granted", use: .holder(.auditor), days: 90)
        let made = try organisation.issuing.issue(request, grant, at: Organisation.now)
        let certificate = try Certificate(bytes: Array(made.pem.utf8))
        #expect(certificate == made)
        #expect(certificate.subject.commonName == "granted" && certificate.subject.organisation == "山川银行")
        #expect(certificate.role == .auditor && !certificate.isAuthority && certificate.pathLength == nil)
        #expect(certificate.publicKey == request.publicKey)
        #expect(certificate.issuer == organisation.issuing.certificate.subject)
        #expect(certificate.notBefore.milliseconds == Organisation.now.milliseconds - 300_000)
        #expect(certificate.notAfter == Organisation.now.advanced(byDays: 90))
        #expect(certificate.authorityKeyIdentifier == organisation.issuing.certificate.subjectKeyIdentifier)
        #expect(certificate.fingerprint(in: organisation.suite) == organisation.suite.hash(made.bytes))
        #expect(organisation.issuing.certificate.pathLength == 0 && organisation.root.certificate.isSelfSigned)
        #expect(organisation.issuing.certificate.hasSigned(certificate))
        #expect(!organisation.root.certificate.hasSigned(certificate))
    }

    @Test func serialNumbersAreRandomNumbersOf128Bits() throws {
        let organisation = try Organisation(.p256)
        let serials = try (0..<20).map { _ in try organisation.issue().serial }
        #expect(Set(serials).count == serials.count)
        // All of these shorter than 16 bytes: once in 2^160.
        #expect(serials.contains { $0.bytes.count == 16 } && serials.allSatisfy { $0.bytes.count <= 16 })
        #expect(SerialNumber([0, 0]) == nil && SerialNumber([]) == nil)
        #expect(SerialNumber([UInt8](repeating: 1, count: 21)) == nil)
        #expect(SerialNumber([0, 0xAB, 1])?.description == "ab01")
    }

    @Test(arguments: CertificateAlgorithm.allCases) func authoritiesKeepToTheirs(algorithm: CertificateAlgorithm) throws
    {
        let organisation = try Organisation(algorithm)
        let (issuing, now) = (organisation.issuing, Organisation.now)
        let request = try organisation.request()
        func refused(_ grant: CertificateGrant) -> CertificateError.Reason? {
            reason { _ = try issuing.issue(request, grant, at: now) }
        }
        #expect(refused(CertificateGrant(commonName: "n", use: .holder(.node), days: 1_001)) == .notAllowed)
        #expect(refused(CertificateGrant(commonName: "n", use: .holder(.node), days: 0)) == .limitExceeded)
        #expect(refused(CertificateGrant(commonName: "n", use: .holder(.node), days: .max)) == .limitExceeded)
        #expect(refused(CertificateGrant(commonName: "n", use: .authority(pathLength: 0), days: 1)) == .notAllowed)
        #expect(refused(CertificateGrant(commonName: "", use: .holder(.node), days: 1)) == .limitExceeded)
        #expect(refused(CertificateGrant(commonName: "a\u{202E}b", use: .holder(.node), days: 1)) == .limitExceeded)
        let long = String(repeating: "长", count: 65)
        #expect(refused(CertificateGrant(commonName: long, use: .holder(.node), days: 1)) == .limitExceeded)
        // An authority that has expired can't issue.
        let late = now.advanced(byDays: 1_001)
        let grant = CertificateGrant(commonName: "n", use: .holder(.node), days: 1)
        #expect(reason { _ = try issuing.issue(request, grant, at: late) } == .notAllowed)
        // Keys of the other suite, and keys without certificates.
        let other = try Organisation(algorithm == .p256 ? .sm2 : .p256)
        #expect(reason { _ = try issuing.issue(try other.request(), grant, at: now) } == .notAllowed)
        for scheme in [SignatureScheme.ed25519, .secp256k1] {
            let key = try SoftwareKey.generate(scheme)
            #expect(
                reason { _ = try CertificateRequest(organisation: "A", commonName: "n", role: .node, key: key) }
                    == .unsupported)
        }
        // Somebody else's key, and a holder's certificate, make no authority.
        #expect(
            reason { _ = try CertificateAuthority(certificate: issuing.certificate, key: organisation.rootKey) }
                == .notAllowed)
        let key = try SoftwareKey.generate(algorithm.scheme)
        let holder = try issuing.issue(
            CertificateRequest(organisation: "Acme", commonName: "n", role: .node, key: key), grant, at: now)
        #expect(reason { _ = try CertificateAuthority(certificate: holder, key: key) } == .notAllowed)
        #expect(reason { _ = try other.issuing.renew(holder, days: 1, at: now) } == .notAllowed)
    }

    @Test(arguments: CertificateAlgorithm.allCases) func renewalKeepsNameRoleAndKey(algorithm: CertificateAlgorithm)
        throws
    {
        let organisation = try Organisation(algorithm)
        let old = try organisation.issue("node-1", .node, days: 20)
        let later = Organisation.now.advanced(byDays: 10)
        let renewed = try organisation.issuing.renew(old, days: 30, at: later)
        #expect(renewed.subject == old.subject && renewed.publicKey == old.publicKey && renewed.role == .node)
        #expect(renewed.serial != old.serial && renewed.notAfter == later.advanced(byDays: 30))
        // An authority that is renewed with its key keeps what it has issued valid.
        let issuing = try organisation.root.renew(organisation.issuing.certificate, days: 1_500, at: later)
        let verifier = try organisation.verifier(intermediates: [issuing])
        #expect(verifier.verify(old, at: later).holder?.commonName == "node-1")
        #expect(issuing.pathLength == 0 && issuing.isAuthority)
    }

    /// The known days: computed by another program (Python's datetime).
    @Test func timesAreThoseOfTheCalendar() throws {
        let cases: [(UInt64, String)] = [
            (0, "700101000000Z"), (951_782_400, "000229000000Z"), (1_709_210_096, "240229123456Z"),
            (2_524_607_999, "491231235959Z"), (2_524_608_000, "20500101000000Z"), (4_107_542_399, "21000228235959Z"),
            (4_107_542_400, "21000301000000Z"), (253_402_300_799, "99991231235959Z"),
        ]
        for (seconds, text) in cases {
            let time = Timestamp(milliseconds: seconds * 1000)
            let encoded = CertificateTime.encode(time)
            #expect(Array(encoded.dropFirst(2)) == Array(text.utf8))
            var reader = DERReader(encoded)
            #expect(try CertificateTime.read(from: &reader, "time") == time)
        }
        let never = CertificateTime.encode(Timestamp(milliseconds: .max))
        #expect(Array(never.dropFirst(2)) == Array("99991231235959Z".utf8))
        for text in [
            "230229000000Z", "231301000000Z", "230001000000Z", "230100000000Z", "230101240000Z", "230101006000Z",
            "230101000060Z", "2301010000Z", "230101000000+", "6901010000000", "690101000000Z", "23010100000:Z",
        ] {
            var reader = DERReader(DERWriter.element(DERTag.utcTime, Array(text.utf8)))
            #expect(reason { _ = try CertificateTime.read(from: &reader, "time") } == .malformed, "\(text)")
        }
        var generator = SeededGenerator(seed: 300)
        for _ in 0..<2_000 {
            let time = Timestamp(milliseconds: UInt64.random(in: 0..<253_402_300_800, using: &generator) * 1000)
            var reader = DERReader(CertificateTime.encode(time))
            #expect(try CertificateTime.read(from: &reader, "time") == time)
        }
    }

    @Test func daysUntilExpiryAreWholeDays() throws {
        let certificate = try Organisation(.p256).issue(days: 40)
        let end = certificate.notAfter
        let cases: [(Int, Int, Bool)] = [
            (-40 * 86_400_000, 40, false), (-30 * 86_400_000, 30, false), (-30 * 86_400_000 + 1, 29, true),
            (-1, 0, true), (0, 0, true), (1, -1, true), (86_400_000, -1, true), (86_400_001, -2, true),
        ]
        for (offset, days, expiresSoon) in cases {
            let time = Timestamp(milliseconds: UInt64(Int(end.milliseconds) + offset))
            #expect(certificate.daysUntilExpiry(at: time) == days, "\(offset)")
            #expect(certificate.expiresSoon(at: time) == expiresSoon, "\(offset)")
            #expect(certificate.isValid(at: time) == (offset <= 0), "\(offset)")
        }
        #expect(!certificate.isValid(at: Timestamp(milliseconds: certificate.notBefore.milliseconds - 1)))
        #expect(certificate.isValid(at: certificate.notBefore))
    }

    @Test func rolesAreClaimedOnceOrNotAtAll() {
        for role in CertificateRole.allCases {
            #expect(CertificateRole(units: [role.unit]) == role)
            #expect(CertificateRole(units: ["Treasury", role.unit]) == role)
            #expect(CertificateRole(units: [role.unit, role.unit]) == nil)
        }
        for units in [[], ["node"], ["Cairn-node"], ["cairn-king"], ["cairn-node", "cairn-king"], ["cairn-"]] {
            #expect(CertificateRole(units: units) == nil, "\(units)")
        }
    }

    @Test func identifiersHaveOneForm() {
        #expect(OID.sm2Curve.description == "1.2.156.10197.1.301" && OID.anyPurpose.description == "2.5.29.37.0")
        #expect(OID(content: OID.sm2Curve.bytes) == OID.sm2Curve)
        for bytes in [[], [0x80], [0x2A, 0x80, 1], [0x2A, 0x86], [UInt8](repeating: 1, count: 65)] as [[UInt8]] {
            #expect(OID(content: bytes) == nil)
        }
        let long = OID(content: [UInt8](repeating: 0xFF, count: 63) + [1])
        #expect(long?.description.isEmpty == false)
    }

    // MARK: - Forms

    @Test func onlyPEMOfItsKindIsRead() throws {
        let organisation = try Organisation(.p256)
        let certificate = try organisation.issue()
        let request = try organisation.request()
        let file = "text\r\n" + request.pem + certificate.pem.replacing("\n", with: "\r\n") + "more"
        #expect(try Certificate(bytes: Array(file.utf8)) == certificate)
        #expect(try CertificateRequest(bytes: Array(file.utf8)) == request)
        #expect(try Certificate.all(in: Array((file + file).utf8)) == [certificate, certificate])
        let renamed = request.pem.replacing("CERTIFICATE REQUEST", with: "NEW CERTIFICATE REQUEST")
        #expect(try CertificateRequest(bytes: Array(renamed.utf8)) == request)
        let broken: [String] = [
            "", request.pem, certificate.pem + certificate.pem, String(certificate.pem.dropLast(30)),
            certificate.pem.replacing("END CERTIFICATE", with: "END CERTIFICATES"),
            certificate.pem.replacing("M", with: "!"),
            "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        ]
        for text in broken { #expect(reason { _ = try Certificate(bytes: Array(text.utf8)) } == .malformed, "\(text)") }
        let many = String(repeating: certificate.pem, count: CertificateLimits.blocksMax + 1)
        #expect(reason { _ = try Certificate.all(in: Array(many.utf8)) } == .limitExceeded)
        let large = [UInt8](repeating: 10, count: CertificateLimits.textByteCountMax + 1)
        #expect(reason { _ = try Certificate.all(in: large) } == .limitExceeded)
        let padded = certificate.bytes + [UInt8](repeating: 0, count: CertificateLimits.certificateByteCountMax)
        #expect(reason { _ = try Certificate(der: padded) } == .limitExceeded)
        #expect(reason { _ = try Certificate(der: certificate.bytes + [0]) } == .malformed)
    }

    @Test(arguments: CertificateAlgorithm.allCases) func requestsProvePossession(algorithm: CertificateAlgorithm) throws
    {
        let organisation = try Organisation(algorithm)
        let request = try organisation.request()
        #expect(request.role == .node && request.subject.commonName == "node-1")
        // The same with somebody else's key in it.
        let (mine, other) = (algorithm.encode(request.publicKey), algorithm.encode(organisation.rootKey.publicKey))
        let place = try #require(request.bytes.firstRange(of: mine))
        var stolen = request.bytes
        stolen.replaceSubrange(place, with: other)
        #expect(reason { _ = try CertificateRequest(der: stolen) } == .signatureInvalid)
    }

    /// Cut off anywhere, and with any bit turned, nothing traps; and nothing that still reads has kept its signature.
    @Test(arguments: CertificateAlgorithm.allCases) func damagedBytesAreRefused(algorithm: CertificateAlgorithm) throws
    {
        let organisation = try Organisation(algorithm)
        let certificate = try organisation.issue()
        let request = try organisation.request()
        let list = try organisation.issuing.revocationList(
            [Revocation(serial: certificate.serial, time: Organisation.now, reason: .keyCompromise)],
            number: UInt256(3), at: Organisation.now, nextInDays: 7)
        var stillRead = 0
        for sample in [certificate.bytes, request.bytes, list.bytes] {
            for count in 0..<sample.count {
                let cut = Array(sample.prefix(count))
                #expect((try? Certificate(der: cut)) == nil && (try? CertificateRequest(der: cut)) == nil)
                #expect((try? RevocationList(der: cut)) == nil)
            }
            for bit in 0..<8 * sample.count {
                var changed = sample
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect((try? CertificateRequest(der: changed)) == nil, "bit \(bit)")
                if let read = try? Certificate(der: changed) {
                    stillRead += 1
                    #expect(!organisation.issuing.certificate.hasSigned(read), "bit \(bit)")
                }
                if let read = try? RevocationList(der: changed) {
                    #expect(!read.isSigned(by: organisation.issuing.certificate), "bit \(bit)")
                }
            }
        }
        #expect(stillRead > 100)
    }

    @Test func randomBytesAreRefused() {
        var generator = SeededGenerator(seed: 301)
        for _ in 0..<5_000 {
            var bytes = generator.bytes(Int.random(in: 0...200, using: &generator))
            if !bytes.isEmpty, Bool.random(using: &generator) { bytes[0] = DERTag.sequence }
            #expect((try? Certificate(bytes: bytes)) == nil && (try? CertificateRequest(bytes: bytes)) == nil)
            #expect((try? RevocationList(bytes: bytes)) == nil)
        }
    }

    @Test func flawsOfTheFormAreNamed() throws {
        let organisation = try Organisation(.p256)
        let name = organisation.issuing.certificate.subject
        let key = try SoftwareKey.generate(.p256).publicKey
        let holder = try CertificateName(organisation: "Acme", unit: "cairn-node", commonName: "n")
        let sound = Forgery(of: key, named: holder, by: name)
        #expect(try sound.signed(by: organisation.issuingKey).role == .node)
        func reading(_ change: (inout Forgery) throws -> Void) -> CertificateError.Reason? {
            reason {
                var forgery = sound
                try change(&forgery)
                _ = try forgery.signed(by: organisation.issuingKey)
            }
        }
        #expect(reading { $0.version = 1 } == .unsupported)
        #expect(reading { $0.serial = [0] } == .malformed)
        #expect(reading { $0.serial = [UInt8](repeating: 1, count: 21) } == .malformed)
        let usage = CertificateExtensions.encode(.keyUsage, DERWriter.namedBits(1 << 15))
        #expect(reading { $0.others = [usage] } == nil)
        #expect(reading { $0.others = [usage, usage] } == .malformed)
        #expect(reading { $0.others = [CertificateExtensions.encode(.keyUsage, [3, 2, 5, 0x81])] } == .malformed)
        let unknown = (0..<UInt64(CertificateLimits.extensionsMax)).map { number in
            CertificateExtensions.encode(OID(1, 2, number), [])
        }
        #expect(reading { $0.others = unknown } == .malformed)
        #expect(reading { $0.others = Array(unknown.dropLast()) } == nil)
        let unreadable = DERWriter.sequence(
            DERWriter.element(
                DERTag.set,
                DERWriter.sequence(
                    DERWriter.identifier(OID(2, 5, 4, 7)), DERWriter.element(DERTag.utf8String, [0xD8, 0x20]))))
        #expect(
            reading {
                var reader = DERReader(unreadable)
                $0.subject = try CertificateName(from: &reader, "name")
            } == .malformed)
        let twice = DERWriter.sequence(
            ["a", "b"].map { text in
                DERWriter.element(
                    DERTag.set,
                    DERWriter.sequence(
                        DERWriter.identifier(.commonName), DERWriter.element(DERTag.utf8String, Array(text.utf8))))
            })
        #expect(
            reading {
                var reader = DERReader(twice)
                $0.subject = try CertificateName(from: &reader, "name")
            } == .unsupported)
    }
}

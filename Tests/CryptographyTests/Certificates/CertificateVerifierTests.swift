import Primitives
import Testing

@testable import Cryptography

/// Each reason why a verifier refuses, with both algorithms.
@Suite(.serialized) struct CertificateVerifierTests {
    private static let now = Organisation.now

    private func reason(
        _ verifier: CertificateVerifier, _ certificate: Certificate, _ presented: [Certificate] = [],
        at time: Timestamp = now
    ) -> CertificateRefusal.Reason? {
        verifier.verify(certificate, presented: presented, at: time).refusal?.reason
    }

    @Test(arguments: CertificateAlgorithm.allCases) func acceptedHoldersAreWhoTheyAre(algorithm: CertificateAlgorithm)
        throws
    {
        let organisation = try Organisation(algorithm)
        for role in CertificateRole.allCases {
            let certificate = try organisation.issue("someone", role)
            let verdict = try organisation.verifier().verify(certificate, at: Self.now)
            let holder = try #require(verdict.holder, "\(verdict)")
            #expect(holder.organisation == "Acme" && holder.commonName == "someone" && holder.role == role)
            #expect(holder.publicKey == certificate.publicKey && holder.serial == certificate.serial)
            #expect(holder.chain == [certificate, organisation.issuing.certificate, organisation.root.certificate])
            #expect(holder.notAfter == certificate.notAfter && holder.revocation == .missing)
            // The same with the authority presented, and with only that one trusted.
            let presented = try organisation.verifier(intermediates: []).verify(
                certificate, presented: [organisation.root.certificate, organisation.issuing.certificate], at: Self.now)
            #expect(presented == verdict)
            let partial = try CertificateVerifier(
                suite: organisation.suite,
                trusted: [TrustedAuthority(organisation.issuing.certificate, for: "Acme")])
            #expect(partial.verify(certificate, at: Self.now).holder?.chain.count == 2)
        }
    }

    @Test(arguments: CertificateAlgorithm.allCases) func timeDecides(algorithm: CertificateAlgorithm) throws {
        let organisation = try Organisation(algorithm)
        let verifier = try organisation.verifier()
        let certificate = try organisation.issue(days: 10)
        let end = certificate.notAfter
        #expect(verifier.verify(certificate, at: end).holder != nil)
        let after = Timestamp(milliseconds: end.milliseconds + 1)
        #expect(reason(verifier, certificate, at: after) == .expired(since: end))
        let before = Timestamp(milliseconds: certificate.notBefore.milliseconds - 1)
        #expect(reason(verifier, certificate, at: before) == .notYetValid(until: certificate.notBefore))
        // An authority's expiry counts as well. A certificate can only outlive it if somebody else has made it so.
        let short = try Organisation(algorithm, issuingDays: 20)
        var forgery = Forgery(
            of: certificate.publicKey, named: certificate.subject, by: short.issuing.certificate.subject)
        forgery.end = Self.now.advanced(byDays: 100)
        let long = try forgery.signed(by: short.issuingKey)
        let refusal = try short.verifier().verify(long, at: Self.now.advanced(byDays: 21)).refusal
        #expect(refusal?.reason == .expired(since: short.issuing.certificate.notAfter))
        #expect(refusal?.subject == short.issuing.certificate.subject)
        #expect(refusal?.description.contains("CN=Acme issuing") == true)
    }

    @Test(arguments: CertificateAlgorithm.allCases) func strangersAreNotTrusted(algorithm: CertificateAlgorithm) throws
    {
        let (organisation, twin) = (try Organisation(algorithm), try Organisation(algorithm))
        let certificate = try organisation.issue()
        // Without the authority between, and by authorities of the same names with other keys.
        #expect(reason(try organisation.verifier(intermediates: []), certificate) == .unknownAuthority)
        #expect(reason(try twin.verifier(), certificate) == .unknownAuthority)
        let presented = [organisation.issuing.certificate, organisation.root.certificate]
        #expect(reason(try twin.verifier(), certificate, presented) == .unknownAuthority)
        // A signature by another key than the name says, where key identifiers don't tell.
        let forgery = Forgery(
            of: certificate.publicKey, named: certificate.subject, by: organisation.issuing.certificate.subject)
        #expect(reason(try organisation.verifier(), try forgery.signed(by: twin.issuingKey)) == .signatureInvalid)
        // A root of one's own making, for the same organisation.
        let own = try CertificateAuthority.root(
            organisation: "Acme", commonName: "Acme root", days: 100, key: twin.rootKey, at: Self.now)
        let grant = CertificateGrant(commonName: "n", use: .holder(.node), days: 10)
        let leaf = try own.issue(twin.request(), grant, at: Self.now)
        #expect(reason(try organisation.verifier(), leaf, [own.certificate]) == .unknownAuthority)
    }

    @Test(arguments: CertificateAlgorithm.allCases) func anotherOrganisationIsNotVouchedFor(
        algorithm: CertificateAlgorithm
    ) throws {
        let (acme, bolt) = (try Organisation(algorithm), try Organisation(algorithm, name: "Bolt"))
        let trusted = [
            try TrustedAuthority(acme.root.certificate, for: "Acme"),
            try TrustedAuthority(bolt.root.certificate, for: "Bolt"),
        ]
        let verifier = try CertificateVerifier(
            suite: acme.suite, trusted: trusted,
            intermediates: [acme.issuing.certificate, bolt.issuing.certificate])
        #expect(verifier.verify(try acme.issue(), at: Self.now).holder?.organisation == "Acme")
        #expect(verifier.verify(try bolt.issue(), at: Self.now).holder?.organisation == "Bolt")
        // Bolt's authority names Acme in a certificate.
        let forgery = Forgery(
            of: try bolt.issue().publicKey, named: try acme.issue().subject, by: bolt.issuing.certificate.subject)
        #expect(reason(verifier, try forgery.signed(by: bolt.issuingKey)) == .foreignOrganisation)
    }

    @Test(arguments: CertificateAlgorithm.allCases) func namesAndRolesMustBeThere(algorithm: CertificateAlgorithm)
        throws
    {
        let organisation = try Organisation(algorithm)
        let verifier = try organisation.verifier()
        let sample = try organisation.issue()
        func forged(_ name: CertificateName) throws -> Certificate {
            try Forgery(of: sample.publicKey, named: name, by: sample.issuer).signed(by: organisation.issuingKey)
        }
        for unit in [nil, "node", "cairn-king"] {
            let name = try CertificateName(organisation: "Acme", unit: unit, commonName: "n")
            #expect(reason(verifier, try forged(name)) == .roleMissing)
        }
        var empty = DERReader(DERWriter.sequence([]))
        #expect(reason(verifier, try forged(try CertificateName(from: &empty, "name"))) == .nameMissing)
    }

    @Test(arguments: CertificateAlgorithm.allCases) func certificatesServeOneUse(algorithm: CertificateAlgorithm) throws
    {
        let organisation = try Organisation(algorithm)
        let verifier = try organisation.verifier()
        #expect(reason(verifier, organisation.issuing.certificate) == .wrongUse)
        // A holder signs a certificate with the own key.
        let key = try SoftwareKey.generate(algorithm.scheme)
        let request = try CertificateRequest(organisation: "Acme", commonName: "n", role: .node, key: key)
        let grant = CertificateGrant(commonName: "n", use: .holder(.node), days: 10)
        let holder = try organisation.issuing.issue(request, grant, at: Self.now)
        let child = try CertificateName(organisation: "Acme", unit: "cairn-administrator", commonName: "x")
        let forgery = Forgery(of: key.publicKey, named: child, by: holder.subject)
        #expect(reason(verifier, try forgery.signed(by: key), [holder]) == .wrongUse)

        func forged(_ unit: String, _ change: (inout CertificateExtensions) -> Void) throws -> Certificate {
            let name = try CertificateName(organisation: "Acme", unit: unit, commonName: "x")
            var forgery = Forgery(of: key.publicKey, named: name, by: organisation.issuing.certificate.subject)
            change(&forgery.extensions)
            return try forgery.signed(by: organisation.issuingKey)
        }
        #expect(reason(verifier, try forged("cairn-node") { $0.keyUsage = .certificateSigning }) == .wrongUse)
        #expect(reason(verifier, try forged("cairn-node") { $0.purposes = [.serverAuthentication] }) == .wrongUse)
        #expect(reason(verifier, try forged("cairn-node") { $0.purposes = [.clientAuthentication] }) == .wrongUse)
        #expect(reason(verifier, try forged("cairn-client") { $0.purposes = [.clientAuthentication] }) == nil)
        #expect(reason(verifier, try forged("cairn-client") { $0.purposes = [.serverAuthentication] }) == .wrongUse)
        #expect(reason(verifier, try forged("cairn-node") { $0.purposes = [.anyPurpose] }) == nil)
        #expect(reason(verifier, try forged("cairn-node") { _ in }) == nil)
        // An authority whose key may sign lists only.
        let name = organisation.issuing.certificate.subject
        var authority = Forgery(
            of: organisation.issuingKey.publicKey, named: name, by: organisation.root.certificate.subject)
        authority.extensions = CertificateExtensions(isAuthority: true, keyUsage: .revocationListSigning)
        let restricted = try authority.signed(by: organisation.rootKey)
        #expect(reason(try organisation.verifier(intermediates: [restricted]), holder) == .wrongUse)
        #expect(throws: CertificateError.self) { _ = try TrustedAuthority(holder, for: "Acme") }
    }

    @Test(arguments: CertificateAlgorithm.allCases) func criticalExtensionsMustBeKnown(algorithm: CertificateAlgorithm)
        throws
    {
        let organisation = try Organisation(algorithm)
        let sample = try organisation.issue()
        var forgery = Forgery(of: sample.publicKey, named: sample.subject, by: sample.issuer)
        // Name constraints, as of a company's root that allows some names only.
        let constraints = OID(2, 5, 29, 30)
        forgery.others = [CertificateExtensions.encode(constraints, [0x30, 0])]
        #expect(reason(try organisation.verifier(), try forgery.signed(by: organisation.issuingKey)) == nil)
        forgery.others = [CertificateExtensions.encode(constraints, isCritical: true, [0x30, 0])]
        let refused = try forgery.signed(by: organisation.issuingKey)
        #expect(reason(try organisation.verifier(), refused) == .unknownCriticalExtension)
        var authority = Forgery(
            of: organisation.issuingKey.publicKey, named: sample.issuer, by: organisation.root.certificate.subject)
        authority.extensions.isAuthority = true
        authority.others = forgery.others
        let restricted = try authority.signed(by: organisation.rootKey)
        #expect(
            reason(try organisation.verifier(intermediates: [restricted]), sample) == .unknownCriticalExtension)
    }

    @Test func suitesDoNotMix() throws {
        let (international, national) = (try Organisation(.p256), try Organisation(.sm2))
        #expect(reason(try international.verifier(), try national.issue()) == .wrongSuite)
        #expect(reason(try national.verifier(), try international.issue()) == .wrongSuite)
        // An SM2 root vouches for an authority with a key of P-256.
        let name = international.issuing.certificate.subject
        var forgery = Forgery(
            of: international.issuingKey.publicKey, named: name, by: national.root.certificate.subject)
        forgery.extensions.isAuthority = true
        let mixed = try forgery.signed(by: national.rootKey)
        let verifier = try CertificateVerifier(
            suite: .international, trusted: [TrustedAuthority(national.root.certificate, for: "Acme")],
            intermediates: [mixed])
        #expect(reason(verifier, try international.issue()) == .wrongSuite)
    }

    // MARK: - Chains

    /// Authorities one below the other, each allowing so many below itself, and a holder below the last.
    private func tower(
        _ algorithm: CertificateAlgorithm, pathLengths: [Int?]
    ) throws -> (root: Certificate, between: [Certificate], holder: Certificate) {
        let organisation = try Organisation(algorithm)
        var (issuerKey, issuer) = (organisation.rootKey, organisation.root.certificate)
        var between: [Certificate] = []
        for (index, pathLength) in pathLengths.enumerated() {
            let key = try SoftwareKey.generate(algorithm.scheme)
            let name = try CertificateName(organisation: "Acme", commonName: "authority \(index)")
            var forgery = Forgery(of: key.publicKey, named: name, by: issuer.subject)
            forgery.extensions = CertificateExtensions(isAuthority: true, pathLength: pathLength)
            (issuer, issuerKey) = (try forgery.signed(by: issuerKey), key)
            between.append(issuer)
        }
        let name = try CertificateName(organisation: "Acme", unit: "cairn-node", commonName: "n")
        let key = try SoftwareKey.generate(algorithm.scheme).publicKey
        let holder = try Forgery(of: key, named: name, by: issuer.subject).signed(by: issuerKey)
        return (organisation.root.certificate, between, holder)
    }

    @Test(
        arguments: [
            ([nil], true), ([0], true), ([1, 0], true), ([0, nil], false), ([nil, 0], true), ([2, 1, 0], true),
            ([1, nil, nil], false), ([nil, nil, nil, nil], true), ([nil, nil, nil, nil, nil], false),
            ([1, 0, nil], false),
        ] as [([Int?], Bool)])
    func pathLengthsAreKept(pathLengths: [Int?], isAccepted: Bool) throws {
        let (root, between, holder) = try tower(.p256, pathLengths: pathLengths)
        let verifier = try CertificateVerifier(
            suite: .international, trusted: [TrustedAuthority(root, for: "Acme")], intermediates: between.reversed())
        #expect(reason(verifier, holder) == (isAccepted ? nil : .chainTooLong))
        if isAccepted { #expect(verifier.verify(holder, at: Self.now).holder?.chain.count == pathLengths.count + 2) }
    }

    /// Organisations that certify each other's authorities: there are two ways up, one of which has expired.
    @Test func anotherWayUpIsFound() throws {
        let organisation = try Organisation(.p256)
        let second = try CertificateAuthority.root(
            organisation: "Acme", commonName: "Acme second root", days: 50, key: SoftwareKey.generate(.p256),
            at: Self.now)
        let request = try CertificateRequest(
            organisation: "Acme", commonName: "Acme issuing", role: nil, key: organisation.issuingKey)
        let grant = CertificateGrant(commonName: "Acme issuing", use: .authority(pathLength: 0), days: 40)
        let cross = try second.issue(request, grant, at: Self.now)
        let both = [cross, organisation.issuing.certificate]
        let verifier = try CertificateVerifier(
            suite: .international,
            trusted: [second.certificate, organisation.root.certificate].map { try TrustedAuthority($0, for: "Acme") },
            intermediates: both)
        let certificate = try organisation.issue()
        #expect(verifier.verify(certificate, at: Self.now).holder?.chain.last == second.certificate)
        let later = Self.now.advanced(byDays: 45)
        #expect(verifier.verify(certificate, at: later).holder?.chain.last == organisation.root.certificate)
    }

    /// Whatever is presented, the work is bounded: authorities of one name that have all signed each other.
    @Test func tanglesEnd() throws {
        let algorithm = CertificateAlgorithm.p256
        let name = try CertificateName(organisation: "Acme", commonName: "x")
        let keys = try (0..<6).map { _ in try SoftwareKey.generate(algorithm.scheme) }
        var tangle: [Certificate] = []
        for key in keys {
            for signer in keys {
                var forgery = Forgery(of: key.publicKey, named: name, by: name)
                forgery.extensions.isAuthority = true
                tangle.append(try forgery.signed(by: signer))
            }
        }
        let holder = try CertificateName(organisation: "Acme", unit: "cairn-node", commonName: "n")
        let certificate = try Forgery(of: keys[0].publicKey, named: holder, by: name).signed(by: keys[1])
        let trusted = try Organisation(.p256).root.certificate
        let verifier = try CertificateVerifier(
            suite: .international, trusted: [TrustedAuthority(trusted, for: "Acme")], intermediates: tangle)
        let refused = verifier.verify(certificate, presented: tangle + tangle, at: Self.now).refusal
        #expect(refused?.reason == .signatureInvalid || refused?.reason == .chainTooLong)
        let many = [Certificate](repeating: trusted, count: CertificateLimits.intermediatesMax + 1)
        #expect(throws: CertificateError.self) {
            _ = try CertificateVerifier(suite: .international, trusted: [], intermediates: many)
        }
    }
}

import Foundation
import Primitives
import TestSupport
import Testing

@testable import Cryptography

/// Our certificates and lists by OpenSSL's command line, and its by us.
@Suite(.enabled(if: OpenSSLTool.isThere, Comment(rawValue: OpenSSLTool.missing)))
struct OpenSSLCertificateTests {
    /// The time of these tests is the clock's, as OpenSSL makes certificates of no other: a minute later, so that what
    /// it makes meanwhile is valid.
    private let now = Timestamp(milliseconds: UInt64(Date().timeIntervalSince1970 + 60) * 1000)
    private let identity = "1234567812345678"

    private func keyOptions(_ algorithm: CertificateAlgorithm) -> String {
        "-algorithm EC -pkeyopt ec_paramgen_curve:\(algorithm == .sm2 ? "SM2" : "P-256")"
    }

    private func signOptions(_ algorithm: CertificateAlgorithm) -> String {
        algorithm == .sm2 ? "-sm3 -sigopt distid:\(identity)" : "-sha256"
    }

    private func verifyOptions(_ algorithm: CertificateAlgorithm) -> String {
        algorithm == .sm2 ? "-vfyopt distid:\(identity)" : ""
    }

    private func expectSuccess(_ tool: OpenSSLTool, _ line: String) throws {
        let result = try tool.run(line)
        #expect(result.isSuccess, "openssl \(line): \(result.output)")
    }

    // MARK: - Ours

    /// The names of a server are held against by others, are kept by a renewal, and are for nodes only.
    @Test func serversAreKnownByTheirNames() throws {
        let tool = try OpenSSLTool()
        let organisation = try Organisation(.p256)
        let names = try ServerNames(["node-1.acme.example", "192.0.2.7", "2001:db8::7"])
        let grant = CertificateGrant(commonName: "rpc", use: .holder(.node), days: 9, serverNames: names)
        let issued = try organisation.issuing.issue(try organisation.request(), grant, at: Organisation.now)
        let renewed = try organisation.issuing.renew(issued, days: 8, at: Organisation.now)
        #expect(issued.serverNames == names && renewed.serverNames == names)
        try tool.write(organisation.issuing.certificate.pem, to: "issuing.pem")
        let verify = "verify -attime \(Organisation.now.milliseconds / 1000) -partial_chain -CAfile issuing.pem"
        for certificate in [issued, renewed] {
            try tool.write(certificate.pem, to: "leaf.pem")
            try expectSuccess(tool, "\(verify) -x509_strict -verify_hostname node-1.acme.example leaf.pem")
            try expectSuccess(tool, "\(verify) -verify_ip 192.0.2.7 leaf.pem")
            try expectSuccess(tool, "\(verify) -verify_ip 2001:db8::7 leaf.pem")
            #expect(try !tool.run("\(verify) -verify_hostname acme.example leaf.pem").isSuccess)
            #expect(try !tool.run("\(verify) -verify_ip 192.0.2.8 leaf.pem").isSuccess)
        }
        for wrong in [[], [""], ["a b"], ["*.acme.example"], ["a..b"], ["-\u{0}"], Array(repeating: "a", count: 33)] {
            #expect(throws: CertificateError.self) { try ServerNames(wrong) }
        }
        let client = CertificateGrant(commonName: "c", use: .holder(.client), days: 9, serverNames: names)
        let request = try organisation.request()
        #expect(throws: CertificateError.self) {
            try organisation.issuing.issue(request, client, at: Organisation.now)
        }
    }

    @Test(arguments: CertificateAlgorithm.allCases) func itTakesOurChains(algorithm: CertificateAlgorithm) throws {
        let tool = try OpenSSLTool()
        let organisation = try Organisation(algorithm, name: "山川 & Co")
        let certificate = try organisation.issue()
        try tool.write(organisation.root.certificate.pem, to: "root.pem")
        try tool.write(organisation.issuing.certificate.pem, to: "issuing.pem")
        try tool.write(certificate.pem, to: "leaf.pem")
        let options = "-x509_strict -attime \(Organisation.now.milliseconds / 1000) \(verifyOptions(algorithm))"
        for purpose in ["sslserver", "sslclient"] {
            let leaf = "verify \(options) -purpose \(purpose)"
            switch algorithm {
            case .p256:
                try expectSuccess(tool, "\(leaf) -check_ss_sig -CAfile root.pem -untrusted issuing.pem leaf.pem")
            case .sm2:
                // It gives the identity to the certificate that it is asked about only: so one step at a time.
                try expectSuccess(tool, "\(leaf) -partial_chain -CAfile issuing.pem leaf.pem")
                try expectSuccess(tool, "verify \(options) -partial_chain -CAfile root.pem issuing.pem")
                try expectSignature(organisation.root.certificate.structure, by: "root.pem", tool)
            }
        }
        // Without the authority between, and after its end, it refuses: so it does look.
        #expect(try !tool.run("verify \(options) -CAfile root.pem leaf.pem").isSuccess)
        let late = certificate.notAfter.milliseconds / 1000 + 1
        let afterwards = options.replacing(/-attime [0-9]+/, with: "-attime \(late)")
        #expect(try !tool.run("verify \(afterwards) -partial_chain -CAfile issuing.pem leaf.pem").isSuccess)
        let text = try tool.run("x509 -in leaf.pem -noout -serial -subject -nameopt oneline,-esc_msb,utf8").output
        #expect(text.lowercased().contains("serial=" + certificate.serial.description.leftPadded))
        #expect(text.contains("山川 & Co") && text.contains("OU = cairn-node") && text.contains("CN = node-1"))
    }

    @Test(arguments: CertificateAlgorithm.allCases) func itTakesOurRequests(algorithm: CertificateAlgorithm) throws {
        let tool = try OpenSSLTool()
        let request = try Organisation(algorithm).request("n", .auditor)
        try tool.write(request.pem, to: "request.pem")
        let result = try tool.run(
            "req -in request.pem -noout -subject -verify \(verifyOptions(algorithm))")
        #expect(result.isSuccess && result.output.contains("verify OK"), "\(result.output)")
        #expect(result.output.contains("OU = cairn-auditor"), "\(result.output)")
        var damaged = request.bytes
        damaged[damaged.count - 1] ^= 1
        try tool.write(PEM.encode(damaged, .request), to: "request.pem")
        #expect(
            try !tool.run("req -in request.pem -noout -verify \(verifyOptions(algorithm))").output
                .contains("verify OK"))
    }

    @Test func itTakesOurRevocationLists() throws {
        let tool = try OpenSSLTool()
        let organisation = try Organisation(.p256)
        let (good, bad) = (try organisation.issue("good"), try organisation.issue("bad"))
        let entry = Revocation(serial: bad.serial, time: Organisation.now, reason: .keyCompromise)
        let list = try organisation.issuing.revocationList(
            [entry], number: UInt256(7), at: Organisation.now, nextInDays: 7)
        let roots = try organisation.root.revocationList([], number: UInt256(1), at: Organisation.now, nextInDays: 7)
        try tool.write(organisation.root.certificate.pem, to: "root.pem")
        try tool.write(organisation.issuing.certificate.pem, to: "issuing.pem")
        try tool.write(list.pem + roots.pem, to: "lists.pem")
        try tool.write(list.pem, to: "list.pem")
        for certificate in [good, bad] {
            try tool.write(certificate.pem, to: "leaf.pem")
            let result = try tool.run(
                "verify -x509_strict -attime \(Organisation.now.milliseconds / 1000) -crl_check_all -CRLfile lists.pem "
                    + "-CAfile root.pem -untrusted issuing.pem leaf.pem")
            #expect(result.isSuccess == (certificate == good), "\(result.output)")
            #expect(result.output.contains("certificate revoked") == (certificate == bad), "\(result.output)")
        }
        let text = try tool.run("crl -in list.pem -noout -text").output
        #expect(text.contains("Key Compromise") && text.contains("X509v3 CRL Number"), "\(text)")
    }

    /// OpenSSL 3.0 has no option for the identity in lists that are signed with SM2: so it reads the list, and checks
    /// the signature apart from it.
    @Test func itTakesOurRevocationListsOfSM2() throws {
        let tool = try OpenSSLTool()
        let organisation = try Organisation(.sm2)
        let entry = Revocation(serial: SerialNumber.random(), time: Organisation.now, reason: .superseded)
        let list = try organisation.issuing.revocationList(
            [entry], number: UInt256(7), at: Organisation.now, nextInDays: 7)
        try tool.write(list.pem, to: "list.pem")
        let text = try tool.run("crl -in list.pem -noout -text").output
        #expect(text.contains("SM2-with-SM3") && text.contains("Superseded"), "\(text)")
        try tool.write(organisation.issuing.certificate.pem, to: "issuing.pem")
        try expectSignature(
            try SignedStructure(list.bytes, byteCountMax: 1 << 20, "list"), by: "issuing.pem", tool)
    }

    /// Has it check an SM2 signature of bytes, and refuse the same of others.
    private func expectSignature(_ structure: SignedStructure, by issuer: String, _ tool: OpenSSLTool) throws {
        try tool.write(structure.content, to: "content")
        try tool.write(structure.content + [0], to: "changed")
        try tool.write(DERSignature.encode(structure.signature), to: "signature")
        try tool.write(try tool.run("x509 -in \(issuer) -noout -pubkey").output, to: "key.pem")
        let check = "dgst -sm3 -verify key.pem -signature signature -sigopt distid:\(identity)"
        try expectSuccess(tool, "\(check) content")
        #expect(try !tool.run("\(check) changed").isSuccess)
    }

    // MARK: - Its own

    private static let configuration = """
        [ca]
        default_ca = own
        [own]
        dir = .
        database = index.txt
        serial = serial
        crlnumber = crlnumber
        new_certs_dir = .
        policy = any
        unique_subject = no
        copy_extensions = none
        crl_extensions = list
        [any]
        organizationName = supplied
        organizationalUnitName = supplied
        commonName = supplied
        [authority]
        basicConstraints = critical,CA:TRUE,pathlen:1
        keyUsage = critical,keyCertSign,cRLSign
        subjectKeyIdentifier = hash
        [holder]
        basicConstraints = CA:FALSE
        keyUsage = critical,digitalSignature
        extendedKeyUsage = clientAuth,serverAuth
        subjectKeyIdentifier = hash
        authorityKeyIdentifier = keyid,issuer
        [list]
        authorityKeyIdentifier = keyid
        [req]
        distinguished_name = name
        [name]
        """

    /// An outside authority, made by OpenSSL alone.
    private func outsideAuthority(_ algorithm: CertificateAlgorithm) throws -> OpenSSLTool {
        let tool = try OpenSSLTool()
        try tool.write(Self.configuration, to: "own.cnf")
        try tool.write("", to: "index.txt")
        try tool.write("00f1e2d3c4b5a697\n", to: "serial")
        try tool.write("2a\n", to: "crlnumber")
        try expectSuccess(tool, "genpkey \(keyOptions(algorithm)) -out root.key")
        try expectSuccess(
            tool,
            "req -x509 -new -config own.cnf -extensions authority -key root.key -subj /C=CN/O=Acme/CN=Outside -days 99 "
                + "-out root.pem \(signOptions(algorithm))")
        return tool
    }

    @Test(arguments: CertificateAlgorithm.allCases) func weTakeItsCertificatesForOurRequests(
        algorithm: CertificateAlgorithm
    ) throws {
        let tool = try outsideAuthority(algorithm)
        let request = try Organisation(algorithm).request("node-7", .node)
        try tool.write(request.pem, to: "request.pem")
        let distinguished = algorithm == .sm2 ? "-vfyopt distid:\(identity)" : ""
        try expectSuccess(
            tool,
            "ca -batch -config own.cnf -extensions holder -in request.pem -cert root.pem -keyfile root.key -days 30 "
                + "-notext -out leaf.pem -md \(algorithm == .sm2 ? "sm3" : "sha256") "
                + (algorithm == .sm2 ? "-sigopt distid:\(identity) " : "") + distinguished)
        let root = try Certificate(bytes: try tool.read("root.pem"))
        let leaf = try Certificate(bytes: try tool.read("leaf.pem"))
        #expect(root.isSelfSigned && root.isAuthority && root.pathLength == 1)
        let verifier = try CertificateVerifier(
            suite: algorithm.suite, trusted: [TrustedAuthority(root, for: "Acme")])
        let holder = try #require(verifier.verify(leaf, at: now).holder)
        #expect(holder.commonName == "node-7" && holder.role == .node && holder.publicKey == request.publicKey)
        #expect(leaf.daysUntilExpiry(at: now) == 29 || leaf.daysUntilExpiry(at: now) == 30)
        #expect(leaf.expiresSoon(at: now.advanced(byDays: 2)))
        // OpenSSL reads the same.
        let serial = try tool.run("x509 -in leaf.pem -noout -serial").output
        #expect(serial.lowercased().contains(leaf.serial.description))
        let fingerprint = try tool.run(
            "x509 -in leaf.pem -noout -fingerprint -\(algorithm == .sm2 ? "sm3" : "sha256")"
        ).output
        let digits = leaf.fingerprint(in: algorithm.suite).description.dropFirst(2)
        #expect(fingerprint.replacing(":", with: "").lowercased().contains(digits), "\(fingerprint)")
        // Its requests, too.
        try expectSuccess(tool, "genpkey \(keyOptions(algorithm)) -out n.key")
        try expectSuccess(
            tool,
            "req -new -config own.cnf -key n.key -subj /O=Acme/OU=cairn-client/CN=c -out n.csr \(signOptions(algorithm))"
        )
        let theirs = try CertificateRequest(bytes: try tool.read("n.csr"))
        #expect(theirs.role == .client && theirs.publicKey.scheme == algorithm.scheme)
        try revoke(tool, leaf, root, algorithm)
    }

    private func revoke(
        _ tool: OpenSSLTool, _ leaf: Certificate, _ root: Certificate, _ algorithm: CertificateAlgorithm
    ) throws {
        let authority = "-config own.cnf -cert root.pem -keyfile root.key"
        let signing = algorithm == .sm2 ? "-md sm3 -sigopt distid:\(identity)" : "-md sha256"
        try expectSuccess(tool, "ca \(authority) \(signing) -revoke leaf.pem -crl_reason keyCompromise")
        try expectSuccess(tool, "ca \(authority) \(signing) -gencrl -crldays 5 -out list.pem")
        let list = try RevocationList(bytes: try tool.read("list.pem"))
        #expect(list.number == UInt256(42) && list.isSigned(by: root) && list.entries.count == 1)
        let verifier = try CertificateVerifier(
            suite: algorithm.suite, trusted: [TrustedAuthority(root, for: "Acme")], revocationLists: [list])
        let later = now.advanced(byDays: 1)
        guard case .revoked(let time, .keyCompromise) = verifier.verify(leaf, at: later).refusal?.reason else {
            Issue.record("not revoked")
            return
        }
        #expect(time <= later)
    }

    /// Many random signatures with high and low s, as OpenSSL makes them, all verify.
    @Test(arguments: CertificateAlgorithm.allCases) func weTakeManyOfItsRoots(algorithm: CertificateAlgorithm) throws {
        let tool = try outsideAuthority(algorithm)
        var high = 0
        for _ in 0..<12 {
            try expectSuccess(
                tool,
                "req -x509 -new -config own.cnf -extensions authority -key root.key -subj /O=Acme/CN=Outside -days 9 "
                    + "-out other.pem \(signOptions(algorithm))")
            let root = try Certificate(bytes: try tool.read("other.pem"))
            #expect(root.isSelfSigned)
            if !P256.hasLowS(root.structure.signature) { high += 1 }
        }
        if algorithm == .p256 { #expect(high > 0) }
    }
}

extension String {
    /// OpenSSL writes whole bytes and so do we, but its zeros may be left out.
    fileprivate var leftPadded: String { count.isMultiple(of: 2) ? self : "0" + self }
}

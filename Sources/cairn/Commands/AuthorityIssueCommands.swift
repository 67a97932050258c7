import Cryptography
import HTTP
import Node
import Primitives

extension Command {
    static let authorityIssue = Command(
        noun: "authority", verb: "issue", summary: "issue a certificate for somebody of your organisation",
        discussion: """
            With a request (of cairn authority request, or of any other program) the certificate is for its key. Without
            one a key is made in the folder of --keys, unless there is one of that name. The organisation is the
            authority's; role, name and days are what you say, whatever the request asks for. Its holder needs the file
            that is written: the certificate, and the issuing authority's.
            """,
        arguments: [
            Argument(name: "request", help: "the request, as PEM or DER", isRequired: false, value: .file)
        ],
        options: [
            .authorityDirectory, .role, .holderName(isRequired: false),
            Option(
                name: "days", placeholder: "DAYS",
                help: "how long it is valid (default: \(AuthorityLimits.holderDays))"),
            Option(
                name: "host", placeholder: "HOST",
                help: "a name or address by which clients call the node's endpoint; may be repeated",
                isRepeatable: true),
            .holderKeys(isRequired: false),
            Option(
                name: "key-passphrase-file", placeholder: "FILE",
                help: "with --keys: a file with the passphrase of the new key (default: as the authority's)",
                value: .file),
            .certificateOutput, .passphraseFile,
        ]
    ) { invocation in
        let folder = try AuthorityFolder.open(try invocation.required("directory"))
        let (role, days) = (
            try invocation.role(), try invocation.number("days", default: AuthorityLimits.holderDays)
        )
        let given = try invocation.givenRequest()
        guard let name = invocation.option("name") ?? given?.subject.commonName else {
            throw CommandError.usage("the request names nobody: say --name", invocation.command)
        }
        guard AuthorityRegister.Issuer(rawValue: name) == nil else {
            throw CommandError.failed(
                "\"\(name)\" is what the authority's own certificate is called; choose another name")
        }
        let passphrase = try PassphrasePrompt.read(invocation, for: "the issuing authority", isNew: false)
        let authority = try folder.authority(.issuing, passphrase: passphrase)
        let request = try given ?? invocation.ownRequest(name, role, folder)
        let certificate = try authority.issue(
            request,
            CertificateGrant(
                commonName: name, use: .holder(role), days: days, serverNames: try invocation.serverNames()),
            at: SystemClock.wall)
        try invocation.deliver(certificate, try folder.keep(certificate, by: .issuing), "issued")
    }

    static let authorityRenew = Command(
        noun: "authority", verb: "renew", summary: "issue a certificate again, with the same key or a new one",
        discussion: """
            The new certificate has the old one's name and role, and a new number and validity. With a request it is for
            the request's key, else for the key that it was for. The old one stays valid until it expires or is revoked,
            so that nothing has to stop while the new one takes its place. "issuing" and "root" renew the authorities
            themselves, with their keys; what they have issued stays valid.
            """,
        arguments: [
            .certificate, Argument(name: "request", help: "a request with a new key", isRequired: false, value: .file),
        ],
        options: [
            .authorityDirectory,
            Option(
                name: "days", placeholder: "DAYS",
                help: "how long it is valid (default: \(AuthorityLimits.holderDays), for authorities as when made)"),
            .certificateOutput, .passphraseFile,
        ]
    ) { invocation in
        let folder = try AuthorityFolder.open(try invocation.required("directory"))
        let word = try invocation.required("certificate")
        guard let place = folder.register.places(of: word).last else { throw unknown(word, folder) }
        let entry = folder.register.entries[place]
        guard entry.revocation == nil else {
            throw CommandError.failed("\(word) was revoked; issue a new certificate with: cairn authority issue")
        }
        if let own = AuthorityRegister.Issuer(rawValue: entry.role) {
            guard invocation.argument("request") == nil else {
                throw CommandError.usage(
                    "an authority is renewed with its own key; make a new one instead", invocation.command)
            }
            return try invocation.renew(own, folder)
        }
        let days = try invocation.number("days", default: AuthorityLimits.holderDays)
        let request = try invocation.argument("request").map(readRequest)
        let passphrase = try PassphrasePrompt.read(invocation, for: "the issuing authority", isNew: false)
        let authority = try folder.authority(.issuing, passphrase: passphrase)
        let certificate: Certificate
        if let request {
            guard let role = CertificateRole(rawValue: entry.role) else { throw unknown(word, folder) }
            certificate = try authority.issue(
                request,
                CertificateGrant(
                    commonName: entry.name, use: .holder(role), days: days,
                    serverNames: try folder.certificate(of: entry).serverNames), at: SystemClock.wall)
        } else {
            certificate = try authority.renew(try folder.certificate(of: entry), days: days, at: SystemClock.wall)
        }
        try invocation.deliver(certificate, try folder.keep(certificate, by: .issuing), "renewed")
    }

    static let authorityRevoke = Command(
        noun: "authority", verb: "revoke", summary: "revoke a certificate, and make the revocation list anew",
        discussion: """
            Give the new list to the network: a certificate is refused by whoever has the list. A list says when the
            next one comes; without a certificate this command makes that next one: the issuing authority's, or with
            --root the root's. "issuing" revokes the issuing authority, with all that it has issued.
            """,
        arguments: [
            Argument(
                name: "certificate", help: "a serial number or a name; none only makes the list anew",
                isRequired: false)
        ],
        options: [
            .authorityDirectory,
            Option(
                name: "reason", placeholder: "REASON",
                help: "why: \(RevocationReason.names) (default: unspecified)",
                value: .words(RevocationReason.given.map { "\($0)" })),
            Option(name: "root", placeholder: nil, help: "without a certificate: make the root's list anew"),
            Option(
                name: "next-days", placeholder: "DAYS",
                help: "in how many days the next list comes (default: \(AuthorityLimits.issuingListDays); for that of "
                    + "the root \(AuthorityLimits.rootListDays))"),
            .passphraseFile,
        ]
    ) { invocation in
        let folder = try AuthorityFolder.open(try invocation.required("directory"))
        let reason = try invocation.revocationReason()
        let place = try invocation.argument("certificate").map { try invocation.place(of: $0, in: folder) }
        guard place == nil || !invocation.has("root") else {
            throw CommandError.usage("--root is for the list alone: give no certificate with it", invocation.command)
        }
        let issuer = place.map { folder.register.entries[$0].issuer } ?? (invocation.has("root") ? .root : .issuing)
        let days = try invocation.number(
            "next-days",
            default: issuer == .root ? AuthorityLimits.rootListDays : AuthorityLimits.issuingListDays)
        // A list that can't be made must not leave a revocation behind that nobody hears of.
        guard (1...CertificateLimits.validityDaysMax).contains(days) else {
            throw CommandError.usage(
                "--next-days takes 1 to \(CertificateLimits.validityDaysMax), not \(days)", invocation.command)
        }
        let passphrase = try PassphrasePrompt.read(invocation, for: "the \(issuer) authority", isNew: false)
        let authority = try folder.authority(issuer, passphrase: passphrase)
        let time = SystemClock.wall
        if let place { try folder.revoke(place, reason, at: time) }
        let list = try folder.publish(issuer, authority, nextInDays: days, at: time)
        let entry = place.map { folder.register.entries[$0] }
        if invocation.isJSON {
            return Terminal.print([
                "list": .string(list), "number": .unsigned(folder.register.listNumbers[issuer] ?? 0),
                "revoked": entry.map(\.json) ?? .null,
            ])
        }
        if let entry { Terminal.print("\(Terminal.output.green("revoked")) \(entry.name), \(entry.serial): \(reason)") }
        Terminal.print("list     \(list), number \(folder.register.listNumbers[issuer] ?? 0)")
        Terminal.print(
            "next     within \(days) days, with: cairn authority revoke --directory \(folder.path)\(issuer == .root ? " --root" : "")"
        )
    }
}

// MARK: - What the commands share

extension Option {
    fileprivate static let certificateOutput = Option(
        name: "output", placeholder: "FILE", help: "the certificate to write (default: NAME.pem)", value: .file)
}

extension Argument {
    fileprivate static let certificate = Argument(
        name: "certificate", help: "a serial number, or a name: the newest certificate of that name")
}

extension RevocationReason {
    /// Those that say something about certificates of ours.
    fileprivate static let given = allCases.filter { $0 != .attributeAuthorityCompromise }
    fileprivate static var names: String { given.map { "\($0)" }.joined(separator: ", ") }
}

private func unknown(_ word: String, _ folder: AuthorityFolder) -> CommandError {
    .failed("there is no valid certificate \"\(word)\"; see: cairn authority list --directory \(folder.path)")
}

private func readRequest(_ path: String) throws -> CertificateRequest {
    do {
        return try CertificateRequest(bytes: try readFile(path, "the request"))
    } catch let error as CertificateError {
        throw CommandError.failed("\(path): \(error)")
    }
}

extension Invocation {
    /// The request that was given; nil if a key is to be made.
    fileprivate func givenRequest() throws -> CertificateRequest? {
        switch (argument("request"), option("keys")) {
        case (let path?, nil): return try readRequest(path)
        case (nil, .some) where option("name") != nil: return nil
        case (.some, .some): throw CommandError.usage("a request has its key: give either it or --keys", command)
        default: throw CommandError.usage("give a request, or --name and --keys to have a key made", command)
        }
    }

    /// A request with the holder's key in the folder of `--keys`.
    fileprivate func ownRequest(
        _ name: String, _ role: CertificateRole, _ folder: AuthorityFolder
    ) throws -> CertificateRequest {
        let scheme = CertificateAlgorithm(folder.register.suite).scheme
        let (key, _) = try holderKey(name, in: try required("keys"), scheme) { isNew in
            try option("key-passphrase-file").map { try PassphrasePrompt.read(file: $0) }
                ?? PassphrasePrompt.read(self, for: "key \(name)", isNew: isNew)
        }
        return try CertificateRequest(
            organisation: folder.register.organisation, commonName: name, role: role, key: key)
    }

    fileprivate func renew(_ own: AuthorityRegister.Issuer, _ folder: AuthorityFolder) throws {
        let passphrase = try PassphrasePrompt.read(self, for: "the root authority", isNew: false)
        let root = try folder.authority(.root, passphrase: passphrase)
        let old = try folder.certificate(own)
        let certificate: Certificate
        switch own {
        case .root:
            let days = try number("days", default: AuthorityLimits.rootDays)
            certificate = try root.renewedRoot(days: days, at: SystemClock.wall).certificate
        case .issuing:
            let days = try number("days", default: AuthorityLimits.issuingDays)
            certificate = try root.renew(old, days: days, at: SystemClock.wall)
        }
        try deliver(certificate, try folder.keep(certificate, as: own, by: .root), "renewed")
    }

    /// Writes a certificate with its chain, and says what it is.
    fileprivate func deliver(_ certificate: Certificate, _ chain: String, _ done: String) throws {
        let name = certificate.subject.commonName ?? ""
        let path = option("output") ?? "\(name.replacing("/", with: "-")).pem"
        try writeText(chain, to: path)
        if isJSON {
            return Terminal.print([
                "file": .string(path), "serial": .string(certificate.serial.description), "name": .string(name),
                "role": certificate.role.map { .string($0.rawValue) } ?? .null,
                "notAfter": .unsigned(certificate.notAfter.milliseconds),
            ])
        }
        Terminal.print("\(Terminal.output.green(done)) \(path), for \(certificate.subject)")
        Terminal.print("serial   \(certificate.serial)")
        Terminal.print("valid    until \(certificate.notAfter.day)")
    }

    fileprivate func serverNames() throws -> ServerNames? {
        let hosts = values("host")
        guard !hosts.isEmpty else { return nil }
        do throws(CertificateError) { return try ServerNames(hosts) } catch {
            throw CommandError.failed("--host: \(error)")
        }
    }

    fileprivate func revocationReason() throws -> RevocationReason {
        guard let text = option("reason") else { return .unspecified }
        guard let reason = RevocationReason.given.first(where: { "\($0)" == text }) else {
            throw CommandError.usage("--reason takes \(RevocationReason.names), not \"\(text)\"", command)
        }
        return reason
    }

    /// What is to be revoked: a name must mean one certificate only.
    fileprivate func place(of word: String, in folder: AuthorityFolder) throws -> Int {
        let places = folder.register.places(of: word)
        guard let place = places.last else { throw unknown(word, folder) }
        let entries = places.map { folder.register.entries[$0] }
        guard places.count == 1 else {
            let serials = entries.map(\.serial.description).joined(separator: ", ")
            throw CommandError.failed("\"\(word)\" has \(places.count) certificates; give a serial number: \(serials)")
        }
        guard entries[0].revocation == nil else { throw CommandError.failed("\(word) is revoked already") }
        guard entries[0].role != AuthorityRegister.Issuer.root.rawValue else {
            throw CommandError.failed(
                "nobody stands above the root to revoke it; have the network stop trusting it, by a vote of its members"
            )
        }
        return place
    }
}

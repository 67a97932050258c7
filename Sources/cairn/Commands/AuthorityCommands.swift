import CairnClient
import Cryptography
import Foundation
import HTTP
import Node
import Primitives

extension Command {
    static let authorityCreate = Command(
        noun: "authority", verb: "create", summary: "make your organisation's authority, which issues certificates",
        discussion: """
            Makes two authorities with a key each: a root, which all members of the network trust for your
            organisation, and one below it that issues certificates from day to day. Give root.pem to the others.
            Keep keys/root.key.json away from the machine: it is needed only to renew or revoke the other one.
            """,
        options: [
            Option(
                name: "organisation", placeholder: "NAME", help: "your organisation's name, as in the network",
                isRequired: true),
            .authorityDirectory,
            .suite("the ciphers of the network: international (P-256, the default) or national (SM2)"),
            Option(
                name: "root-days", placeholder: "DAYS",
                help: "how long the root is valid (default: \(AuthorityLimits.rootDays))"),
            Option(
                name: "days", placeholder: "DAYS",
                help: "how long the issuing authority is valid (default: \(AuthorityLimits.issuingDays))"),
            .passphraseFile,
        ]
    ) { invocation in
        let organisation = try invocation.required("organisation")
        let passphrase = try PassphrasePrompt.read(invocation, for: "the authority's keys", isNew: true)
        let folder = try AuthorityFolder.create(
            at: try invocation.required("directory"), organisation: organisation,
            suite: try invocation.suite()?.suite ?? .international,
            rootDays: try invocation.number("root-days", default: AuthorityLimits.rootDays),
            issuingDays: try invocation.number("days", default: AuthorityLimits.issuingDays), passphrase: passphrase,
            at: SystemClock.wall)
        let (root, suite) = (try folder.certificate(.root), folder.register.suite)
        let fingerprint = root.fingerprint(in: suite).description
        if invocation.isJSON {
            return Terminal.print([
                "directory": .string(folder.path), "organisation": .string(organisation), "suite": .string("\(suite)"),
                "root": .string(folder.file("root.pem")), "fingerprint": .string(fingerprint),
                "notAfter": .unsigned(root.notAfter.milliseconds),
            ])
        }
        Terminal.print("\(Terminal.output.green("created")) the authority of \(organisation) in \(folder.path)")
        Terminal.print("root         \(folder.file("root.pem")), valid until \(root.notAfter.day)")
        Terminal.print("fingerprint  \(fingerprint)")
        Terminal.print(
            "issue        cairn authority issue --directory \(folder.path) --role node --name NAME --keys DIR")
    }

    static let authorityList = Command(
        noun: "authority", verb: "list", summary: "list what your authority has issued, and until when it is valid",
        discussion: """
            The state of a certificate is valid, expiring (within \(CertificateLimits.expiryWarningDays) days), expired
            or revoked. The first two lines are the authority's own certificates.
            """,
        options: [.authorityDirectory]
    ) { invocation in
        let folder = try AuthorityFolder.open(try invocation.required("directory"))
        let (register, time) = (folder.register, SystemClock.wall)
        if invocation.isJSON {
            return Terminal.print([
                "organisation": .string(register.organisation), "suite": .string("\(register.suite)"),
                "certificates": .array(register.entries.map { $0.json(at: time) }),
            ])
        }
        let rows = register.entries.map { $0.row(at: time) }
        let table = TextTable(titles: ["name", "role", "serial", "until", "state"], rows: rows)
        for line in table.lines(Terminal.output) { Terminal.print(line) }
    }

    static let authorityRequest = Command(
        noun: "authority", verb: "request",
        summary: "make a key and a request, for an authority to issue a certificate",
        discussion: """
            The request goes to your organisation's authority (cairn authority issue) or to an outside one, such as
            your company's. The role stands in it as the organisational unit (OU) "cairn-" and the role; the outside
            authority must take it over, with the organisation (O) and the name (CN). If there is a key of that name
            already, the request is for that one: so a certificate is renewed with its key.
            """,
        options: [
            Option(
                name: "organisation", placeholder: "NAME", help: "your organisation's name, as in the network",
                isRequired: true),
            .holderName(isRequired: true), .role, .holderKeys(isRequired: true),
            .suite("the ciphers of the network: international (P-256, the default) or national (SM2)"),
            Option(
                name: "output", placeholder: "FILE", help: "the request to write (default: NAME.csr)", value: .file),
            .passphraseFile,
        ]
    ) { invocation in
        let name = try invocation.required("name")
        let scheme = CertificateAlgorithm(try invocation.suite()?.suite ?? .international).scheme
        let directory = try invocation.required("keys")
        let (key, isNew) = try invocation.holderKey(name, in: directory, scheme) { isNew in
            try PassphrasePrompt.read(invocation, for: "key \(name)", isNew: isNew)
        }
        let request = try CertificateRequest(
            organisation: try invocation.required("organisation"), commonName: name, role: try invocation.role(),
            key: key)
        let path = invocation.option("output") ?? "\(name).csr"
        try writeText(request.pem, to: path)
        let keyFile = "\(directory)/\(name).key.json"
        if invocation.isJSON {
            return Terminal.print([
                "file": .string(path), "key": .string(keyFile), "isNewKey": .bool(isNew),
                "subject": .string(request.subject.description),
            ])
        }
        Terminal.print("\(Terminal.output.green("written")) \(path), for \(request.subject)")
        Terminal.print("key      \(keyFile)\(isNew ? "" : " (as before)")")
    }
}

// MARK: - What the commands share

extension Option {
    static let authorityDirectory = Option(
        name: "directory", placeholder: "DIR", help: "the authority's folder", isRequired: true, value: .folder)
    static let role = Option(
        name: "role", placeholder: "ROLE",
        help: "what it is for: \(CertificateRole.allCases.map(\.rawValue).joined(separator: ", "))", isRequired: true,
        value: .words(CertificateRole.allCases.map(\.rawValue)))

    static func holderName(isRequired: Bool) -> Option {
        Option(
            name: "name", placeholder: "NAME",
            help: "the holder's name" + (isRequired ? "" : " (default: that in the request)"), isRequired: isRequired)
    }

    static func holderKeys(isRequired: Bool) -> Option {
        Option(
            name: "keys", placeholder: "DIR",
            help: (isRequired ? "" : "without a request: ") + "the folder for the holder's key, which gets its name",
            isRequired: isRequired, value: .folder)
    }
}

extension Invocation {
    func role() throws -> CertificateRole {
        let text = try required("role")
        guard let role = CertificateRole(rawValue: text) else {
            let names = CertificateRole.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandError.usage("--role takes \(names), not \"\(text)\"", command)
        }
        return role
    }
}

extension Invocation {
    /// The holder's key of that name, or a new one.
    func holderKey(
        _ name: String, in directory: String, _ scheme: SignatureScheme, passphrase: (Bool) throws -> Passphrase
    ) throws -> (key: SoftwareKey, isNew: Bool) {
        let store = try KeyStore(directory: directory)
        try KeyStore.requireUsable(name)
        guard let known = try store.list().keys.first(where: { $0.name == name }) else {
            return (try store.create(name, scheme, passphrase: try passphrase(true)), true)
        }
        guard known.publicKey.scheme == scheme else {
            throw CommandError.failed(
                "the key \(name) in \(directory) is one of \(known.publicKey.scheme), and the suite wants \(scheme); "
                    + "choose another name")
        }
        return (try store.open(name, passphrase: try passphrase(false)), false)
    }
}

extension Timestamp {
    /// The day in Greenwich.
    var day: String { String(LedgerText.time(milliseconds).prefix(10)) }
}

/// Writes a text for others to read, whole or not at all.
func writeText(_ text: String, to path: String) throws(CommandError) {
    do {
        try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    } catch {
        throw .failed("cannot write \(path): \(error.localizedDescription)")
    }
}

extension AuthorityRegister.Entry {
    fileprivate func json(at time: Timestamp) -> JSON {
        guard case .object(var members) = json else { return json }
        members["state"] = .string(state(at: time).rawValue)
        members["daysLeft"] = .integer(Int64(daysLeft(at: time)))
        return .object(members)
    }

    fileprivate func row(at time: Timestamp) -> [String] {
        let style = Terminal.output
        let text =
            switch state(at: time) {
            case .valid: style.green("valid")
            case .expiring: style.yellow("expires in \(daysLeft(at: time)) days")
            case .expired: style.red("expired")
            case .revoked:
                style.red("revoked \(revocation?.time.day ?? ""), \(revocation.map { "\($0.reason)" } ?? "")")
            }
        return [name, role, serial.description, notAfter.day, text]
    }
}

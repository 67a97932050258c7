import Cryptography
import HTTP
import Primitives

/// What an organisation's authority has issued and revoked.
struct AuthorityRegister {
    static let version: Int64 = 1

    /// The two authorities: the root, which issues and revokes the other's certificate and may rest elsewhere, and the
    /// one that issues everything else.
    enum Issuer: String, CaseIterable {
        case root
        case issuing
    }

    struct Entry {
        let serial: SerialNumber
        let name: String
        /// A role, or "root" or "issuing" for the authorities themselves.
        let role: String
        let issuer: Issuer
        let notBefore, notAfter: Timestamp
        var revocation: Revocation?
    }

    enum State: String {
        case valid
        case expiring
        case expired
        case revoked
    }

    let organisation: String
    let suite: Suite
    /// The number of the last revocation list of each.
    var listNumbers: [Issuer: UInt64]
    /// In the order of issuing.
    var entries: [Entry]
}

extension AuthorityRegister.Entry {
    init(_ certificate: Certificate, as authority: AuthorityRegister.Issuer?, by issuer: AuthorityRegister.Issuer) {
        self.init(
            serial: certificate.serial, name: certificate.subject.commonName ?? "",
            role: authority?.rawValue ?? certificate.role?.rawValue ?? "", issuer: issuer,
            notBefore: certificate.notBefore,
            notAfter: certificate.notAfter, revocation: nil)
    }

    func daysLeft(at time: Timestamp) -> Int { time.wholeDays(until: notAfter) }

    func state(at time: Timestamp) -> AuthorityRegister.State {
        if revocation != nil { return .revoked }
        if notAfter < time { return .expired }
        return daysLeft(at: time) < CertificateLimits.expiryWarningDays ? .expiring : .valid
    }
}

// MARK: - Looking up

extension AuthorityRegister {
    /// The places of what a word means: a serial number, or a name with what is not revoked under it.
    func places(of word: String) -> [Int] {
        let serial = word.lowercased()
        let exact = entries.indices.filter { entries[$0].serial.description == serial }
        guard exact.isEmpty else { return exact }
        return entries.indices.filter { index in
            let entry = entries[index]
            return entry.revocation == nil
                && (entry.name == word || Issuer(rawValue: word) != nil && entry.role == word)
        }
    }

    func revocations(by issuer: Issuer) -> [Revocation] {
        entries.compactMap { $0.issuer == issuer ? $0.revocation : nil }
    }
}

// MARK: - JSON

extension AuthorityRegister {
    var json: JSON {
        [
            "version": .integer(Self.version), "organisation": .string(organisation), "suite": .string("\(suite)"),
            "rootListNumber": .unsigned(listNumbers[.root] ?? 0),
            "issuingListNumber": .unsigned(listNumbers[.issuing] ?? 0),
            "certificates": .array(entries.map(\.json)),
        ]
    }

    /// Nil if it is not the JSON of a register.
    init?(json: JSON) {
        guard json["version"] == .integer(Self.version), let organisation = json["organisation"]?.stringValue,
            let suite = Suite.allCases.first(where: { json["suite"] == .string("\($0)") }),
            let root = json["rootListNumber"]?.uint64Value, let issuing = json["issuingListNumber"]?.uint64Value,
            let list = json["certificates"]?.arrayValue, list.count <= AuthorityLimits.certificatesMax
        else { return nil }
        let entries = list.compactMap(Entry.init)
        guard entries.count == list.count else { return nil }
        self.init(
            organisation: organisation, suite: suite, listNumbers: [.root: root, .issuing: issuing], entries: entries)
    }
}

extension AuthorityRegister.Entry {
    var json: JSON {
        var members: JSONObject = JSONObject()
        members["serial"] = .string(serial.description)
        members["name"] = .string(name)
        members["role"] = .string(role)
        members["issuer"] = .string(issuer.rawValue)
        members["notBefore"] = .unsigned(notBefore.milliseconds)
        members["notAfter"] = .unsigned(notAfter.milliseconds)
        if let revocation {
            members["revokedAt"] = .unsigned(revocation.time.milliseconds)
            members["revocationReason"] = .string("\(revocation.reason)")
        }
        return .object(members)
    }

    fileprivate init?(json: JSON) {
        guard let digits = json["serial"]?.stringValue, let bytes = [UInt8](hexadecimal: digits),
            let serial = SerialNumber(bytes), let name = json["name"]?.stringValue,
            let role = json["role"]?.stringValue,
            let issuer = json["issuer"]?.stringValue.flatMap(AuthorityRegister.Issuer.init),
            let notBefore = json["notBefore"]?.uint64Value, let notAfter = json["notAfter"]?.uint64Value
        else { return nil }
        var revocation: Revocation?
        if let time = json["revokedAt"] {
            guard let time = time.uint64Value,
                let reason = RevocationReason.allCases.first(where: { json["revocationReason"] == .string("\($0)") })
            else { return nil }
            revocation = Revocation(serial: serial, time: Timestamp(milliseconds: time), reason: reason)
        }
        self.init(
            serial: serial, name: name, role: role, issuer: issuer, notBefore: Timestamp(milliseconds: notBefore),
            notAfter: Timestamp(milliseconds: notAfter), revocation: revocation)
    }
}

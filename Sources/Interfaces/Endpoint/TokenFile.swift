internal import Cryptography
package import HTTP
package import Primitives

/// The tokens that an endpoint takes, by their digests: a token itself only its holder has.
///
/// ```json
/// { "tokens": [{ "name": "reports", "sha256": "0x…", "rights": ["read"], "expires": "2027-06-30T00:00:00Z" }] }
/// ```
/// `expires` may be left out. A token has 256 random bits, so that one plain hash protects it.
package struct TokenFile: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        /// Whom the node's operator gave it to. Invariant: no two of a file are equal, and neither are two digests.
        package let name: String
        /// SHA-256 of the token's text.
        package let digest: Digest
        package let rights: Rights
        /// From when on it is refused; nil for never.
        package let expiry: Timestamp?

        package init(name: String, digest: Digest, rights: Rights, expiry: Timestamp?) {
            (self.name, self.digest, self.rights, self.expiry) = (name, digest, rights, expiry)
        }
    }

    package private(set) var entries: [Entry] = []

    package init() {}

    package static func digest(of token: some Collection<UInt8>) -> Digest { Suite.international.hash(Array(token)) }

    /// Throws if the name is not free or no name, the token gives no rights, or there is no room.
    package mutating func add(_ entry: Entry) throws(ConfigurationError) {
        try Self.check(entry, "the token", after: entries)
        guard entries.count < EndpointLimits.tokensMax else {
            throw ConfigurationError(description: "there are \(EndpointLimits.tokensMax) tokens, the most allowed")
        }
        entries.append(entry)
    }

    /// False if there is none of the name.
    package mutating func remove(_ name: String) -> Bool {
        let count = entries.count
        entries.removeAll { $0.name == name }
        return entries.count < count
    }

    private static func check(
        _ entry: Entry, _ path: String, after others: [Entry]
    ) throws(ConfigurationError) {
        guard isName(entry.name) else {
            throw ConfigurationError(
                description: "\(path) needs a name of 1 to \(EndpointLimits.tokenNameBytesMax) of a-z, A-Z, 0-9 and -_."
            )
        }
        guard !entry.rights.isEmpty else {
            throw ConfigurationError(description: "\(path) \"\(entry.name)\" has no rights: \(rightNames)")
        }
        guard !others.contains(where: { $0.name == entry.name || $0.digest == entry.digest }) else {
            throw ConfigurationError(description: "\(path) \"\(entry.name)\" has the name or the digest of another one")
        }
    }

    private static func isName(_ text: String) -> Bool {
        (1...EndpointLimits.tokenNameBytesMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    package static let rightNames = "one or more of " + Right.allCases.map(\.name).joined(separator: ", ")
}

// MARK: - JSON

extension TokenFile {
    package init(json text: [UInt8]) throws(ConfigurationError) {
        guard text.count <= EndpointLimits.tokenFileBytesMax else {
            throw ConfigurationError(
                description: "it has \(text.count) bytes; allowed are \(EndpointLimits.tokenFileBytesMax)")
        }
        let json: JSON
        do throws(JSONError) { json = try JSON(parsing: text) } catch {
            throw ConfigurationError(description: "it is not JSON: \(error)")
        }
        let fields = try ConfigurationFields(json, at: "file", names: ["tokens"])
        let entries = try fields.list("tokens", count: 0...EndpointLimits.tokensMax, of: "a token's entry") {
            json, path throws(ConfigurationError) in try Entry(json: json, at: path)
        }
        for (index, entry) in entries.enumerated() {
            try Self.check(entry, fields.path("tokens[\(index)]"), after: self.entries)
            self.entries.append(entry)
        }
    }

    package var json: JSON { ["tokens": .array(entries.map(\.json))] }
}

extension TokenFile.Entry {
    fileprivate init(json: JSON, at path: String) throws(ConfigurationError) {
        let fields = try ConfigurationFields(json, at: path, names: ["name", "sha256", "rights"], mayHave: ["expires"])
        guard let digest = fields.value("sha256").stringValue.flatMap(Digest.init(hexadecimal:)) else {
            throw .wrong(fields.path("sha256"), fields.value("sha256"), "the 64 hexadecimal digits of a SHA-256 digest")
        }
        let rights = try fields.list("rights", count: 1...Right.allCases.count, of: TokenFile.rightNames) {
            json, _ throws(ConfigurationError) in Right.allCases.first { $0.name == json.stringValue }
        }
        let expiry = fields.value("expires").stringValue.flatMap { Timestamp(iso8601: $0) }
        guard expiry != nil || fields.value("expires").isNull else {
            throw .wrong(fields.path("expires"), fields.value("expires"), "a time as 2027-06-30T00:00:00Z")
        }
        self.init(name: try fields.text("name"), digest: digest, rights: Rights(rights), expiry: expiry)
    }

    package var json: JSON {
        var object = JSONObject()
        object["name"] = .string(name)
        object["sha256"] = .string(digest.description)
        object["rights"] = .array(rights.list.map { .string($0.name) })
        object["expires"] = expiry.map { .string($0.iso8601) }
        return .object(object)
    }
}

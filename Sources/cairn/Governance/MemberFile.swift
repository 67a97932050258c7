import Cryptography
import Foundation
import HTTP
import Ledger
import Primitives

/// A file in JSON that describes an organisation or a node, as `cairn_organisations` shows them.
///
/// ```json
/// {"name": "acme", "authorities": ["root.pem"], "administrators": ["0x…"],
///  "nodes": [{"name": "node-1", "role": "validator", "consensusKey": "ed25519:0x…",
///             "certificate": "node-1.pem", "addresses": ["node-1.acme.example:7000"]}]}
/// ```
/// An authority is the path of its certificate (from the file's own folder), the certificate as PEM, its bytes in
/// hexadecimal digits, or what the node shows of one. In place of `certificate`, `certificateKey` may give its key.
struct MemberFile {
    private let path: String
    private let json: JSON

    init(_ path: String) throws {
        self.path = path
        let bytes = try readFile(path, "the file")
        guard bytes.count <= GovernanceFileLimits.byteCountMax, let json = try? JSON(parsing: bytes),
            json.objectValue != nil
        else { throw CommandError.failed("\(path) does not hold one object in JSON") }
        self.json = json
    }

    func organisation() throws -> Organisation {
        let members = ["name", "authorities", "administrators", "nodes"]
        try check(json, members, "an organisation")
        return Organisation(
            name: try name(json, "name"), authorities: try list(json, "authorities").map(authority),
            administrators: try list(json, "administrators").map(account),
            nodes: try list(json, "nodes").map { try node($0, more: []) })
    }

    /// A node, and the name of its organisation if the file says one.
    func node() throws -> (organisation: MemberName?, node: MemberNode) {
        (try json["organisation"].map { _ in try name(json, "organisation") }, try node(json, more: ["organisation"]))
    }

    private func node(_ json: JSON, more: [String]) throws -> MemberNode {
        let members = ["name", "role", "consensusKey", "certificateKey", "certificate", "addresses"]
        try check(json, members + more, "a node")
        guard let role = NodeRole.allCases.first(where: { "\($0)" == json["role"]?.stringValue }) else {
            throw refused("\"role\" is validator or observer")
        }
        let certificateKey: PublicKey
        if let given = json["certificate"]?.stringValue {
            certificateKey = try certificate(given).publicKey
        } else {
            certificateKey = try key(json, "certificateKey")
        }
        return MemberNode(
            name: try name(json, "name"), role: role, consensusKey: try key(json, "consensusKey"),
            certificateKey: certificateKey,
            addresses: try list(json, "addresses").map { text in
                guard let address = text.stringValue.flatMap(NodeAddress.init) else {
                    throw refused("\"addresses\" are HOST:PORT, such as node-1.acme.example:7000 or [2001:db8::7]:7000")
                }
                return address
            })
    }

    // MARK: Members of the object

    private func refused(_ why: String) -> CommandError { .failed("\(path): \(why)") }

    /// A slip in a name must not pass for something left out.
    private func check(_ json: JSON, _ names: [String], _ what: String) throws {
        guard let object = json.objectValue else { throw refused("\(what) is an object") }
        for member in object.members where !names.contains(member.key) {
            throw refused("\(what) has no \"\(member.key.prefix(80))\"; it has \(names.joined(separator: ", "))")
        }
    }

    private func list(_ json: JSON, _ name: String) throws -> [JSON] {
        guard let value = json[name] else { return [] }
        guard let list = value.arrayValue else { throw refused("\"\(name)\" is an array") }
        return list
    }

    private func name(_ json: JSON, _ member: String) throws -> MemberName {
        guard let name = json[member]?.stringValue.flatMap(MemberName.init) else {
            throw refused(
                "\"\(member)\" is 1 to \(MemberLimits.nameByteCountMax) of a-z, 0-9 and \"-\", a letter first")
        }
        return name
    }

    private func account(_ json: JSON) throws -> Address {
        guard let address = json.stringValue.flatMap(Address.init(hexadecimal:)) else {
            throw refused("\"administrators\" are addresses of 0x and 40 hexadecimal digits")
        }
        return address
    }

    private func key(_ json: JSON, _ name: String) throws -> PublicKey {
        guard let key = json[name]?.stringValue.flatMap(PublicKey.init(text:)) else {
            throw refused("\"\(name)\" is SCHEME:0x…, such as ed25519:0x… or p256:0x…")
        }
        return key
    }

    private func authority(_ json: JSON) throws -> [UInt8] {
        guard let text = json.stringValue ?? json["raw"]?.stringValue else {
            throw refused("\"authorities\" are certificates")
        }
        return try certificate(text).bytes
    }

    private func certificate(_ text: String) throws -> Certificate {
        let bytes: [UInt8]
        if let given = [UInt8](hexadecimal: text) {
            bytes = given
        } else if text.contains("-----BEGIN") {
            bytes = Array(text.utf8)
        } else {
            let folder = URL(filePath: path).deletingLastPathComponent()
            bytes = try readFile(text.hasPrefix("/") ? text : folder.appending(path: text).path, "the certificate")
        }
        do throws(CertificateError) { return try firstCertificate(bytes) } catch {
            throw refused("a certificate is not taken: \(error)")
        }
    }
}

/// The first certificate of a file, which may hold the one above it too.
func firstCertificate(_ bytes: [UInt8]) throws(CertificateError) -> Certificate {
    guard let first = try Certificate.all(in: bytes).first else {
        preconditionFailure("a file of certificates without any is refused")
    }
    return first
}

extension PublicKey {
    /// Reads what `description` gives: the scheme, a colon, and the bytes in hexadecimal digits.
    init?(text: String) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, let scheme = SignatureScheme.allCases.first(where: { "\($0)" == parts[0] }),
            let bytes = [UInt8](hexadecimal: parts[1])
        else { return nil }
        self.init(scheme: scheme, bytes: bytes)
    }
}

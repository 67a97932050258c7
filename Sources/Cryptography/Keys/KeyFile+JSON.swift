internal import Foundation
internal import Primitives

/// The text of a key file, field by field. Bytes are hexadecimal with `0x`.
struct KeyFileText: Codable {
    static let derivationName = "argon2id"
    static let cipherName = "xchacha20poly1305-ietf"

    struct Derivation: Codable {
        let name: String
        let memoryBytes: Int
        let passes: Int
        let salt: String
    }

    struct Cipher: Codable {
        let name: String
        let nonce: String
        let ciphertext: String
    }

    let version: Int
    let scheme: String
    let publicKey: String
    let kdf: Derivation
    let cipher: Cipher
}

extension KeyFile {
    /// The file's bytes: JSON, with its fields in alphabetical order.
    package var json: [UInt8] {
        let text = KeyFileText(
            version: Self.version, scheme: "\(publicKey.scheme)", publicKey: publicKey.bytes.hexadecimal,
            kdf: .init(
                name: KeyFileText.derivationName, memoryBytes: derivation.memoryBytes, passes: derivation.passes,
                salt: salt.description),
            cipher: .init(
                name: KeyFileText.cipherName, nonce: nonce.description, ciphertext: ciphertext.description))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        guard let data = try? encoder.encode(text) else { preconditionFailure("texts and integers always have JSON") }
        return Array(data) + [UInt8(ascii: "\n")]
    }

    /// Reads a file's bytes, whoever wrote them. No field is used before it has been checked.
    package init(json: [UInt8]) throws(KeyError) {
        guard json.count <= KeyLimits.fileByteCountMax else {
            throw KeyError(
                .limitExceeded, "the key file has \(json.count) bytes; allowed are \(KeyLimits.fileByteCountMax)")
        }
        let text: KeyFileText
        do { text = try JSONDecoder().decode(KeyFileText.self, from: Data(json)) } catch {
            throw Self.malformed("it is not the JSON of a key file, or not complete")
        }
        guard text.version == Self.version else {
            throw Self.malformed("its version is \(text.version), and this program reads version \(Self.version)")
        }
        guard text.kdf.name == KeyFileText.derivationName, text.cipher.name == KeyFileText.cipherName else {
            throw Self.malformed(
                "it must name the derivation \(KeyFileText.derivationName) and the cipher \(KeyFileText.cipherName)")
        }
        self.init(
            publicKey: try Self.publicKey(of: text),
            derivation: try KeyDerivation(memoryBytes: text.kdf.memoryBytes, passes: text.kdf.passes),
            salt: try Self.fixed(text.kdf.salt, "kdf.salt"), nonce: try Self.fixed(text.cipher.nonce, "cipher.nonce"),
            ciphertext: try Self.fixed(text.cipher.ciphertext, "cipher.ciphertext"))
    }

    private static func publicKey(of text: KeyFileText) throws(KeyError) -> PublicKey {
        guard let scheme = SignatureScheme.allCases.first(where: { "\($0)" == text.scheme }) else {
            let names = SignatureScheme.allCases.map { "\($0)" }.joined(separator: ", ")
            throw malformed("its scheme is none of: \(names)")
        }
        guard let bytes = [UInt8](hexadecimal: text.publicKey), let key = PublicKey(scheme: scheme, bytes: bytes) else {
            throw malformed("publicKey must be \(scheme.publicKeyByteCount) bytes in hexadecimal")
        }
        return key
    }

    private static func fixed<let count: Int>(
        _ text: String, _ field: String
    ) throws(KeyError) -> InlineBytes<count> {
        guard let value = InlineBytes<count>(hexadecimal: text) else {
            throw malformed("\(field) must be \(count) bytes in hexadecimal")
        }
        return value
    }

    private static func malformed(_ what: String) -> KeyError {
        KeyError(.fileMalformed, "the key file is malformed: \(what); restore it from a backup")
    }
}

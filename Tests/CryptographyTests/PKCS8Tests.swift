import Foundation
import Primitives
import TestSupport
import Testing

@testable import Cryptography

/// Private keys in PKCS #8, ours and OpenSSL's.
@Suite struct PKCS8Tests {
    private static let schemes = [SignatureScheme.p256, .sm2]

    @Test(arguments: schemes) func whatIsWrittenIsReadAgain(scheme: SignatureScheme) throws {
        let key = try SoftwareKey.generate(scheme)
        let file = try key.pkcs8()
        #expect(try SoftwareKey(pkcs8: file).publicKey == key.publicKey)
        #expect(String(decoding: file, as: UTF8.self).hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
    }

    /// As OpenSSL writes it, byte by byte up to the number.
    @Test func theFormStaysTheSame() throws {
        let key = try SoftwareKey(scheme: .p256, seed: [UInt8](repeating: 7, count: 32))
        let file = String(decoding: try key.pkcs8(), as: UTF8.self)
        let digits = file.split(separator: "\n").dropFirst().dropLast().joined()
        let bytes = try #require(Data(base64Encoded: digits)).map { UInt8($0) }
        #expect(bytes.count == 138)
        #expect(
            Array(bytes.prefix(36)).hexadecimal
                == "0x308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420")
        #expect(Array(bytes[36..<68]) == [UInt8](repeating: 7, count: 32))
    }

    @Test(.enabled(if: OpenSSLTool.isThere), arguments: schemes) func opensslReadsOursAndWeReadIts(
        scheme: SignatureScheme
    ) throws {
        let tool = try OpenSSLTool()
        let key = try SoftwareKey.generate(scheme)
        try tool.write(String(decoding: try key.pkcs8(), as: UTF8.self), to: "ours.key")
        let shown = try tool.run(["pkey", "-in", "ours.key", "-check", "-noout", "-text"])
        #expect(shown.isSuccess && shown.output.contains("Key is valid"), "\(shown.output)")
        let name = scheme == .p256 ? "P-256" : "SM2"
        let made = try tool.run([
            "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:\(name)", "-out", "theirs.key",
        ])
        #expect(made.isSuccess, "\(made.output)")
        let theirs = try tool.read("theirs.key")
        #expect(try SoftwareKey(pkcs8: theirs).publicKey.scheme == scheme)
    }

    @Test func whatIsNoSuchFileIsRefused() throws {
        let key = try SoftwareKey.generate(.p256)
        let text = String(decoding: try key.pkcs8(), as: UTF8.self)
        let cases = [
            "", "junk", text + text, text.replacing("PRIVATE KEY", with: "ENCRYPTED PRIVATE KEY"),
            text.replacing("-----END", with: "----END"), "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----",
            text + String(repeating: "x", count: KeyLimits.fileByteCountMax),
        ]
        for text in cases {
            #expect(throws: KeyError.self, "\(text.prefix(80))") { try SoftwareKey(pkcs8: Array(text.utf8)) }
        }
        let other = try SoftwareKey.generate(.ed25519)
        #expect(throws: KeyError.self) { try other.pkcs8() }
    }

    /// Whatever is changed: it is refused, or it is a key.
    @Test func damagedFilesDoNoHarm() throws {
        let key = try SoftwareKey(scheme: .p256, seed: [UInt8](repeating: 7, count: 32))
        let text = String(decoding: try key.pkcs8(), as: UTF8.self)
        let digits = text.split(separator: "\n").dropFirst().dropLast().joined()
        let bytes = try #require(Data(base64Encoded: digits)).map { UInt8($0) }
        var refused = 0
        for place in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[place] ^= 1 << bit
                let file = Array(PEM.encode(damaged, .privateKey).utf8)
                if (try? SoftwareKey(pkcs8: file)) == nil { refused += 1 }
            }
            let cut = Array(PEM.encode(Array(bytes.prefix(place)), .privateKey).utf8)
            #expect(throws: KeyError.self) { try SoftwareKey(pkcs8: cut) }
        }
        // The private number's 256 bits, and the public part's, which is not read, may be anything.
        #expect(refused > 280, "\(refused)")
    }

    @Test func publicKeysAreReadFromTheirText() throws {
        for scheme in SignatureScheme.allCases {
            let key = try SoftwareKey.generate(scheme).publicKey
            #expect(PublicKey(text: key.description) == key)
            for text in [
                "", ":", "\(scheme)", "\(scheme):", "\(scheme):0x12", "rsa:0x\(String(repeating: "0", count: 64))",
                key.description + "0", key.description.replacing(":", with: ";"), " " + key.description,
            ] { #expect(PublicKey(text: text) == nil, "\(text)") }
        }
    }
}

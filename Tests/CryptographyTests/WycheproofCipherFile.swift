import Foundation
import Primitives
import TestSupport

@testable import Cryptography

/// The fields of a Wycheproof file of ciphers, codes or derivations that are used here.
struct WycheproofCipherFile: Decodable {
    struct Group: Decodable { let tests: [Case] }

    struct Case: Decodable {
        let tcId: Int
        let result: String
        var key, iv, aad, msg, ct, tag: String?
        var ikm, salt, info, okm: String?
        var size: Int?

        var isValid: Bool { result == "valid" }

        /// A field's bytes; a file whose field is missing or no hexadecimal fails its test.
        func bytes(_ field: KeyPath<Case, String?>) throws -> [UInt8] {
            guard let text = self[keyPath: field], let bytes = [UInt8](hexadecimal: text) else {
                throw CocoaError(.fileReadCorruptFile)
            }
            return bytes
        }

        func guarded(_ field: KeyPath<Case, String?>) throws -> GuardedBytes {
            try GuardedBytes.copying(bytes(field).span)
        }
    }

    let numberOfTests: Int
    let testGroups: [Group]
    var cases: [Case] { testGroups.flatMap(\.tests) }

    static func read(_ name: String) throws -> WycheproofCipherFile {
        guard let folder = Vectors.folder else { throw CocoaError(.fileNoSuchFile) }
        return try JSONDecoder().decode(
            WycheproofCipherFile.self, from: Data(contentsOf: folder.appending(path: "wycheproof/\(name)")))
    }
}

/// Numbers of cases, as ranges: what a rule of ours decides otherwise, or does not offer.
func numbers(_ ranges: ClosedRange<Int>...) -> [Int] { ranges.flatMap(Array.init) }

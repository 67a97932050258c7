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

extension String? {
    /// A field's bytes. A file whose field is missing or no hexadecimal fails its test.
    func bytes() throws -> [UInt8] {
        guard let text = self, let bytes = [UInt8](hexadecimal: text) else { throw CocoaError(.fileReadCorruptFile) }
        return bytes
    }

    func guarded() throws -> GuardedBytes {
        // With a name of its own: Swift 6.3.1 crashes over the span of what a throwing call gives.
        let bytes = try bytes()
        return try GuardedBytes.copying(bytes.span)
    }
}

/// Numbers of cases, as ranges: what a rule of ours decides otherwise, or does not offer.
func numbers(_ ranges: ClosedRange<Int>...) -> [Int] { ranges.flatMap(Array.init) }

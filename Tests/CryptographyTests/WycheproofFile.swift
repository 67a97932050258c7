import Foundation
import Primitives
import TestSupport

/// The fields of a Wycheproof signature file that are used here.
struct WycheproofFile: Decodable {
    struct Group: Decodable {
        struct Key: Decodable {
            let pk: String?
            let uncompressed: String?
        }

        let publicKey: Key
        let tests: [Case]
    }

    struct Case: Decodable {
        let tcId: Int
        let msg: String
        let sig: String
        let result: String

        var message: [UInt8] { [UInt8](hexadecimal: msg) ?? [] }
        var signature: [UInt8] { [UInt8](hexadecimal: sig) ?? [] }
        var isValid: Bool { result == "valid" }
    }

    let numberOfTests: Int
    let testGroups: [Group]

    static func read(_ name: String) throws -> WycheproofFile {
        guard let folder = Vectors.folder else { throw CocoaError(.fileNoSuchFile) }
        let data = try Data(contentsOf: folder.appending(path: "wycheproof/\(name)"))
        return try JSONDecoder().decode(WycheproofFile.self, from: data)
    }

    /// Every case with its group's key.
    var cases: [(key: Group.Key, test: Case)] {
        testGroups.flatMap { group in group.tests.map { (group.publicKey, $0) } }
    }
}

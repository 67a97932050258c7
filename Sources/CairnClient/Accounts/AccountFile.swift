internal import Foundation
internal import Primitives

/// What a store knows of an account beside a key: the address that its name stands for.
///
/// An account without such a file has the address of its key under the international suite.
struct AccountFile: Codable {
    static let suffix = ".account.json"
    static let version = 1

    let version: Int
    let address: String
    let suite: String?

    init(address: AccountAddress, suite: ChainSuite?) {
        version = Self.version
        self.address = address.description
        self.suite = suite?.rawValue
    }

    /// The file at a path, or nil if there is none.
    static func read(_ path: String) throws(ClientError) -> (address: AccountAddress, suite: ChainSuite?)? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        guard data.count <= ClientLimits.accountFileByteCountMax,
            let file = try? JSONDecoder().decode(AccountFile.self, from: data), file.version == version,
            let address = AccountAddress(file.address),
            file.suite == nil || file.suite.flatMap(ChainSuite.init) != nil
        else { throw .invalid("\(path) is not the file of an account; restore it from a backup, or remove it") }
        return (address, file.suite.flatMap(ChainSuite.init))
    }

    func write(to path: String) throws(ClientError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        do {
            try (encoder.encode(self) + Data("\n".utf8)).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw .invalid("cannot write \(path): is the folder yours to write, and is there room on the disk?")
        }
    }
}

internal import Foundation
internal import Synchronization

/// A folder of a test's own, removed with its object.
package final class ScratchFolder: Sendable {
    package let path: String
    private let next = Atomic<Int>(0)

    package init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "cairn-test-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// The path of a file that no other call names.
    package func uniqueName() -> String {
        "\(path)/run\(next.add(1, ordering: .relaxed).newValue)"
    }

    /// Makes a file.
    @discardableResult
    package func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Data(bytes).write(to: URL(filePath: file(name)))
        return file(name)
    }
}

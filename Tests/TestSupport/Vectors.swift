package import Foundation

/// Test vectors made by others: kept outside the repository, found by `CAIRN_VECTORS` or beside the project.
package enum Vectors {
    /// The folder of the vectors, or nil where there is none.
    package static let folder: URL? = {
        let fileManager = FileManager.default
        if let path = ProcessInfo.processInfo.environment["CAIRN_VECTORS"] { return URL(filePath: path) }
        let beside = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/vectors")
        return fileManager.fileExists(atPath: beside.path) ? beside : nil
    }()

    /// What a test says when it is skipped for want of vectors.
    package static let skipped: String =
        "skipped: no test vectors; put them into ../shared/vectors or name their folder in CAIRN_VECTORS"
}

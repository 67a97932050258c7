package import Foundation

/// Files of the project itself, for tests that hold documents against sources.
package enum ProjectFile {
    /// The project's folder.
    package static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The text of a file, by its path from the project's folder.
    package static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The code in a language that a document shows, block by block.
    package static func codeBlocks(of path: String, in language: String) throws -> [String] {
        try text(path).components(separatedBy: "```\(language)\n").dropFirst().map { block in
            block.components(separatedBy: "```")[0]
        }
    }
}

import Foundation

/// A file's source, with comments and the contents of plain string literals blanked out, so that rules see code only.
struct SourceFile {
    let path: String
    /// Line by line; what is not code is blank.
    let code: [String]

    init(path: String, text: String) {
        self.path = path
        code = Self.blank(text).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The repository's folder: this file stands in `Tests/ArchitectureTests`.
    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// All Swift files below a folder of the repository, ascending by path.
    static func all(in folder: String) throws -> [SourceFile] {
        let root = repository.appending(path: folder)
        guard let names = FileManager.default.enumerator(atPath: root.path) else { return [] }
        return try names.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.sorted().map { name in
            let text = try String(contentsOf: root.appending(path: name), encoding: .utf8)
            return SourceFile(path: "\(folder)/\(name)", text: text)
        }
    }

    // MARK: Blanking

    private enum Region {
        case code, lineComment
        case blockComment(depth: Int)
        case text(isLong: Bool)
        /// Code within a text, and how many parentheses are open in it.
        case interpolation(depth: Int, isLong: Bool)
    }

    private static func blank(_ text: String) -> String {
        var regions: [Region] = [.code]
        var output: [UInt8] = []
        let bytes = Array(text.utf8)
        var index = 0
        func follows(_ text: StaticString) -> Bool {
            let wanted = Array("\(text)".utf8)
            return index + wanted.count <= bytes.count && Array(bytes[index..<index + wanted.count]) == wanted
        }
        func skip(_ count: Int) {
            for byte in bytes[index..<index + count] { output.append(byte == 10 ? 10 : 32) }
            index += count
        }
        while index < bytes.count {
            let last = regions.count - 1
            switch regions[last] {
            case .lineComment:
                if bytes[index] == 10 { regions.removeLast() }
                skip(1)
            case .blockComment(let depth):
                if follows("*/") {
                    if depth == 1 { regions.removeLast() } else { regions[last] = .blockComment(depth: depth - 1) }
                    skip(2)
                } else if follows("/*") {
                    regions[last] = .blockComment(depth: depth + 1)
                    skip(2)
                } else {
                    skip(1)
                }
            case .text(let isLong):
                if follows("\\(") {
                    regions.append(.interpolation(depth: 1, isLong: isLong))
                    skip(2)
                } else if follows("\\") {
                    skip(min(2, bytes.count - index))
                } else if isLong ? follows("\"\"\"") : follows("\"") {
                    regions.removeLast()
                    skip(isLong ? 3 : 1)
                } else {
                    skip(1)
                }
            case .code, .interpolation:
                if follows("//") {
                    regions.append(.lineComment)
                } else if follows("/*") {
                    regions.append(.blockComment(depth: 1))
                    skip(2)
                } else if follows("\"\"\"") {
                    regions.append(.text(isLong: true))
                    skip(3)
                } else if follows("\"") {
                    regions.append(.text(isLong: false))
                    skip(1)
                } else {
                    if case .interpolation(let depth, let isLong) = regions[last] {
                        let change = bytes[index] == UInt8(ascii: "(") ? 1 : bytes[index] == UInt8(ascii: ")") ? -1 : 0
                        if depth + change == 0 {
                            regions.removeLast()
                            skip(1)
                            continue
                        }
                        regions[last] = .interpolation(depth: depth + change, isLong: isLong)
                    }
                    output.append(bytes[index])
                    index += 1
                }
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}

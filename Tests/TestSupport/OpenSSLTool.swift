internal import Foundation

/// The command line of OpenSSL: another implementation of what certificates are.
package struct OpenSSLTool: Sendable {
    package static let missing = "skipped: there is no openssl of version 3; install the package openssl (script/setup)"

    /// Whether it is installed: asked once. What is missing is printed too, as a skipped test is quiet.
    package static let isThere: Bool = {
        let isThere = (try? OpenSSLTool().run("version").output.hasPrefix("OpenSSL 3")) ?? false
        if !isThere { print(missing) }
        return isThere
    }()

    package struct Result: Sendable {
        package let status: Int32
        /// Both streams.
        package let output: String
        package var isSuccess: Bool { status == 0 }
    }

    /// A folder of its own, removed with its object.
    private final class Folder: Sendable {
        let url: URL

        init() throws {
            url = FileManager.default.temporaryDirectory.appending(path: "cairn-openssl-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(at: url) }
    }

    private let folder: Folder

    package init() throws { folder = try Folder() }

    /// Runs a command in the folder.
    @discardableResult
    package func run(_ arguments: [String]) throws -> Result {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = folder.url
        let pipe = Pipe()
        (process.standardOutput, process.standardError) = (pipe, pipe)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Result(status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
    }

    @discardableResult
    package func run(_ line: String) throws -> Result { try run(line.split(separator: " ").map(String.init)) }

    /// The path of a file in the folder.
    package func path(_ name: String) -> String { folder.url.appending(path: name).path }

    package func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

    package func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: folder.url.appending(path: name))
    }

    package func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.url.appending(path: name)))
    }
}

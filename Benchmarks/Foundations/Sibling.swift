internal import BenchmarkSupport
internal import Foundation

/// Another benchmark, built beside this one, that gives its figures to this one.
struct Sibling {
    let program: URL

    init(_ name: String) {
        program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: name)
    }

    func run() throws -> [Figure] {
        let process = Process()
        let output = Pipe()
        process.executableURL = program
        process.arguments = ["--tabs"]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let figures = text.split(separator: "\n").compactMap { Figure(tabs: $0) }
        guard process.terminationStatus == 0, !figures.isEmpty else {
            throw BenchmarkError("\(program.lastPathComponent) failed")
        }
        return figures
    }
}

internal import Foundation
package import HTTP

/// The real program, as it stands beside the tests.
package struct CairnProgram: Sendable {
    package let scratch: ScratchFolder
    package var environment: [String: String] = [:]

    package init(scratch: ScratchFolder, environment: [String: String] = [:]) {
        self.scratch = scratch
        self.environment = environment
    }

    /// Where the program is: the package builds it into the folder of the test's own program.
    package static var path: String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: own).deletingLastPathComponent().appending(path: "cairn").path
    }

    /// What a command gave.
    package struct Result: Sendable {
        package let ending: ChildProcess.Ending
        package let output: String
        package let errors: String

        /// The one JSON value of the output; nil if it is anything else.
        package var json: JSON? { try? JSON(parsing: Array(output.utf8)) }

        package var isSuccess: Bool { ending == .exited(0) }

        /// The lines of standard error.
        package var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
    }

    package func start(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess(Self.path, arguments, environment: environment, scratch: scratch)
    }

    /// Runs a command to its end.
    package func run(_ arguments: [String], seconds: Double = 60) throws -> Result {
        let process = try start(arguments)
        let ending = process.wait(seconds: seconds)
        return Result(ending: ending, output: process.output, errors: process.errors)
    }

    package func run(_ arguments: String...) throws -> Result { try run(arguments) }

    /// Makes a chain of one node, and gives back its folder.
    package func createChain(_ name: String = "chain", arguments: [String] = []) throws -> String {
        let folder = scratch.file(name)
        let result = try run(["chain", "create", "--directory", folder, "--port", "0"] + arguments)
        guard result.isSuccess else { throw ChildProcess.Failure(result.errors) }
        return folder
    }
}

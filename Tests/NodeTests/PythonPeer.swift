import Foundation
import HTTP
import SystemTestSupport

/// A script in Python, beside the tests, that knows the same as we by code of others.
struct PythonPeer: Sendable {
    /// The script's name in the folder `Peers`.
    let script: String
    /// What it needs from others, as pip names it.
    let packages: [String]

    private static let interpreter = ProcessInfo.processInfo.environment["CAIRN_PYTHON"] ?? "python3"

    /// What a test says when it is skipped for want of them.
    var missing: String {
        """
        skipped: \(Self.interpreter) has no \(packages.joined(separator: " and ")); make an environment with them \
        (python3 -m venv FOLDER; FOLDER/bin/pip install \(packages.joined(separator: " "))) \
        and name its interpreter: CAIRN_PYTHON=FOLDER/bin/python
        """
    }

    /// Whether the interpreter has them all. What is missing is printed too, as a skipped test is quiet.
    func isThere() -> Bool {
        let isThere = (try? run(["--check"], scratch: ScratchFolder())) != nil
        if !isThere { print(missing) }
        return isThere
    }

    /// Gives back what the script prints.
    func run(_ arguments: [String], scratch: ScratchFolder) throws -> String {
        let process = try start(arguments, scratch: scratch)
        let ending = process.wait(seconds: 120)
        guard ending == .exited(0) else { throw ChildProcess.Failure("\(ending): \(process.errors)") }
        return process.output
    }

    func start(_ arguments: [String], scratch: ScratchFolder) throws -> ChildProcess {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Peers/\(script)").path
        // -B: no compiled files beside the script.
        return try ChildProcess("/usr/bin/env", [Self.interpreter, "-B", path] + arguments, scratch: scratch)
    }
}

import Foundation
import Primitives

/// Two other implementations of SM2, SM3 and SM4, in Python: see `Peers/peers.py`.
enum Peer: String, CaseIterable, Sendable {
    /// Pure Python.
    case gmssl
    /// The Tongsuo library, in C.
    case tongsuopy

    private static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Peers/peers.py")

    /// What a test says when it is skipped for want of peers.
    static let missing = """
        skipped: \(interpreter) has no gmssl and tongsuopy; make an environment with them \
        (python3 -m venv FOLDER; FOLDER/bin/pip install gmssl==3.2.2 tongsuopy==1.0.1) \
        and name its interpreter: CAIRN_PYTHON=FOLDER/bin/python
        """

    private static let interpreter = ProcessInfo.processInfo.environment["CAIRN_PYTHON"] ?? "python3"

    /// Whether the interpreter has both: asked once. What is missing is printed too, as a skipped test is quiet.
    static let areThere: Bool = {
        let isThere = (try? run(["--check"], input: Data())) != nil
        if !isThere { print(missing) }
        return isThere
    }()

    /// The answers to requests, each an operation with its arguments.
    func ask(_ requests: [[String]]) throws -> [String] {
        let input = try JSONSerialization.data(withJSONObject: requests.map { [rawValue] + $0 })
        let output = try Self.run([], input: input)
        let answers = try JSONSerialization.jsonObject(with: output) as? [Any] ?? []
        return answers.map { ($0 as? String) ?? (($0 as? Bool) == true ? "valid" : "invalid") }
    }

    private struct Failure: Error { let message: String }

    private static func run(_ arguments: [String], input: Data) throws -> Data {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        // -B: no compiled files beside the script.
        process.arguments = [interpreter, "-B", script.path] + arguments
        let (standardInput, standardOutput, standardError) = (Pipe(), Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        process.standardError = standardError
        try process.run()
        // The script reads all before it writes, and writes its errors last, so that no pipe fills while we wait.
        try standardInput.fileHandleForWriting.write(contentsOf: input)
        try standardInput.fileHandleForWriting.close()
        let output = try standardOutput.fileHandleForReading.readToEnd() ?? Data()
        let errors = try standardError.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(message: String(decoding: errors, as: UTF8.self)) }
        return output
    }
}

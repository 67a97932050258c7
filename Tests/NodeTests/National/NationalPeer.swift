import Foundation
import HTTP
import SystemTestSupport

/// SM2 and SM3 by two other implementations, in Python: see `Peers/recompute.py`.
enum NationalPeer {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Peers/recompute.py").path

    private static let interpreter = ProcessInfo.processInfo.environment["CAIRN_PYTHON"] ?? "python3"

    /// What a test says when it is skipped for want of them.
    static let missing = """
        skipped: \(interpreter) has no gmssl and tongsuopy; make an environment with them \
        (python3 -m venv FOLDER; FOLDER/bin/pip install gmssl==3.2.2 tongsuopy==1.0.1) \
        and name its interpreter: CAIRN_PYTHON=FOLDER/bin/python
        """

    /// Whether the interpreter has both: asked once. What is missing is printed too, as a skipped test is quiet.
    static let areThere: Bool = {
        let isThere = (try? run(["--check"], scratch: ScratchFolder())) != nil
        if !isThere { print(missing) }
        return isThere
    }()

    /// How many things of each kind came out as the chain has them, and how many did not.
    static func recompute(
        _ endpoint: String, hash: String, scratch: ScratchFolder
    ) throws -> [String: (right: UInt64, wrong: UInt64)] {
        let json = try JSON(parsing: Array(run([endpoint, hash], scratch: scratch).utf8))
        var counts: [String: (right: UInt64, wrong: UInt64)] = [:]
        for member in json.objectValue?.members ?? [] {
            counts[member.key] = (member.value["right"]?.uint64Value ?? 0, member.value["wrong"]?.uint64Value ?? 0)
        }
        return counts
    }

    private static func run(_ arguments: [String], scratch: ScratchFolder) throws -> String {
        // -B: no compiled files beside the script.
        let process = try ChildProcess("/usr/bin/env", [interpreter, "-B", script] + arguments, scratch: scratch)
        let ending = process.wait(seconds: 120)
        guard ending == .exited(0) else { throw ChildProcess.Failure("\(ending): \(process.errors)") }
        return process.output
    }
}

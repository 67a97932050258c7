internal import Glibc
internal import HTTP

/// A running node.
package final class NodeProcess: Sendable {
    package let process: ChildProcess
    package let endpoint: String

    /// Starts the node of a chain's folder, and waits until clients can reach it.
    package convenience init(_ folder: String, _ program: CairnProgram, seconds: Double = 60) throws {
        let process = try Self.start(folder, program)
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            if let endpoint = Self.endpoint(of: process) {
                self.init(process: process, endpoint: endpoint)
                return
            }
            if let ending = process.poll() {
                throw ChildProcess.Failure("the node did not start (\(ending)): \(process.output)\(process.errors)")
            }
            usleep(2000)
        }
        throw ChildProcess.Failure("the node did not start in time: \(process.errors)")
    }

    private init(process: ChildProcess, endpoint: String) {
        self.process = process
        self.endpoint = endpoint
    }

    /// Starts a node without waiting for it.
    package static func start(_ folder: String, _ program: CairnProgram) throws -> ChildProcess {
        try program.start(["node", "run", "--config", "\(folder)/node.json", "--json"])
    }

    private static func endpoint(of process: ChildProcess) -> String? {
        let json = try? JSON(parsing: Array(process.output.utf8))
        return json?["endpoint"]?.stringValue
    }

    package var port: UInt16 { UInt16(endpoint.split(separator: ":").last ?? "") ?? 0 }

    /// Kills the node, as a power failure would.
    package func kill() {
        process.signal(SIGKILL)
        _ = process.wait(seconds: 10)
    }

    /// Stops the node in an orderly way.
    package func stop(seconds: Double = 30) -> ChildProcess.Ending {
        process.signal(SIGTERM)
        return process.wait(seconds: seconds)
    }
}

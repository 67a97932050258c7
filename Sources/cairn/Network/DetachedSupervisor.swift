import Foundation
import Glibc

/// Starts a supervisor that goes on by itself, and waits until its network works.
struct DetachedSupervisor {
    let folder: NetworkFolder
    let began: ContinuousClock.Instant

    func start() async throws -> SupervisorState {
        let log = NodeLogFile(path: folder.supervisorLogFile)
        log.rotate()
        let logStart = log.length
        let process = try ProgramLaunch(
            arguments: ["network", "up", "--directory", folder.path], log: log.path, isSession: true
        ).start()
        defer { Terminal.endProgress() }
        while true {
            // First the end, then the state: what it has written last counts.
            let ending = ProcessEnding(of: process)
            var state = SupervisorState.read(folder.stateFile)
            if state?.process != process { state = nil }
            if let failure = state?.failure { throw CommandError.failed(failure) }
            if let ending {
                let said = log.lastLines(since: logStart).joined(separator: " | ")
                throw CommandError.failed("the supervisor \(ending)\(said.isEmpty ? "" : "; it said: \(said)")")
            }
            if var state, state.readyMilliseconds != nil {
                // Counted from here.
                let (seconds, attoseconds) = began.duration(to: .now).components
                state.readyMilliseconds = UInt64(seconds) * 1000 + UInt64(attoseconds / 1_000_000_000_000_000)
                return state
            }
            if let state {
                let (up, all) = (state.nodes.count { $0.process != nil }, state.nodes.count)
                Terminal.progress("\(up) of \(all) nodes started", UInt64(up), of: UInt64(all) + 1)
            }
            try await Task.sleep(for: .milliseconds(NetworkLimits.pollMilliseconds))
        }
    }
}

import Foundation
import Glibc

/// Stops a network, whoever runs it.
struct NetworkShutdown {
    let folder: NetworkFolder

    /// Waits until all have gone, and gives back how many nodes there were.
    func run() throws -> Int {
        var stopped = 0
        if let supervisor = SupervisorLock.holder(of: folder.path) {
            stopped = try stop(supervisor)
        }
        let configurations = folder.nodes.map(\.configurationFile)
        stopped += StrayNodes.find(configurations).count
        try StrayNodes.stop(configurations)
        return stopped
    }

    private func stop(_ supervisor: pid_t) throws -> Int {
        let count = runningCount(of: supervisor)
        guard kill(supervisor, SIGTERM) == 0 || errno == ESRCH else {
            throw CommandError.failed(
                "cannot stop the supervisor \(supervisor): \(String(cString: strerror(errno)))")
        }
        let start = ContinuousClock.now
        while SupervisorLock.holder(of: folder.path) == supervisor {
            let left = runningCount(of: supervisor)
            Terminal.progress(
                "stopping: \(left) of \(count) nodes left", UInt64(max(0, count - left)), of: UInt64(count))
            guard
                start.duration(to: .now)
                    < .milliseconds(NetworkLimits.stopMilliseconds + NetworkLimits.goneMilliseconds)
            else {
                Terminal.endProgress()
                throw CommandError.failed("the supervisor \(supervisor) has not ended; see \(folder.supervisorLogFile)")
            }
            usleep(UInt32(NetworkLimits.pollMilliseconds) * 1000)
        }
        Terminal.endProgress()
        return count
    }

    private func runningCount(of supervisor: pid_t) -> Int {
        guard let state = SupervisorState.read(folder.stateFile), state.process == supervisor else { return 0 }
        return state.nodes.count { $0.process != nil }
    }
}

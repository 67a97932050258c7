import Foundation
import Glibc

/// How this program starts itself again, as a process of its own.
struct ProgramLaunch {
    let arguments: [String]
    /// Where its standard error goes, at the end; standard input and output go nowhere.
    let log: String
    /// Whether it leads a session, without a terminal. Else it has a group of its own, so that Ctrl-C does not reach it.
    var isSession = false

    /// POSIX_SPAWN_SETSID of glibc, where its headers hide it.
    private static let setSession: Int16 = 0x80

    /// The file of this program.
    private static func ownPath() throws -> String {
        guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            throw CommandError.failed("cannot find this program's own file: /proc is not there")
        }
        return path
    }

    /// Starts it, and gives back its process.
    func start() throws -> pid_t {
        let path = try Self.ownPath()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What this process ignores or blocks must not be ignored there.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let group = isSession ? Self.setSession : Int16(POSIX_SPAWN_SETPGROUP)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | group)
        let environment = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, path, &actions, &attributes, &words, &variables)
        guard code == 0 else {
            throw CommandError.failed("cannot start \(path): \(String(cString: strerror(code)))")
        }
        return process
    }
}

/// How a process ended.
enum ProcessEnding: Hashable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case signalled(Int32)

    /// Of a process that this one has started; nil while it runs.
    init?(of process: pid_t) {
        var status: Int32 = 0
        guard waitpid(process, &status, WNOHANG) == process else { return nil }
        // The layout of a status as wait(2) has it on Linux.
        self = status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .signalled(status & 0x7F)
    }

    var description: String {
        switch self {
        case .exited(let status): "ended with status \(status)"
        case .signalled(let number): "was ended by signal \(number)"
        }
    }
}

/// Nodes of a network that run without its supervisor: it was killed, or somebody started them by hand.
enum StrayNodes {
    /// The processes that run a node with one of these configurations, given by absolute paths.
    static func find(_ configurations: [String]) -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { process in
            guard process != getpid(), let data = FileManager.default.contents(atPath: "/proc/\(process)/cmdline")
            else { return false }
            let words = data.split(separator: 0, omittingEmptySubsequences: false).map {
                String(decoding: $0, as: UTF8.self)
            }
            guard let place = words.firstIndex(of: "--config"), place >= 2, words.indices.contains(place + 1) else {
                return false
            }
            return words[(place - 2)..<place] == ["node", "run"] && configurations.contains(words[place + 1])
        }
    }

    /// Stops them, and waits until they have gone.
    static func stop(_ configurations: [String]) throws {
        var (left, isKilled) = (find(configurations), false)
        let start = ContinuousClock.now
        for process in left { kill(process, SIGTERM) }
        while !left.isEmpty {
            usleep(UInt32(NetworkLimits.pollMilliseconds) * 1000)
            left = find(configurations)
            let waited = start.duration(to: .now)
            if waited > .milliseconds(NetworkLimits.stopMilliseconds), !isKilled {
                for process in left { kill(process, SIGKILL) }
                isKilled = true
            }
            guard waited < .milliseconds(NetworkLimits.stopMilliseconds + NetworkLimits.goneMilliseconds) else {
                throw CommandError.failed("the processes \(left) do not end, though they were killed")
            }
        }
    }
}

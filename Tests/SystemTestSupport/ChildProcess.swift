internal import Foundation
internal import Glibc
internal import Synchronization

/// A program that a test runs. Whatever happens, no test waits for it longer than it says, and it ends with its object.
package final class ChildProcess: Sendable {
    /// How a program ended.
    package enum Ending: Hashable, Sendable {
        case exited(Int32)
        case signalled(Int32)
        /// It did not end in time, and was killed.
        case timedOut
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(_ description: String) { self.description = description }
    }

    package let identifier: Int32
    private let ending = Mutex<Ending?>(nil)
    private let outputPath: String
    private let errorPath: String

    /// Starts a program with its output in files of `scratch`. It finds the environment of the test with `environment`
    /// on top; standard input is empty.
    package init(
        _ path: String, _ arguments: [String], environment: [String: String] = [:], scratch: ScratchFolder
    ) throws {
        let name = scratch.uniqueName()
        outputPath = "\(name).out"
        errorPath = "\(name).err"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        for (descriptor, file) in [(STDOUT_FILENO, outputPath), (STDERR_FILENO, errorPath)] {
            posix_spawn_file_actions_addopen(&actions, descriptor, file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        }
        var merged = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("CAIRN_") }
        merged.merge(environment) { $1 }
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = merged.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var started: pid_t = 0
        let code = posix_spawnp(&started, path, &actions, nil, &words, &variables)
        guard code == 0 else { throw Failure("cannot start \(path): \(String(cString: strerror(code)))") }
        identifier = started
    }

    deinit {
        if poll() == nil {
            signal(SIGKILL)
            _ = wait(seconds: 10)
        }
    }

    package var output: String { Self.text(outputPath) }
    package var errors: String { Self.text(errorPath) }

    private static func text(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// How it ended; nil while it runs.
    package func poll() -> Ending? {
        ending.withLock { ending in
            if let ending { return ending }
            var status: Int32 = 0
            guard waitpid(identifier, &status, WNOHANG) == identifier else { return nil }
            // The layout of a status as wait(2) has it on Linux.
            ending = status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .signalled(status & 0x7F)
            return ending
        }
    }

    package func signal(_ number: Int32) {
        ending.withLock { if $0 == nil { kill(identifier, number) } }
    }

    /// Waits for its end, and kills it after some seconds.
    package func wait(seconds: Double) -> Ending {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            if let ending = poll() { return ending }
            usleep(2000)
        }
        signal(SIGKILL)
        while poll() == nil { usleep(2000) }
        return .timedOut
    }
}

internal import Foundation
internal import Glibc

/// What this process takes of its machine, as Linux tells it: proc(5).
package struct ProcessUsage: Sendable {
    /// Memory that is there, in bytes.
    package let residentByteCount: UInt64
    package let openFiles: UInt64
    /// Of threads of the same name together, ascending by name.
    package let threads: [(name: String, seconds: Double)]
    /// Of all threads, those that have ended among them.
    package let seconds: Double

    /// Nil where the machine does not tell.
    package static func read() -> ProcessUsage? {
        let files = FileManager.default
        guard let memory = text("/proc/self/statm")?.split(separator: " ").dropFirst().first.flatMap({ UInt64($0) }),
            let own = text("/proc/self/stat").flatMap(time),
            let numbers = try? files.contentsOfDirectory(atPath: "/proc/self/task"),
            let open = try? files.contentsOfDirectory(atPath: "/proc/self/fd")
        else { return nil }
        var threads: [String: Double] = [:]
        for number in numbers {
            // One that has ended meanwhile has no file.
            guard let stat = text("/proc/self/task/\(number)/stat"), let seconds = time(stat) else { continue }
            threads[name(stat), default: 0] += seconds
        }
        return ProcessUsage(
            residentByteCount: memory * UInt64(sysconf(Int32(_SC_PAGESIZE))), openFiles: UInt64(open.count),
            threads: threads.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, seconds: own)
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).flatMap { String(bytes: $0, encoding: .utf8) }
    }

    /// What stands in parentheses, which may hold spaces and parentheses itself.
    private static func name(_ stat: String) -> String {
        guard let first = stat.firstIndex(of: "("), let last = stat.lastIndex(of: ")"), first < last else { return "" }
        return String(stat[stat.index(after: first)..<last])
    }

    /// Fields 14 and 15: user and system time, in ticks.
    private static func time(_ stat: String) -> Double? {
        guard let last = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: last)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}

import Foundation

/// How long the processor has worked for each thread of a process, by the threads' names, in nanoseconds.
struct ThreadTimes {
    private let nanoseconds: [String: UInt64]

    /// Reads `/proc`; threads of the same name count together.
    init(process: Int32) {
        var nanoseconds: [String: UInt64] = [:]
        let folder = "/proc/\(process)/task"
        for task in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            guard let name = try? String(contentsOfFile: "\(folder)/\(task)/comm", encoding: .utf8),
                let times = try? String(contentsOfFile: "\(folder)/\(task)/schedstat", encoding: .utf8),
                let time = times.split(separator: " ").first.flatMap({ UInt64($0) })
            else { continue }
            nanoseconds[name.trimmingCharacters(in: .whitespacesAndNewlines), default: 0] += time
        }
        self.nanoseconds = nanoseconds
    }

    /// What was added since an earlier reading, for some threads or all.
    func nanoseconds(since earlier: ThreadTimes, of names: [String]? = nil) -> Double {
        let all = names ?? Array(nanoseconds.keys)
        return all.reduce(0) { $0 + Double(nanoseconds[$1] ?? 0) - Double(earlier.nanoseconds[$1] ?? 0) }
    }

    /// All threads with what each added, the most first.
    func parts(since earlier: ThreadTimes) -> [(name: String, nanoseconds: Double)] {
        nanoseconds.keys.map { ($0, nanoseconds(since: earlier, of: [$0])) }.sorted { $0.1 > $1.1 }
    }
}

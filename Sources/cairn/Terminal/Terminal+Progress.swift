import Foundation
import Glibc
import Synchronization

extension Terminal {
    /// Whether there is a line of progress to take away.
    private static let isProgressShown = Atomic<Bool>(false)
    private static let lastProgress = Mutex(ContinuousClock.Instant?.none)
    private static let pauseBetweenProgress = Duration.milliseconds(100)
    private static let barWidth: UInt64 = 24

    /// Whether progress is shown at all: to a person at a terminal that can move its cursor.
    static let hasProgress = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"

    /// Shows how far long work has come, on a line that the next one takes the place of.
    static func progress(_ text: String, _ done: UInt64, of total: UInt64) {
        guard hasProgress, isProgressDue() else { return }
        isProgressShown.store(true, ordering: .relaxed)
        write("\r\u{1B}[K\(bar(min(done, total), of: max(total, 1)))  \(text)", to: STDERR_FILENO)
    }

    /// Takes the line of progress away, if there is one.
    static func endProgress() {
        guard isProgressShown.exchange(false, ordering: .relaxed) else { return }
        lastProgress.withLock { $0 = nil }
        write("\r\u{1B}[K", to: STDERR_FILENO)
    }

    /// More often than some times a second nobody reads it.
    private static func isProgressDue() -> Bool {
        lastProgress.withLock { last in
            let now = ContinuousClock.now
            if let before = last, now - before < pauseBetweenProgress { return false }
            last = now
            return true
        }
    }

    private static func bar(_ done: UInt64, of total: UInt64) -> String {
        let part = Double(done) / Double(total)
        let filled = Int(part * Double(barWidth))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Int(barWidth) - filled)
        let percent = "\(Int(part * 100))"
        return "[\(errors.green(bar))] \(String(repeating: " ", count: 3 - percent.count))\(percent) %"
    }
}

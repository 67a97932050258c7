import Foundation
import Synchronization

/// What a node's log says of long work: on a terminal a bar, elsewhere a line now and then.
final class NodeProgress: Sendable {
    /// When it was last said.
    private let said = Mutex(ContinuousClock.Instant?.none)

    private static let pauseBetweenLines = Duration.seconds(2)

    func report(_ what: String, _ height: UInt64, of last: UInt64) {
        if Terminal.hasProgress { return Terminal.progress("\(what): block \(height) of \(last)", height, of: last) }
        let isDue = said.withLock { said in
            let now = ContinuousClock.now
            if let before = said, now - before < Self.pauseBetweenLines { return false }
            said = now
            return true
        }
        if isDue { NodeLog.write("\(what): block \(height) of \(last)") }
    }
}

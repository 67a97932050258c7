import Foundation
import Replica
import Synchronization

/// What a node's log says of long work: on a terminal a bar, elsewhere a line now and then.
final class NodeProgress: Sendable {
    /// When it was last said.
    private let said = Mutex(ContinuousClock.Instant?.none)
    /// Of what is being fetched, since when and from where on.
    private let fetching = Mutex((height: UInt64, since: ContinuousClock.Instant, complete: Int)?.none)

    private static let pauseBetweenLines = Duration.seconds(2)

    func report(_ what: String, _ height: UInt64, of last: UInt64) {
        say("\(what): block \(height) of \(last)", height, of: last)
    }

    /// How far a node is that joins, and how long it will take from here if it goes on as it has.
    func report(_ status: JoinerStatus) {
        let peers = "\(status.peerCount) nodes have answered"
        switch status.stage {
        case .epochs: say("joining: finding out who certifies now; \(peers)", 0, of: 1)
        case .offers: say("joining: looking for a snapshot; \(peers)", 0, of: 1)
        case .tail: say("joining: \(status.tailBlockCount) blocks before the state are here", 1, of: 1)
        case .ended: break
        case .chunks:
            guard let height = status.height, let chunks = status.chunks else { break }
            let seconds = remainingSeconds(height, chunks).map { ", about \($0) s more" } ?? ""
            say(
                "joining: state of block \(height), chunk \(chunks.complete) of \(chunks.all)\(seconds)",
                UInt64(chunks.complete), of: UInt64(chunks.all))
        }
    }

    /// Nil before anything has come.
    private func remainingSeconds(_ height: UInt64, _ chunks: JoinerStatus.Progress) -> Int? {
        let now = ContinuousClock.now
        return fetching.withLock { fetching in
            guard let begun = fetching, begun.height == height else {
                fetching = (height, now, chunks.complete)
                return nil
            }
            guard chunks.complete > begun.complete else { return nil }
            let each = (now - begun.since) / .seconds(1) / Double(chunks.complete - begun.complete)
            return Int((each * Double(chunks.all - chunks.complete)).rounded(.up))
        }
    }

    private func say(_ text: String, _ done: UInt64, of total: UInt64) {
        if Terminal.hasProgress { return Terminal.progress(text, done, of: total) }
        let isDue = said.withLock { said in
            let now = ContinuousClock.now
            if let before = said, now - before < Self.pauseBetweenLines { return false }
            said = now
            return true
        }
        if isDue { NodeLog.write(text) }
    }
}

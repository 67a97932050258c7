import Foundation
import Replica
import Synchronization

/// What a node's log says of long work: on a terminal a bar, elsewhere a line now and then.
final class NodeProgress: Sendable {
    /// When it was last said.
    private let said = Mutex(ContinuousClock.Instant?.none)
    private let estimate = Mutex(Estimate())

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
            let (complete, all) = (UInt64(chunks.complete), UInt64(chunks.all))
            let remaining = remaining("state \(height)", complete, of: all)
            say("joining: state of block \(height), chunk \(complete) of \(all)\(remaining)", complete, of: all)
        }
    }

    /// How far a node is that fetches what it has missed.
    func report(_ lag: ReplicaLag) {
        let what = lag.countsBlocks ? "block" : "decision"
        let remaining = remaining(what, lag.last, of: lag.known)
        say("catching up: \(what) \(lag.last) of \(lag.known)\(remaining)", lag.last, of: lag.known)
    }

    private func remaining(_ what: String, _ done: UInt64, of all: UInt64) -> String {
        estimate.withLock { $0.seconds(what, done, of: all) }.map { ", about \($0) s more" } ?? ""
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

/// How long work will take from here if it goes on as it has.
private struct Estimate {
    private var begun: (what: String, since: ContinuousClock.Instant, done: UInt64)?
    private var last = ContinuousClock.now

    /// After so long without a word it is other work.
    private static let pause = Duration.seconds(5)

    /// Nil before anything is done.
    mutating func seconds(_ what: String, _ done: UInt64, of all: UInt64) -> Int? {
        let now = ContinuousClock.now
        defer { last = now }
        guard let begun, begun.what == what, done > begun.done, now - last < Self.pause else {
            if begun?.what != what || now - last >= Self.pause { begun = (what, now, done) }
            return nil
        }
        let each = (now - begun.since) / .seconds(1) / Double(done - begun.done)
        return Int(exactly: (each * Double(all - min(done, all))).rounded(.up))
    }
}

import Ledger
import Primitives
import Synchronization
import TestSupport

/// What a transaction of the crash test does, with accounts by their numbers.
enum Action: Hashable, Sendable {
    case create
    case issue(to: Int, amount: UInt64)
    case transfer(from: Int, to: Int, amount: UInt64)
}

/// Where the ledger has a transaction, and whether it succeeded.
struct Place: Hashable, Sendable {
    let height: UInt64
    let isSuccess: Bool
}

/// What the clients know: what they signed, and what the node told them of it.
final class ClientRecords: Sendable {
    struct Submission: Sendable {
        let action: Action
        let signed: SignedTransaction
    }

    struct Report: Sendable {
        let identity: Digest
        let place: Place
    }

    private struct State {
        var submissions: [Digest: Submission] = [:]
        var order: [Digest] = []
        var reports: [Report] = []
    }

    private let state = Mutex(State())

    func add(_ submission: Submission) {
        state.withLock { state in
            state.submissions[submission.signed.identity] = submission
            state.order.append(submission.signed.identity)
        }
    }

    /// The node said that a transaction is committed, or failed in a block.
    func report(_ identity: Digest, _ place: Place) {
        state.withLock { $0.reports.append(Report(identity: identity, place: place)) }
    }

    func submission(_ identity: Digest) -> Submission? { state.withLock { $0.submissions[identity] } }

    /// One of the last transactions, to be sent once more.
    func recent(_ generator: inout SeededGenerator) -> SignedTransaction? {
        let place = Int.random(in: 0..<2000, using: &generator)
        return state.withLock { state in
            guard place < state.order.count else { return nil }
            return state.submissions[state.order[state.order.count - 1 - place]]?.signed
        }
    }

    func reports(from start: Int) -> ArraySlice<Report> { state.withLock { $0.reports[start...] } }

    var reportCount: Int { state.withLock { $0.reports.count } }
    var submissionCount: Int { state.withLock { $0.order.count } }
}

internal import Contracts
package import Ledger

/// What a state says of some epochs, apart from it: for who answers about them on another thread.
package final class EpochView: StateView, Sendable {
    private let known: [StateKey: [UInt8]]

    /// Of epochs from a number on, as many as one answer about them needs.
    init(of state: any StateView, from first: UInt64) throws(StateUnavailable) {
        var known: [StateKey: [UInt8]] = [:]
        let (last, isOver) = first.addingReportingOverflow(UInt64(ReplicaLimits.servedHandOversMax))
        for number in first...(isOver ? .max : last) {
            let key = EpochStore.epochKey(number)
            guard let value = try state.value(at: key) else { continue }
            known[key] = value
        }
        self.known = known
    }

    private init() { known = [:] }

    /// Of no epochs.
    package static let none = EpochView()

    package func value(at key: StateKey) throws(StateUnavailable) -> [UInt8]? { known[key] }

    package func scan(
        prefix: StateKey, from start: StateKey, limit: Int
    ) throws(StateUnavailable) -> [(StateKey, [UInt8])] {
        throw StateUnavailable("a view of epochs has no order")
    }
}

extension Executor {
    /// What the state after the head says of epochs from a number on.
    package func epochView(from first: UInt64) throws(StateUnavailable) -> EpochView {
        try EpochView(of: state, from: first)
    }
}

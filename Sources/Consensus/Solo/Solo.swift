package import Primitives

/// One orderer that decides by itself: for development, and for chains of one operator.
///
/// It bears no fault. What it decides it may forget in a crash, as nobody else knows of it: the replica says nothing
/// of a decision before the decision and its result are durable.
package struct Solo: ConsensusEngine {
    /// How many decisions may be on their way between `decided` and `executed`. Two let one be executed while the
    /// one before is made durable.
    package static let windowDecisions: UInt64 = 2

    private enum State {
        case stopped
        /// Invariant: `executed <= decided <= executed + windowDecisions`.
        case running(decided: UInt64, executed: UInt64, last: UInt64)
    }

    private var state = State.stopped
    /// Whether work was reported that has not been asked for.
    private var hasWork = false
    private var isRequesting = false

    package init() {}

    package mutating func handle(_ input: EngineInput, at now: Instant, into effects: inout [EngineEffect]) {
        switch (state, input) {
        case (.stopped, .start(let start)):
            state = .running(decided: start.lastDecision, executed: start.lastDecision, last: .max)
        case (.running, .pending):
            hasWork = true
        case (.running(let decided, let executed, let last), .value(let value)):
            // Nothing is decided that was not asked for, nor beyond the end, should it have been named meanwhile.
            guard isRequesting else { break }
            isRequesting = false
            guard let value, decided < last else {
                hasWork = false
                break
            }
            state = .running(decided: decided + 1, executed: executed, last: last)
            effects.append(.decided(decision: decided + 1, value: value, proof: nil))
        case (.running(let decided, let executed, let last), .executed(let decision)):
            // A report that is late, or of something that was never decided, changes nothing.
            guard decision > executed, decision <= decided else { break }
            state = .running(decided: decided, executed: decision, last: last)
        case (.running(let decided, let executed, _), .stopAt(let decision)):
            state = .running(decided: decided, executed: executed, last: decision)
        default:
            // There are no peers, timers or keys that could have a say.
            break
        }
        requestIfPossible(into: &effects)
    }

    private mutating func requestIfPossible(into effects: inout [EngineEffect]) {
        guard case .running(let decided, let executed, let last) = state, hasWork, !isRequesting,
            decided < last, decided - executed < Self.windowDecisions
        else { return }
        isRequesting = true
        effects.append(.requestValue)
    }
}

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
    /// What was asked for and not answered yet.
    private var requested: EngineToken?
    private var nextToken: UInt64 = 0

    package init() {}

    package mutating func handle(_ input: EngineInput, at now: Instant, into effects: inout [EngineEffect]) {
        switch (state, input) {
        case (.stopped, .start(let start)):
            state = .running(
                decided: start.lastDecision, executed: min(start.lastExecuted, start.lastDecision),
                last: start.end ?? .max)
        case (.running, .pending), (.running, .offer):
            hasWork = true
        case (.running(let decided, _, _), .read(let token)):
            effects.append(.readable(token, decision: decided))
        case (.running(let decided, let executed, let last), .value(let token, let value)):
            // Nothing is decided that was not asked for, nor beyond the end, should it have been named meanwhile.
            guard token == requested else { break }
            requested = nil
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

    /// What a node of one has to say it says to nobody, and what it decides the replica keeps.
    package var liveRecords: [[UInt8]] { [] }

    package var status: EngineStatus {
        switch state {
        case .stopped: EngineStatus(phase: "stopped", view: 0, leader: nil, decided: 0)
        case .running(let decided, _, _): EngineStatus(phase: "running", view: 0, leader: 0, decided: decided)
        }
    }

    private mutating func requestIfPossible(into effects: inout [EngineEffect]) {
        guard case .running(let decided, let executed, let last) = state, hasWork, requested == nil,
            decided < last, decided - executed < Self.windowDecisions
        else { return }
        let token = EngineToken(number: nextToken)
        nextToken += 1
        requested = token
        effects.append(.requestValue(token, decision: decided + 1, after: []))
    }
}

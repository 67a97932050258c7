internal import Ledger
internal import Primitives

extension Raft {
    /// An orderer between its start and its end.
    struct Machine: EngineMachine {
        let count: Int
        let rule: QuorumRule
        let own: UInt32?
        let configuration: RaftConfiguration
        let plant: EnginePlant?
        var now = Instant(nanoseconds: 0)
        var effects: [EngineEffect] = []
        var awaited = AwaitedAnswers<Awaited>()
        private var random: SeededGenerator

        // MARK: Durable, once a record says so

        var term: UInt64 = 0
        var vote: UInt32?
        var log: Log
        /// Up to where the log is durable here.
        var durableIndex: UInt64
        /// How often lines were replaced: what was durable before says nothing of later ones.
        var truncations: UInt64 = 0
        /// The term and vote that the last record has.
        var recorded: (term: UInt64, vote: UInt32?) = (0, nil)

        // MARK: Not durable

        var role = Role.follower(leader: nil)
        var committed: UInt64
        /// The line up to which decisions were given out.
        var deliveredIndex: UInt64
        var decided: UInt64
        var executed: UInt64
        var last: UInt64
        /// The last decision before the epoch.
        let origin: UInt64
        /// Where the log begins anew once decisions up to there are here.
        var rebase: Place?
        var hasWork = false
        var reads = Reads()
        var request: EngineToken?
        /// When an election begins, or, of a leader, when it says that it is there.
        var deadline = MovingDeadline()
        /// Elections since a leader was there last.
        var failedElections: UInt64 = 0
        /// When a leader was last heard of.
        var heardOfLeader: Instant?

        init(_ start: EngineStart, _ configuration: RaftConfiguration, _ plant: EnginePlant?) {
            count = start.epoch.orderers.count
            rule = start.epoch.ordererRule
            own = start.own.flatMap { $0 < start.epoch.orderers.count ? $0 : nil }
            self.configuration = configuration
            self.plant = plant
            random = SeededGenerator(seed: start.seed ^ UInt64(start.own ?? 0) &* 0x9E37_79B9)
            decided = start.lastDecision
            origin = start.origin
            executed = min(start.lastExecuted, start.lastDecision)
            last = start.end ?? .max
            log = Log(base: Place(index: 0, term: 0, decision: 0))
            (committed, deliveredIndex, durableIndex) = (0, 0, 0)
            let records = start.records.compactMap { try? Record(canonicalBytes: $0) }
            let first = records.isEmpty ? start.lastDecision : min(start.lastDecision, records.firstDecision ?? .max)
            log = Log(base: Place(index: 0, term: 0, decision: first))
            for record in records { takeOver(record) }
            durableIndex = log.lastIndex
            recorded = (term, vote)
            // A line with a decision that is known may be another leader's: only the base is surely decided.
            (committed, deliveredIndex) = (log.base.index, log.base.index)
        }

        /// Elections that fail one after another take twice as long each, so that slow networks elect in the end.
        mutating func drawElectionTimeout() -> UInt64 {
            let timeout = min(
                configuration.electionTimeoutMilliseconds << min(failedElections, 16),
                max(ConsensusLimits.raftElectionMillisecondsMax, configuration.electionTimeoutMilliseconds))
            return timeout + random.next() % timeout
        }

        mutating func send(_ message: Message, to peer: UInt32?) {
            guard own != nil, count > 1 else { return }
            effects.append(.send(to: peer, message.canonicalBytes))
        }
    }

    enum Awaited: Sendable {
        /// The log, as it was after so many truncations, is durable up to an index.
        case record(index: UInt64, truncations: UInt64)
        /// The own vote in a term.
        case vote(term: UInt64)
        case value(term: UInt64, decision: UInt64)
        case timer
    }

    enum Role: Sendable {
        case follower(leader: UInt32?)
        /// Asks whether there would be votes, or for votes; with those that it has.
        case candidate(isPrevote: Bool, votes: SignerSet)
        case leader(Leadership)
    }

    /// What a leader knows of the others.
    struct Leadership: Sendable {
        struct Progress: Sendable {
            /// The next line to send, and the last one that is surely there.
            var next: UInt64
            var match: UInt64 = 0
            /// Whether it was heard of since the last check.
            var isActive = true
            /// Whether lines are sent one after another without waiting.
            var isProbing = true
            /// The last round of reading that it answered.
            var round: UInt64 = 0
            /// Up to where it was told that lines are committed.
            var told: UInt64 = 0
        }

        var progress: [Progress]
        var activeSince: Instant
        /// To whom leadership is being handed over.
        var successor: UInt32?
        /// The last round of messages for reading.
        var round: UInt64 = 0
    }
}

extension [Raft.Record] {
    /// The decision before the first that the records have, if they begin with no base.
    fileprivate var firstDecision: UInt64? {
        if let base = first?.base { return base.decision }
        return lazy.flatMap(\.entries).first { $0.decision > 0 }.map { $0.decision - 1 }
    }
}

// MARK: - Inputs

extension Raft.Machine {
    mutating func handle(_ input: EngineInput) {
        switch input {
        case .start: if own != nil { wait(milliseconds: firstTimeout) }
        case .message(let peer, let bytes): receive(bytes, from: peer)
        case .timer(let token): if case .timer = answered(token) { expire(token) }
        case .persisted(let token): if let record = answered(token) { persisted(record) }
        case .pending, .offer: hasWork = true
        case .read(let token): read(token)
        case .value(let token, let value):
            guard case .value(let term, let decision) = answered(token), token == request else { break }
            request = nil
            take(value, in: term, decision)
        case .executed(let decision): executed = max(executed, min(decision, decided))
        case .stopAt(let decision): last = min(last, decision)
        case .caughtUp(let decision, let value, _): catchUp(decision, value)
        case .suspect(let orderer): if orderer == own { transferLeadership() }
        // Leaders speak to all now and then, and are missed when they don't.
        case .connected, .disconnected: break
        case .signed, .verified, .validity: break
        }
        commit()
        deliver()
        propose()
        tellCommitted()
        serveReads()
    }

    var leader: UInt32? {
        switch role {
        case .follower(let leader): leader
        case .candidate: nil
        case .leader: own
        }
    }

    var status: EngineStatus {
        let phase =
            switch role {
            case .follower(let leader): rebase != nil ? "behind" : leader == nil ? "leaderless" : "following"
            case .candidate(let isPrevote, _): isPrevote ? "sounding" : "candidate"
            case .leader(let leadership): leadership.successor == nil ? "leading" : "handing over"
            }
        return EngineStatus(phase: phase, view: term, leader: leader, decided: decided)
    }

    // MARK: Time

    /// Where an epoch begins one of all need not wait for whether there is a leader.
    private var firstTimeout: UInt64 {
        mutating get {
            own == 0 && term == 0 && decided == origin ? configuration.heartbeatMilliseconds : drawElectionTimeout()
        }
    }

    mutating func wait(milliseconds: UInt64) { wait(until: now.advanced(byMilliseconds: milliseconds)) }

    private mutating func wait(until instant: Instant) {
        guard let delay = deadline.move(to: instant, at: now) else { return }
        let token = token(for: .timer)
        deadline.set(token, afterMilliseconds: delay, at: now)
        effects.append(.setTimer(token, afterMilliseconds: delay))
    }

    private mutating func expire(_ token: EngineToken) {
        switch (deadline.fired(token, at: now), role) {
        case (.stale, _): break
        case (.early, _): if let instant = deadline.instant { wait(until: instant) }
        case (.due, .leader): beat()
        case (.due, _): sound()
        }
    }
}

internal import Ledger
internal import Primitives

extension FBFT {
    /// What an orderer measures, and what it and others wish for: when to go to another view.
    struct Pace: Sendable {
        /// The view that this node wants to be in at least. Invariant: never below the present one.
        var wish: UInt64 = 0
        /// By orderer, the highest it has told of.
        var wishes: [UInt64]
        var decisionsInView: UInt64 = 0
        /// Views that ended without a decision, one after another.
        var failures: UInt64 = 0
        /// By orderer, the decision up to which its views are skipped.
        var skippedUpTo: [UInt64]
        /// When something must have been decided; nil if nothing waits.
        var deadline = MovingDeadline()
        /// Since when the next decision has been waited for.
        var waitingSince: Instant?
        var sampleCount: UInt64 = 0
        var sampleNanoseconds: UInt64 = 0
        /// By orderer, how long a decision took on average when it last led.
        var figures: [UInt64?]
        var isSuspecting = false

        init(count: Int) {
            wishes = Array(repeating: 0, count: count)
            skippedUpTo = Array(repeating: 0, count: count)
            figures = Array(repeating: nil, count: count)
        }

        mutating func enter(_ view: UInt64, own: UInt32?) {
            failures = decisionsInView == 0 ? failures + 1 : 0
            decisionsInView = 0
            (sampleCount, sampleNanoseconds, isSuspecting) = (0, 0, false)
            wish = max(wish, view)
            if let own { wishes[Int(own)] = wish }
        }
    }
}

extension FBFT.Machine {
    // MARK: Work and progress

    mutating func takeWork() {
        hasWork = true
        pace.waitingSince = pace.waitingSince ?? now
    }

    /// Whether anything is to be expected of the leader.
    private var isBusy: Bool {
        hasWork || !proposals.isEmpty || pace.wish > view || lock.map { $0.decision > decided } ?? false
            || lastVote.map { $0.decision > decided } ?? false || commit != nil || foreignProof != nil
    }

    var timeoutMilliseconds: UInt64 {
        let base = terms.configuration.viewTimeoutMilliseconds
        return min(base << min(pace.failures, 16), terms.configuration.viewTimeoutMillisecondsMax)
    }

    /// A decision was made: time runs anew. The leader asks for work until there is none; others are told of it again.
    mutating func countProgress() {
        measure()
        pace.decisionsInView += 1
        pace.failures = 0
        pace.wish = view
        if let own = terms.own { pace.wishes[Int(own)] = view }
        let leader = terms.leader(of: view)
        pace.skippedUpTo[Int(leader)] = 0
        if leadership == nil { (hasWork, hasOffer) = (false, false) }
        pace.deadline.clear()
    }

    mutating func keepTime() {
        if leadership == nil { takeLeadOfFirstView() }
        guard isBusy, terms.own != nil else {
            pace.deadline.clear()
            pace.waitingSince = nil
            return
        }
        pace.waitingSince = pace.waitingSince ?? now
        if pace.deadline.instant == nil { keepDeadline() }
    }

    /// In the first view nobody has to say what was voted for.
    private mutating func takeLeadOfFirstView() {
        guard view == 0, hasWork || hasOffer, lastVote == nil else { return }
        takeLead()
        guard leadership != nil else { return }
        leadership?.reports = Array(repeating: FBFT.Leadership.Report(vote: nil), count: terms.count)
    }

    /// Gives the view its time from now on.
    mutating func keepDeadline() { keepDeadline(now.advanced(byMilliseconds: timeoutMilliseconds)) }

    private mutating func keepDeadline(_ instant: Instant) {
        guard let delay = pace.deadline.move(to: instant, at: now) else { return }
        let token = token(for: .progressTimer)
        pace.deadline.set(token, afterMilliseconds: delay, at: now)
        effects.append(.setTimer(token, afterMilliseconds: delay))
    }

    mutating func expire(_ timer: FBFT.Awaited, _ token: EngineToken) {
        switch timer {
        case .progressTimer: expireProgress(token)
        case .gatheringTimer(let view): if leadership?.view == view { leadership?.hasWaited = true }
        case .requestTimer: request()
        default: break
        }
    }

    private mutating func expireProgress(_ token: EngineToken) {
        switch pace.deadline.fired(token, at: now) {
        case .stale: return
        case .early: if let instant = pace.deadline.instant { keepDeadline(instant) }
        case .due:
            pace.deadline.clear()
            guard isBusy else { return }
            neededUpTo = 0
            giveUpOnLeader()
        }
    }

    // MARK: Wishes

    /// Wishes for another view, or says so again.
    private mutating func giveUpOnLeader() {
        if pace.wish <= view {
            fail(terms.leader(of: view))
            pace.wish = nextView
        }
        announce()
        hearOwn()
        keepDeadline()
    }

    mutating func announce() { send(.wish(view: pace.wish, decided: decided), to: nil) }

    mutating func fail(_ leader: UInt32) {
        pace.skippedUpTo[Int(leader)] = decided + ConsensusLimits.fbftFailureMemoryDecisions
    }

    /// The next view whose leader has not failed lately; at most as many are skipped as may be faulty, and none once
    /// all have failed.
    private var nextView: UInt64 {
        var next = view + 1
        guard pace.failures < UInt64(terms.count) else { return next }
        var skipped = 0
        while skipped < terms.rule.faultCountMax, pace.skippedUpTo[Int(terms.leader(of: next))] > decided {
            next += 1
            skipped += 1
        }
        return next
    }

    mutating func heedWish(_ wish: UInt64, decided theirs: UInt64, from peer: UInt32) {
        if theirs < decided { tell(peer) }
        // It says that it is ahead: it will prove it to whoever says that he is behind.
        if theirs > decided, now >= inquiredUntil[Int(peer)] {
            inquiredUntil[Int(peer)] = now.advanced(byMilliseconds: terms.configuration.viewTimeoutMilliseconds / 4)
            send(.wish(view: pace.wish, decided: decided), to: peer)
        }
        if wish < view { send(.wish(view: pace.wish, decided: decided), to: peer) }
        if wish == view, now >= remindedUntil[Int(peer)] {
            remindedUntil[Int(peer)] = now.advanced(byMilliseconds: terms.configuration.viewTimeoutMilliseconds / 4)
            remind(peer)
        }
        hear(wish, from: peer)
        // A leader that gives itself up need not be waited for, and may be the only one that has something to propose.
        if wish > view, peer == terms.leader(of: view), pace.wish <= view { giveUpOnLeader() }
    }

    /// Takes note of a peer's wish: joins those who are surely not all faulty, and enters what a quorum wants.
    mutating func hear(_ wish: UInt64, from peer: UInt32) {
        guard wish > pace.wishes[Int(peer)] else { return }
        pace.wishes[Int(peer)] = wish
        hearOwn()
    }

    private mutating func hearOwn() {
        guard let own = terms.own else { return }
        let joined = terms.highest(pace.wishes) { terms.rule.isAvailable($0) }
        if joined > pace.wish {
            pace.wish = joined
            pace.wishes[Int(own)] = joined
            announce()
        }
        pace.wishes[Int(own)] = pace.wish
        let wanted = terms.highest(pace.wishes) { terms.rule.isQuorum($0) }
        if wanted > view { enter(wanted) }
    }

    // MARK: Slow leaders

    /// The node sees that an orderer leaves out what it must not.
    mutating func suspect(_ orderer: UInt32) {
        guard orderer == terms.leader(of: view), orderer != terms.own, !pace.isSuspecting else { return }
        pace.isSuspecting = true
        giveUpOnLeader()
    }

    /// Measures the leader by its last decisions: one that takes several times as long as another did must go.
    private mutating func measure() {
        let leader = terms.leader(of: view)
        guard let since = pace.waitingSince else { return }
        pace.waitingSince = now
        pace.sampleCount += 1
        pace.sampleNanoseconds += now.nanoseconds - min(now.nanoseconds, since.nanoseconds)
        guard pace.sampleCount == ConsensusLimits.fbftMeasuredDecisions else { return }
        let average = pace.sampleNanoseconds / pace.sampleCount
        (pace.sampleCount, pace.sampleNanoseconds) = (0, 0)
        pace.figures[Int(leader)] = average
        let others = pace.figures.indices.filter { $0 != leader }.compactMap { pace.figures[$0] }
        let configuration = terms.configuration
        let expected =
            others.min().map { $0 * ConsensusLimits.fbftSlownessFactor }
            ?? configuration.viewTimeoutMilliseconds * 1_000_000 / 4
        if average > max(expected, configuration.slowDecisionMilliseconds * 1_000_000) { suspect(leader) }
    }
}

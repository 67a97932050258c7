internal import Ledger
internal import Primitives

// What a leader does, and what follows from what is committed.
extension Raft.Machine {
    mutating func becomeLeader() {
        guard let own else { return }
        (heardOfLeader, failedElections) = (nil, 0)
        let progress = Raft.Leadership.Progress(next: log.lastIndex + 1)
        var leadership = Raft.Leadership(
            progress: Array(repeating: progress, count: count), activeSince: now)
        leadership.progress[Int(own)].match = durableIndex
        role = .leader(leadership)
        // Only lines of the own term commit those before (section 5.4.2), so it has one at once.
        append(decision: 0, value: [])
        replicate()
        wait(milliseconds: configuration.heartbeatMilliseconds)
    }

    private mutating func append(decision: UInt64, value: [UInt8]) {
        let entry = Raft.Entry(term: term, decision: decision, value: value)
        let previous = log.lastIndex
        log.append(entry)
        persist([entry], after: previous, .record(index: log.lastIndex, truncations: truncations))
    }

    // MARK: Replication

    /// Sends each what it lacks, in windows: one message while it is not known what it has, several later.
    private mutating func replicate() {
        guard case .leader(var leadership) = role, let own else { return }
        for peer in 0..<UInt32(count) where peer != own { push(to: peer, &leadership) }
        role = .leader(leadership)
    }

    private mutating func push(to peer: UInt32, _ leadership: inout Raft.Leadership) {
        var progress = leadership.progress[Int(peer)]
        var isFirst = true
        while progress.next <= log.lastIndex || isFirst && progress.isProbing {
            let inFlight = progress.next - min(progress.next, progress.match + 1)
            guard progress.isProbing || inFlight < ConsensusLimits.raftInFlightEntriesMax else { break }
            guard progress.next > log.base.index else {
                send(.behind(term: term, log.base), to: peer)
                progress.next = log.base.index + 1
                progress.isProbing = true
                break
            }
            let sent = sendEntries(after: progress.next - 1, to: peer)
            if progress.isProbing { break }
            progress.next += UInt64(sent)
            isFirst = false
            if sent == 0 { break }
        }
        leadership.progress[Int(peer)] = progress
    }

    @discardableResult
    private mutating func sendEntries(after index: UInt64, to peer: UInt32) -> Int {
        let entries = log.entries(after: index, byteCountMax: ConsensusLimits.raftMessageEntriesByteCountMax)
        let round = if case .leader(let leadership) = role { leadership.round } else { UInt64(0) }
        let append = Raft.Append(
            term: term, round: round, previousIndex: index, previousTerm: log.term(at: index) ?? 0,
            committed: committed,
            entries: entries)
        send(.append(append), to: peer)
        return entries.count
    }

    mutating func heedReply(_ isAccepted: Bool, _ index: UInt64, round: UInt64, from peer: UInt32) {
        guard case .leader(var leadership) = role, index <= log.lastIndex, round <= leadership.round else { return }
        leadership.progress[Int(peer)].round = max(leadership.progress[Int(peer)].round, round)
        leadership.progress[Int(peer)].isActive = true
        if isAccepted {
            let match = max(leadership.progress[Int(peer)].match, index)
            leadership.progress[Int(peer)].match = match
            leadership.progress[Int(peer)].next = max(leadership.progress[Int(peer)].next, match + 1)
            leadership.progress[Int(peer)].isProbing = false
        } else {
            let match = leadership.progress[Int(peer)].match
            leadership.progress[Int(peer)].next = max(match + 1, min(index + 1, leadership.progress[Int(peer)].next))
            leadership.progress[Int(peer)].isProbing = true
        }
        if isAccepted ? leadership.progress[Int(peer)].next <= log.lastIndex : true { push(to: peer, &leadership) }
        if leadership.successor == peer, leadership.progress[Int(peer)].match == log.lastIndex {
            send(.timeoutNow(term: term), to: peer)
        }
        role = .leader(leadership)
    }

    // MARK: Being there

    /// Says that the leader is there; steps down if a quorum has not been heard of for an election's time.
    mutating func beat() {
        guard case .leader(var leadership) = role, let own else { return }
        let timeout = configuration.electionTimeoutMilliseconds
        if now >= leadership.activeSince.advanced(byMilliseconds: timeout) {
            let active = leadership.progress.indices.filter { leadership.progress[$0].isActive || $0 == Int(own) }
            guard rule.isQuorum(SignerSet(active.map(UInt32.init))) else { return follow(nil, in: term) }
            for index in leadership.progress.indices { leadership.progress[index].isActive = false }
            leadership.activeSince = now
            leadership.successor = nil
        }
        for peer in 0..<UInt32(count) where peer != own {
            // What was sent and not answered since the last beat may be lost.
            let progress = leadership.progress[Int(peer)]
            leadership.progress[Int(peer)].next = max(progress.match + 1, min(progress.next, log.lastIndex + 1))
            if progress.match < log.lastIndex, !progress.isProbing {
                leadership.progress[Int(peer)].next = progress.match + 1
                leadership.progress[Int(peer)].isProbing = true
            }
            if progress.match == log.lastIndex {
                sendEntries(after: log.lastIndex, to: peer)
            } else {
                push(to: peer, &leadership)
            }
        }
        role = .leader(leadership)
        wait(milliseconds: configuration.heartbeatMilliseconds)
    }

    /// Hands leadership over to the one whose log is longest, once it is whole.
    mutating func transferLeadership() {
        guard case .leader(var leadership) = role, let own, count > 1 else { return }
        let others = leadership.progress.indices.filter { $0 != Int(own) }
        let best = others.max { leadership.progress[$0].match < leadership.progress[$1].match }
        leadership.successor = best.map(UInt32.init)
        role = .leader(leadership)
        if let best, leadership.progress[best].match == log.lastIndex {
            send(.timeoutNow(term: term), to: UInt32(best))
        }
    }

    // MARK: Commitment

    /// Section 5.3 and 5.4.2: what a quorum has, if it is of the own term.
    mutating func commit() {
        guard case .leader(let leadership) = role else { return }
        let matches = leadership.progress.map(\.match)
        var signers = SignerSet()
        for index in matches.indices.sorted(by: { (matches[$0], $1) > (matches[$1], $0) }) {
            signers.insert(UInt32(index))
            guard rule.isQuorum(signers) else { continue }
            let isOwnTerm = log.term(at: matches[index]) == term || plant == .commitsOldTermEntry
            if matches[index] > committed, isOwnTerm { committed = matches[index] }
            return
        }
    }

    /// Tells those who have the whole log what is committed of it: who waits for that need not wait for the next beat.
    /// The others hear of it with the lines that they lack.
    mutating func tellCommitted() {
        guard case .leader(var leadership) = role, let own else { return }
        for peer in 0..<UInt32(count) where peer != own {
            let progress = leadership.progress[Int(peer)]
            guard progress.match == log.lastIndex, progress.told < committed else { continue }
            sendEntries(after: log.lastIndex, to: peer)
            leadership.progress[Int(peer)].told = committed
        }
        role = .leader(leadership)
    }

    /// Gives out decisions in order, not too far ahead of execution, and none beyond the epoch's end.
    mutating func deliver() {
        while deliveredIndex < committed, let entry = log[deliveredIndex + 1] {
            if entry.decision > decided {
                let isWithinGate =
                    plant == .votesBeforeGate || entry.decision <= executed + ConsensusLimits.executionLagDecisions
                guard entry.decision == decided + 1, entry.decision <= last, isWithinGate else { break }
                decided = entry.decision
                if case .leader = role {} else { hasWork = false }
                effects.append(.decided(decision: decided, value: entry.value, proof: nil))
            }
            deliveredIndex += 1
        }
        dropExecuted()
    }

    /// Lets go of lines that are decided and executed, but for some that others may lack.
    private mutating func dropExecuted() {
        guard log.entriesCount > 2 * ConsensusLimits.raftKeptEntries else { return }
        var index = log.base.index
        while index < deliveredIndex, log.lastIndex - index > UInt64(ConsensusLimits.raftKeptEntries),
            log[index + 1].map({ $0.decision <= executed }) ?? false
        {
            index += 1
        }
        if let place = log.place(at: index) { log.drop(through: place) }
    }

    // MARK: Proposals

    mutating func propose() {
        guard case .leader(let leadership) = role, leadership.successor == nil, hasWork, request == nil else { return }
        let decision = log.lastDecision + 1
        guard decision <= last, decision <= executed + ConsensusLimits.executionLagDecisions else { return }
        let after = log.entries.filter { $0.decision > decided }.map(\.value)
        let token = token(for: .value(term: term, decision: decision))
        request = token
        effects.append(.requestValue(token, decision: decision, after: after))
    }

    mutating func take(_ value: [UInt8]?, in term: UInt64, _ decision: UInt64) {
        guard case .leader = role, term == self.term, decision == log.lastDecision + 1 else { return }
        guard let value, value.count <= ConsensusLimits.valueByteCountMax else {
            hasWork = false
            return
        }
        append(decision: decision, value: value)
        replicate()
    }
}

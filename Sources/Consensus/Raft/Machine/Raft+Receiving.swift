internal import Primitives

extension Raft.Machine {
    mutating func receive(_ bytes: [UInt8], from peer: UInt32) {
        guard peer < count, peer != own, own != nil else { return }
        guard bytes.count <= ConsensusLimits.messageByteCountMax else {
            return effects.append(.refused(from: peer, .tooLong))
        }
        guard let message = try? Raft.Message(canonicalBytes: bytes), message.highestNumber <= ConsensusLimits.numberMax
        else { return effects.append(.refused(from: peer, .undecodable)) }
        heed(message, from: peer)
    }

    private mutating func heed(_ message: Raft.Message, from peer: UInt32) {
        switch message {
        case .voteRequest(let asked): heed(asked, from: peer)
        case .voteReply(let term, let isPrevote, let isGranted):
            if !isGranted, term > self.term { return follow(nil, in: term) }
            heedVote(term, isPrevote: isPrevote, isGranted: isGranted, from: peer)
        case .append(let append): heed(append, from: peer)
        case .appendReply(let term, let round, let isAccepted, let index):
            if term > self.term { return follow(nil, in: term) }
            if term == self.term { heedReply(isAccepted, index, round: round, from: peer) }
        case .behind(let term, let place):
            guard term >= self.term else { return answerOld(peer) }
            hear(of: peer, in: term)
            fallBehind(place, leader: peer)
        case .timeoutNow(let term):
            if term == self.term, case .follower = role { stand(isTransfer: true) }
        }
    }

    /// A leader of an earlier term learns that there is a later one.
    private mutating func answerOld(_ peer: UInt32) {
        send(.appendReply(term: term, round: 0, isAccepted: false, index: log.lastIndex), to: peer)
    }

    private mutating func hear(of leader: UInt32, in term: UInt64) {
        failedElections = 0
        follow(leader, in: term)
        heardOfLeader = now
    }

    // MARK: Followers

    private mutating func heed(_ append: Raft.Append, from peer: UInt32) {
        guard append.term >= term else { return answerOld(peer) }
        if case .leader = role, append.term == term {
            return effects.append(.refused(from: peer, .notItsPlace))
        }
        hear(of: peer, in: append.term)
        // What is up to the base is decided, so the leader has the same.
        let skipped = log.base.index > append.previousIndex ? log.base.index - append.previousIndex : 0
        let previous = append.previousIndex + skipped
        let entries = Array(append.entries.dropFirst(Int(min(skipped, UInt64(append.entries.count)))))
        guard skipped == 0 ? log.term(at: previous) == append.previousTerm : skipped <= append.entries.count else {
            let hint = min(append.previousIndex, log.lastIndex + 1)
            return reply(false, hint > 0 ? hint - 1 : 0, round: append.round, to: peer)
        }
        let match = previous + UInt64(entries.count)
        let new = firstConflict(entries, after: previous)
        if new < entries.count {
            if previous + UInt64(new) < log.lastIndex { truncations += 1 }
            log.truncate(after: previous + UInt64(new))
            durableIndex = min(durableIndex, previous + UInt64(new))
            for entry in entries[new...] where log.entriesCount < ConsensusLimits.raftLogEntriesMax {
                log.append(entry)
            }
        }
        let reached = min(match, log.lastIndex)
        acknowledge(entries, from: new, after: previous, upTo: reached, round: append.round, to: peer)
        committed = max(committed, min(append.committed, reached))
    }

    /// The first entry that the log has not.
    private func firstConflict(_ entries: [Raft.Entry], after previous: UInt64) -> Int {
        entries.indices.first { log[previous + 1 + UInt64($0)]?.term != entries[$0].term } ?? entries.count
    }

    /// Tells the leader, once everything up to there is durable.
    private mutating func acknowledge(
        _ entries: [Raft.Entry], from new: Int, after previous: UInt64, upTo index: UInt64, round: UInt64,
        to peer: UInt32
    ) {
        let message = Raft.Message.appendReply(term: term, round: round, isAccepted: true, index: index)
        guard index > durableIndex || recorded != (term, vote) else { return send(message, to: peer) }
        let kept = Array(entries[min(new, entries.count)...].prefix(Int(index - min(index, previous + UInt64(new)))))
        persist(
            kept, after: kept.isEmpty ? log.lastIndex : previous + UInt64(new),
            .record(index: index, truncations: truncations),
            releases: [.send(to: peer, message.canonicalBytes)])
    }

    private mutating func reply(_ isAccepted: Bool, _ index: UInt64, round: UInt64, to peer: UInt32) {
        send(.appendReply(term: term, round: round, isAccepted: isAccepted, index: index), to: peer)
    }

    // MARK: Behind

    /// The leader's log begins behind what this node has: decisions are fetched, then the log begins anew.
    private mutating func fallBehind(_ place: Raft.Place, leader: UInt32) {
        guard place.index > log.base.index, log.term(at: place.index) != place.term else {
            return reply(true, min(place.index, durableIndex), round: 0, to: leader)
        }
        let isNew = rebase.map { $0.index < place.index } ?? true
        if isNew { rebase = place }
        if decided < place.decision { effects.append(.needDecisions(from: decided + 1, upTo: place.decision)) }
        beginAnew()
    }

    mutating func catchUp(_ decision: UInt64, _ value: [UInt8]) {
        guard decision == decided + 1, let rebase, decision <= rebase.decision else { return }
        decided = decision
        effects.append(.decided(decision: decision, value: value, proof: nil))
        beginAnew()
    }

    private mutating func beginAnew() {
        guard let place = rebase, decided >= place.decision else { return }
        rebase = nil
        log.drop(through: place)
        truncations += 1
        durableIndex = log.base.index
        committed = max(committed, place.index)
        deliveredIndex = max(deliveredIndex, place.index)
        persist(log.entries, after: place.index, base: place, .record(index: log.lastIndex, truncations: truncations))
    }
}

extension Raft.Message {
    /// The highest term, index or decision that it speaks of.
    fileprivate var highestNumber: UInt64 {
        switch self {
        case .voteRequest(let request): max(request.term, request.lastIndex, request.lastTerm)
        case .append(let append):
            append.entries.reduce(
                max(append.term, append.round, max(append.previousIndex, append.previousTerm, append.committed))
            ) { max($0, $1.term, $1.decision) }
        case .appendReply(let term, let round, _, let index): max(term, round, index)
        case .behind(let term, let place): max(term, place.index, place.term, place.decision)
        case .voteReply(let term, _, _), .timeoutNow(let term): term
        }
    }
}

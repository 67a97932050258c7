internal import Ledger
internal import Primitives

// Elections (section 5.2; thesis, 4.2.3, 6.2, 9.6).
extension Raft.Machine {
    // MARK: Candidates

    /// Asks whether there would be votes: a node that was cut off does not disturb the others with a new term.
    mutating func sound() {
        guard let own else { return }
        failedElections += 1
        wait(milliseconds: drawElectionTimeout())
        role = .candidate(isPrevote: true, votes: SignerSet())
        request(in: term + 1, isPrevote: true, isTransfer: false)
        grant(from: own, isPrevote: true)
    }

    private mutating func request(in term: UInt64, isPrevote: Bool, isTransfer: Bool) {
        send(voteRequest(in: term, isPrevote: isPrevote, isTransfer: isTransfer), to: nil)
    }

    private func voteRequest(in term: UInt64, isPrevote: Bool, isTransfer: Bool) -> Raft.Message {
        .voteRequest(
            Raft.VoteRequest(
                term: term, isPrevote: isPrevote, isTransfer: isTransfer, lastIndex: log.lastIndex,
                lastTerm: log.lastTerm))
    }

    /// Begins a term: the own vote is durable before others are asked for theirs.
    mutating func stand(isTransfer: Bool) {
        guard own != nil else { return }
        term += 1
        vote = own
        role = .candidate(isPrevote: false, votes: SignerSet())
        request = nil
        wait(milliseconds: drawElectionTimeout())
        let message = voteRequest(in: term, isPrevote: false, isTransfer: isTransfer)
        persist(
            [], after: log.lastIndex, .vote(term: term),
            releases: count > 1 ? [.send(to: nil, message.canonicalBytes)] : [])
    }

    mutating func grant(from voter: UInt32, isPrevote asked: Bool) {
        guard case .candidate(let isPrevote, var votes) = role, isPrevote == asked else { return }
        votes.insert(voter)
        role = .candidate(isPrevote: isPrevote, votes: votes)
        guard rule.isQuorum(votes) else { return }
        if isPrevote { stand(isTransfer: false) } else { becomeLeader() }
    }

    // MARK: Voters

    mutating func heed(_ asked: Raft.VoteRequest, from peer: UInt32) {
        // Whoever has just heard of a leader elects no other, unless that leader wants it.
        if let heardOfLeader, !asked.isTransfer,
            now < heardOfLeader.advanced(byMilliseconds: configuration.electionTimeoutMilliseconds)
        {
            return
        }
        if case .leader = role, !asked.isTransfer, asked.isPrevote || asked.term <= term { return }
        guard asked.term > term || asked.term == term && !asked.isPrevote else {
            return send(.voteReply(term: term, isPrevote: asked.isPrevote, isGranted: false), to: peer)
        }
        guard !asked.isPrevote else {
            // A denial is of the present term: the one that was asked for may never begin.
            let isGranted = isUpToDate(asked)
            return send(
                .voteReply(term: isGranted ? asked.term : term, isPrevote: true, isGranted: isGranted), to: peer)
        }
        if asked.term > term { follow(nil, in: asked.term) }
        guard vote == nil || vote == peer, isUpToDate(asked), case .follower(nil) = role else {
            return send(.voteReply(term: term, isPrevote: false, isGranted: false), to: peer)
        }
        vote = peer
        wait(milliseconds: drawElectionTimeout())
        let reply = Raft.Message.voteReply(term: term, isPrevote: false, isGranted: true)
        persist([], after: log.lastIndex, .vote(term: 0), releases: [.send(to: peer, reply.canonicalBytes)])
    }

    /// Section 5.4.1: whose log is behind is not elected.
    private func isUpToDate(_ asked: Raft.VoteRequest) -> Bool {
        plant == .electsWithoutLogCheck
            || (asked.lastTerm, asked.lastIndex) >= (log.lastTerm, log.lastIndex)
    }

    mutating func heedVote(_ term: UInt64, isPrevote: Bool, isGranted: Bool, from peer: UInt32) {
        guard isGranted, term == (isPrevote ? self.term + 1 : self.term) else { return }
        grant(from: peer, isPrevote: isPrevote)
    }

    /// Takes part in a term that another began.
    mutating func follow(_ leader: UInt32?, in newTerm: UInt64) {
        if newTerm > term { (term, vote) = (newTerm, nil) }
        role = .follower(leader: leader)
        request = nil
        wait(milliseconds: drawElectionTimeout())
    }
}

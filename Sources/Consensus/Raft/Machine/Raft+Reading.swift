internal import Ledger
internal import Primitives

// Reading what is decided, without a line of the log (thesis, 6.4): a leader notes what is committed, and answers once a
// quorum has told it since that it still leads.
extension Raft {
    struct Reads: Sendable {
        struct Read: Sendable {
            let token: EngineToken
            let decision: UInt64
            let round: UInt64
        }

        /// Those of which nothing was noted yet, in order.
        var asked: [EngineToken] = []
        /// Those that wait for the answers to a round of messages, ascending by round.
        var noted: [Read] = []

        var count: Int { asked.count + noted.count }
    }
}

extension Raft.Machine {
    mutating func read(_ token: EngineToken) {
        guard case .leader = role, reads.count < ConsensusLimits.raftReadsMax else {
            return effects.append(.readable(token, decision: nil))
        }
        guard plant != .readsWithoutRound else {
            return effects.append(.readable(token, decision: log.place(at: committed)?.decision))
        }
        reads.asked.append(token)
    }

    /// Answers what can be answered, and begins the next round if something was asked meanwhile.
    mutating func serveReads() {
        guard reads.count > 0 else { return }
        guard case .leader(var leadership) = role, let own else { return refuseReads() }
        let confirmed = confirmedRound(leadership)
        answerReads(upTo: confirmed)
        // Only a leader that has committed a line of its own term knows what is committed.
        guard !reads.asked.isEmpty, confirmed == leadership.round, log.term(at: committed) == term,
            let decision = log.place(at: committed)?.decision
        else { return }
        leadership.round += 1
        leadership.progress[Int(own)].round = leadership.round
        role = .leader(leadership)
        reads.noted += reads.asked.map { Raft.Reads.Read(token: $0, decision: decision, round: leadership.round) }
        reads.asked = []
        for peer in 0..<UInt32(count) where peer != own { sendRound(to: peer, leadership) }
        // Of one, that is itself.
        answerReads(upTo: confirmedRound(leadership))
    }

    private mutating func answerReads(upTo round: UInt64) {
        let done = reads.noted.prefix { $0.round <= round }
        for read in done { effects.append(.readable(read.token, decision: read.decision)) }
        reads.noted.removeFirst(done.count)
    }

    /// The last round that a quorum has answered.
    private func confirmedRound(_ leadership: Raft.Leadership) -> UInt64 {
        let rounds = leadership.progress.map(\.round)
        var signers = SignerSet()
        for index in rounds.indices.sorted(by: { (rounds[$0], $1) > (rounds[$1], $0) }) {
            signers.insert(UInt32(index))
            if rule.isQuorum(signers) { return rounds[index] }
        }
        return 0
    }

    /// Nothing but that it is there: what its receiver surely has, and no line behind it.
    private mutating func sendRound(to peer: UInt32, _ leadership: Raft.Leadership) {
        let match = leadership.progress[Int(peer)].match
        guard let previous = log.term(at: match) else { return }
        send(
            .append(
                Raft.Append(
                    term: term, round: leadership.round, previousIndex: match, previousTerm: previous,
                    committed: committed, entries: [])), to: peer)
    }

    /// Whoever leads no more can't tell.
    private mutating func refuseReads() {
        for token in reads.asked + reads.noted.map(\.token) {
            effects.append(.readable(token, decision: nil))
        }
        reads = Raft.Reads()
    }
}

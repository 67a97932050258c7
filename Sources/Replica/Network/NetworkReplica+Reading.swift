internal import Consensus

// Reading what is decided: the engine names the decision, and the answer waits until that is committed here.
extension NetworkReplica {
    mutating func read(_ ticket: Ticket) {
        guard terms.orderer != nil, reads.count + asked.count < ReplicaLimits.waitingReadsMax else {
            return effects.append(.readable(ticket, decision: nil))
        }
        asked.append(ticket)
        giveEngine(.read(EngineToken(number: ticket)))
    }

    mutating func readable(_ ticket: Ticket, _ decision: UInt64?) {
        guard let index = asked.firstIndex(of: ticket) else { return }
        asked.remove(at: index)
        guard let decision, decision > committed else {
            return effects.append(.readable(ticket, decision: decision))
        }
        reads.append((ticket, decision))
    }

    mutating func answerReads() {
        let last = committed
        for read in reads where read.decision <= last {
            effects.append(.readable(read.ticket, decision: read.decision))
        }
        reads.removeAll { $0.decision <= last }
    }
}

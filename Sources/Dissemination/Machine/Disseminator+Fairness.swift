internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives

// That leaders cover what others want ordered.
extension Disseminator {
    /// Takes in a tip that somebody knows of, and as a leader takes note of it.
    mutating func take(_ certificate: BatchCertificate, from peer: UInt32) {
        let place = certificate.place
        guard place.lane.owner < UInt32(terms.count), place.position <= ConsensusLimits.numberMax else {
            return refuse(peer, .invalidValue)
        }
        guard place.position > frontier[place.lane].position else { return }
        if isKnown(place) { return note(place, to: peer) }
        guard parkedCounts[Int(peer)] < DisseminationLimits.parkedMessagesPerPeerMax else { return }
        guard let checks = terms.checks(of: certificate) else { return refuse(peer, .wrongCertificate) }
        parkedCounts[Int(peer)] += 1
        effects.append(.verify(token(for: .tip(certificate, from: peer)), checks))
    }

    mutating func checked(_ certificate: BatchCertificate, from peer: UInt32, _ mask: [Bool]) {
        parkedCounts[Int(peer)] -= 1
        guard mask.allSatisfy({ $0 }) else { return refuse(peer, .wrongSignature) }
        learn(certificate)
        note(certificate.place, to: peer)
    }

    private mutating func note(_ place: LanePlace, to peer: UInt32) {
        guard let own = terms.own, leader == own else { return }
        send(.noted(place, lastProposed: max(lastProposed, lastDecided)), to: peer)
    }

    mutating func noted(_ place: LanePlace, _ lastProposed: UInt64, by peer: UInt32) {
        // A leader may not put off what it must cover: it is no further than its last proposals.
        guard let index = lanes.firstIndex(where: { $0.identifier == place.lane }), peer == leader,
            lanes[index].tip?.place == place,
            lastProposed <= lastDecided + DisseminationLimits.notedAheadDecisionsMax
        else { return }
        if lanes[index].noted == nil {
            lanes[index].noted = Lane.Noted(
                position: place.position, lastProposed: lastProposed, newest: place.position)
        } else {
            lanes[index].noted?.newest = place.position
        }
    }

    /// Another leader was told nothing, and need not cover what the last one took note of.
    mutating func follow(_ leader: UInt32?) {
        if leader != self.leader {
            for index in lanes.indices { (lanes[index].telling, lanes[index].noted) = (nil, nil) }
        }
        self.leader = leader
        tellOfWork()
    }

    /// Tells the leader of tips that wait, and suspects it if it does not take note of them. Of what waits long it tells
    /// everybody: one node alone that has something to order can't have another leader.
    mutating func tellOfTips() {
        guard let leader else { return }
        var isSuspect = false
        for index in lanes.indices where isTipWaiting(lanes[index]) {
            guard let tip = lanes[index].tip else { continue }
            let position = tip.place.position
            guard let told = lanes[index].telling else {
                // The owner has told everyone.
                lanes[index].telling = Lane.Telling(position: position, since: now.monotonic, last: now.monotonic)
                continue
            }
            guard isDue(told.last, afterMilliseconds: DisseminationLimits.tellMilliseconds) else { continue }
            let isLate = isDue(told.since, afterMilliseconds: DisseminationLimits.suspectMilliseconds)
            lanes[index].telling = Lane.Telling(
                position: position, since: isLate ? now.monotonic : told.since, last: now.monotonic)
            let isNoted = lanes[index].noted.map { $0.newest >= position } ?? false
            if isLate {
                isSuspect = isSuspect || !isNoted && leader != terms.own
                send(.tip(tip), to: nil)
            } else if !isNoted, leader != terms.own {
                send(.tip(tip), to: leader)
            }
        }
        if isSuspect { effects.append(.suspect(leader)) }
    }

    /// Whether a proposal omits a tip that its leader took note of some decisions ago, though there was place for it.
    func isUnfair(_ cut: Cut, _ undecided: [Cut], _ decision: UInt64) -> Bool {
        lanes.contains { lane in
            guard let noted = lane.noted, !frontier[lane.identifier].isEnded,
                !cut.tips.isFull(of: lane.identifier.owner),
                decision > noted.lastProposed + DisseminationLimits.fairnessDecisionsMax
            else { return false }
            // What was named lately counts: the leader may lack batches that say how much of it was left, and at the end
            // of an epoch has a window of decisions on its way that order nothing.
            let isNamed = lane.named.map {
                $0.position >= noted.position
                    && decision <= $0.decision + DisseminationLimits.fairnessDecisionsMax
                        + ConsensusLimits.executionLagDecisions
            }
            return !(isNamed ?? false) && covered(lane.identifier, undecided + [cut]) < noted.position
        }
    }
}

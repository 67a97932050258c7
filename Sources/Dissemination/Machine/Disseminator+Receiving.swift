internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives

// Batches of others, from their arrival to their acknowledgement.
extension Disseminator {
    mutating func receive(_ bytes: [UInt8], from peer: UInt32) {
        guard peer < terms.count, peer != terms.own else { return }
        guard bytes.count <= DisseminationLimits.messageByteCountMax else { return refuse(peer, .tooLong) }
        guard let message = try? DisseminationMessage(canonicalBytes: bytes) else {
            return refuse(peer, .undecodable)
        }
        switch message {
        case .batch(let batch): take(batch, from: peer)
        case .acknowledgement(let place, let signature): acknowledge(place, signature, by: peer)
        case .tip(let certificate): take(certificate, from: peer)
        case .noted(let place, let lastProposed): noted(place, lastProposed, by: peer)
        case .fetch(let place, let above): serve(place, above: above, to: peer)
        case .fetched(let batch): takeFetched(batch, from: peer)
        }
    }

    private mutating func take(_ batch: Batch, from peer: UInt32) {
        let header = batch.header
        guard header.context == terms.context else { return }
        guard header.lane.owner == peer else { return refuse(peer, .notItsPlace) }
        guard header.position <= ConsensusLimits.numberMax, terms.fits(header), batch.isConsistent(in: terms.suite)
        else { return refuse(peer, .invalidValue) }
        let digest = header.digest(in: terms.suite)
        guard isTakable(header) else { return }
        if let lane = lane(header.lane), let known = lane.acknowledged(at: header.position) {
            return known == digest ? acknowledgeAgain(header.lane, digest, header.position) : accuse(batch, known)
        }
        check(batch, digest, from: peer)
    }

    /// Whether a batch is of an owner's newest lane, and neither ordered nor too far ahead.
    private mutating func isTakable(_ header: BatchHeader) -> Bool {
        let (owner, entry) = (Int(header.lane.owner), frontier[header.lane])
        guard header.lane.incarnation >= newest[owner], !entry.isEnded, header.position > entry.position,
            header.position - entry.position <= DisseminationLimits.unorderedBatchesPerLaneMax
        else { return false }
        guard lane(header.lane) == nil else { return true }
        return lanes.count { $0.identifier.owner == header.lane.owner } < DisseminationLimits.openLanesPerOwnerMax
    }

    private mutating func check(_ batch: Batch, _ digest: Digest, from peer: UInt32) {
        guard parkedCounts[Int(peer)] < DisseminationLimits.parkedMessagesPerPeerMax else { return }
        var checks = [terms.ownerCheck(of: batch, digest)]
        if case .certified(let certificate) = batch.link, !isKnown(certificate) {
            guard let more = terms.checks(of: certificate) else { return refuse(peer, .wrongCertificate) }
            checks += more
        }
        parkedCounts[Int(peer)] += 1
        effects.append(.verify(token(for: .batch(batch, from: peer)), checks))
    }

    mutating func checked(_ batch: Batch, from peer: UInt32, _ mask: [Bool]) {
        parkedCounts[Int(peer)] -= 1
        guard !mask.isEmpty, mask.allSatisfy({ $0 }) else { return refuse(peer, .wrongSignature) }
        guard isTakable(batch.header) else { return }
        newest[Int(peer)] = batch.header.lane.incarnation
        if case .certified(let certificate) = batch.link { learn(certificate) }
        settle(batch)
    }

    /// Holds a batch of which the signatures are known to be valid if what it builds on is here, and asks for that if it
    /// is not.
    mutating func settle(_ batch: Batch) {
        let header = batch.header
        let place = header.place(in: terms.suite)
        guard isTakable(header), lane(header.lane)?.acknowledged(at: header.position) == nil else { return }
        guard canBuild(on: batch.link, header) else { return park(batch) }
        if let missing = missingAncestor(of: header) {
            park(batch)
            if case .certified(let certificate) = batch.link {
                want(missing, above: frontier[header.lane].position, from: certificate.signatures.map(\.orderer))
            }
            return
        }
        let held = HeldBatch(batch, terms.check)
        guard held.isWhole else { return refuse(header.lane.owner, .invalidValue) }
        store(held, place, isAcknowledged: true)
        if hasOffer { effects.append(.offer) }
    }

    private mutating func park(_ batch: Batch) {
        let index = index(of: batch.header.lane)
        lanes[index].parked = batch
    }

    /// Whether the link is one that this node can take: certified, or ordered by a decision that it has.
    func canBuild(on link: BatchLink, _ header: BatchHeader) -> Bool {
        switch link {
        case .first, .certified: true
        case .decided(let decision):
            frontier[header.lane].inLine
                == LaneFrontier.InLine(position: header.position - 1, digest: header.parent, decision: decision)
        }
    }

    /// The nearest batch before one, in its lane and above what is ordered, that is not here.
    func missingAncestor(of header: BatchHeader) -> LanePlace? {
        let ordered = frontier[header.lane].position
        var (position, digest) = (header.position - 1, header.parent)
        while position > ordered {
            guard let held = batches[digest], held.header.position == position, held.header.lane == header.lane else {
                return LanePlace(lane: header.lane, position: position, digest: digest)
            }
            (position, digest) = (position - 1, held.header.parent)
        }
        return nil
    }

    // MARK: Holding

    /// Keeps a batch, and lets it become durable.
    mutating func store(_ held: HeldBatch, _ place: LanePlace, isAcknowledged: Bool) {
        let index = index(of: place.lane)
        lanes[index].insert(place.position, place.digest, isAcknowledged: isAcknowledged)
        // The link is no part of the name: what is acknowledged is the copy whose link was checked.
        if batches[place.digest] == nil {
            batches[place.digest] = held
        } else if isAcknowledged {
            batches[place.digest]?.batch = held.batch
        }
        wants.removeAll { $0.place.digest == place.digest }
        let record = BatchRecord(batch: held.batch, isAcknowledged: isAcknowledged).canonicalBytes
        effects.append(
            .persist(token(for: .record(place, isAcknowledged: isAcknowledged)), record: record))
        beginCheck(of: place)
        if terms.plant == .acknowledgesBeforeDurable { durable(place, isAcknowledged: isAcknowledged) }
    }

    /// The batch survives anything, and that it is the only one of its position: it may be acknowledged, once this node
    /// may vouch for it.
    mutating func durable(_ place: LanePlace, isAcknowledged: Bool) {
        guard isAcknowledged else { return }
        batches[place.digest]?.isDurable = true
        guard lane(place.lane)?.acknowledged(at: place.position) == place.digest else { return }
        vouchIfPossible(place)
    }

    private mutating func acknowledgeAgain(_ lane: LaneIdentifier, _ digest: Digest, _ position: UInt64) {
        vouchIfPossible(LanePlace(lane: lane, position: position, digest: digest))
    }

    mutating func acknowledge(_ place: LanePlace, _ signature: Signature) {
        guard let own = terms.own else { return }
        if place.lane.owner == own {
            acknowledge(place, signature, by: own)
        } else {
            send(.acknowledgement(place, signature), to: place.lane.owner)
        }
    }

    /// Two batches for one position: proof, if the second is the owner's, too.
    private mutating func accuse(_ batch: Batch, _ known: Digest) {
        guard let first = batches[known]?.batch else { return }
        let evidence = LaneEvidence(
            LaneEvidence.SignedHeader(header: first.header, signature: first.signature),
            LaneEvidence.SignedHeader(header: batch.header, signature: batch.signature))
        guard let checks = evidence.checks(by: terms.orderers, suite: terms.suite) else { return }
        effects.append(.verify(token(for: .evidence(evidence)), checks))
    }
}

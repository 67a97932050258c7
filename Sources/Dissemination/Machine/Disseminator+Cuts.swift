internal import Consensus
internal import Cryptography
internal import Ledger
package import Primitives

// What is proposed, and what is voted for.
extension Disseminator {
    /// A cut for this node to propose for a decision, after others that are not decided; nil if nothing waits.
    package mutating func cut(for decision: UInt64, after: [[UInt8]], at now: ClockReading) -> [UInt8]? {
        lastProposed = max(lastProposed, decision)
        let undecided = after.compactMap { try? Cut(canonicalBytes: $0) }
        var (tips, room) = ([Cut.Tip](), DisseminationLimits.inLineByteCountMax)
        var byteCount = 0
        for lane in lanes where !frontier[lane.identifier].isEnded && byteCount < DisseminationLimits.cutByteCountMax {
            guard tips.count < DisseminationLimits.cutLanesMax, !tips.isFull(of: lane.identifier.owner) else {
                continue
            }
            if terms.plant == .censors, lane.identifier.owner % 3 == 0 { continue }
            let covered = covered(lane.identifier, undecided)
            if terms.plant == .proposesGarbage, (UInt64(lane.identifier.owner) + decision) % 3 == 0 {
                tips.append(.inLine(garbage(lane.identifier, position: covered + 1)))
            } else if let tip = lane.tip, tip.place.position > covered {
                tips.append(.certified(tip))
                byteCount += Self.tipByteCount + tip.signatures.count * Self.signatureByteCount
            } else if let held = inLineCandidate(lane, above: covered, undecided), held.header.byteCount <= room {
                room -= held.header.byteCount
                tips.append(.inLine(held.batch))
            }
        }
        guard !tips.isEmpty || decision <= end else { return nil }
        return Cut(reading: now.wall, tips: tips).canonicalBytes
    }

    private static let tipByteCount = 64
    private static let signatureByteCount = 4 + Signature.byteCount

    private func garbage(_ lane: LaneIdentifier, position: UInt64) -> Batch {
        let transactions: [[UInt8]] = [[1, 2, 3]]
        let header = BatchHeader(
            context: terms.context, lane: lane, position: position, parent: .zero, transactionCount: 1, byteCount: 3,
            gas: 0, payload: Batch.payload(of: transactions, in: terms.suite))
        return Batch(
            header: header, signature: Signature(repeating: 7), link: position == 1 ? .first : .decided(1),
            transactions: transactions)
    }

    /// Whether there is what must be ordered.
    package var hasWork: Bool { lastDecided < end || lanes.contains { isTipWaiting($0) } }

    /// Whether this node's cut, as it leads, would name a batch that nobody has to order, as it is not certified.
    package var hasOffer: Bool {
        leader != nil && leader == terms.own
            && lanes.contains { inLineCandidate($0, above: covered($0.identifier, []), []) != nil }
    }

    /// Tells the engine, which asks only once.
    mutating func tellOfWork() {
        if hasWork { effects.append(.work) }
        if hasOffer { effects.append(.offer) }
    }

    func isTipWaiting(_ lane: Lane) -> Bool {
        guard let tip = lane.tip, !frontier[lane.identifier].isEnded else { return false }
        return tip.place.position > covered(lane.identifier, [])
    }

    /// Up to where a lane is ordered once all that is decided is resolved, and those cuts, too.
    func covered(_ lane: LaneIdentifier, _ undecided: [Cut]) -> UInt64 {
        var covered = frontier[lane].position
        for cut in pending.map(\.cut) + undecided {
            for tip in cut.tips where tip.lane == lane { covered = max(covered, tip.position) }
        }
        return covered
    }

    private func inLineCandidate(_ lane: Lane, above covered: UInt64, _ undecided: [Cut]) -> HeldBatch? {
        guard !undecided.contains(where: { $0.hasInLine(lane.identifier) }),
            !pending.contains(where: { $0.cut.hasInLine(lane.identifier) }),
            let place = lane.held.first(where: { $0.position == covered + 1 && $0.isAcknowledged }),
            let held = batches[place.digest], isInLineCandidate(held)
        else { return nil }
        return held
    }

    func isInLineCandidate(_ held: HeldBatch) -> Bool {
        held.header.byteCount <= DisseminationLimits.inLineByteCountMax && canBuild(on: held.batch.link, held.header)
            && held.isWhole
    }

    // MARK: Voting

    mutating func validate(
        _ token: EngineToken, _ decision: UInt64, _ value: [UInt8], after: [[UInt8]], isFresh: Bool
    ) {
        let undecided = after.compactMap { try? Cut(canonicalBytes: $0) }
        guard let cut = try? Cut(canonicalBytes: value), undecided.count == after.count,
            !isFresh || isTimely(cut.reading) && !isUnfair(cut, undecided, decision),
            let checks = checks(of: cut, undecided, decision)
        else { return effects.append(.validity(token, false)) }
        let certificates = cut.tips.compactMap { if case .certified(let certificate) = $0 { certificate } else { nil } }
        guard !checks.isEmpty else { return checked(certificates, for: token, []) }
        effects.append(.verify(self.token(for: .cut(token, certificates)), checks))
    }

    mutating func checked(_ tips: [BatchCertificate], for token: EngineToken, _ mask: [Bool]) {
        let isValid = mask.allSatisfy { $0 }
        if isValid { for tip in tips { learn(tip) } }
        effects.append(.validity(token, isValid))
    }

    private func isTimely(_ reading: Timestamp) -> Bool {
        let clock = now.wall.milliseconds
        return reading.milliseconds <= clock + DisseminationLimits.readingAheadMillisecondsMax
            && reading.milliseconds + DisseminationLimits.readingBehindMillisecondsMax >= clock
    }

    /// The signatures that a cut stands on; nil if it can't be one.
    private func checks(of cut: Cut, _ undecided: [Cut], _ decision: UInt64) -> [SignatureCheck]? {
        var checks: [SignatureCheck] = []
        for (index, tip) in cut.tips.enumerated() {
            guard !cut.tips[..<index].isFull(of: tip.lane.owner), tip.lane.owner < UInt32(terms.count),
                tip.position <= ConsensusLimits.numberMax
            else { return nil }
            switch tip {
            case .certified(let certificate):
                if isKnown(certificate) { continue }
                guard let own = terms.checks(of: certificate) else { return nil }
                checks += own
            case .inLine(let batch):
                if terms.plant == .trustsInLine { continue }
                guard let own = self.checks(ofInLine: batch, undecided, decision) else { return nil }
                checks += own
            }
        }
        return checks
    }

    /// Everything about a batch in a proposal that must be so for all to have what it builds on.
    private func checks(ofInLine batch: Batch, _ undecided: [Cut], _ decision: UInt64) -> [SignatureCheck]? {
        let header = batch.header
        guard header.context == terms.context, terms.fits(header), batch.isConsistent(in: terms.suite),
            header.byteCount <= DisseminationLimits.inLineByteCountMax,
            !undecided.contains(where: { $0.covers(header.lane, header.position) }),
            canBuild(on: batch.link, header) || follows(batch, undecided, decision),
            HeldBatch(batch, terms.check).isWhole
        else { return nil }
        var checks = [terms.ownerCheck(of: batch, header.digest(in: terms.suite))]
        if case .certified(let certificate) = batch.link, !isKnown(certificate) {
            guard let more = terms.checks(of: certificate) else { return nil }
            checks += more
        }
        return checks
    }

    /// Whether a batch builds on one that went in-line with a decision that this node does not have yet: its leader may
    /// have had it. If this one is decided, so is that.
    private func follows(_ batch: Batch, _ undecided: [Cut], _ decision: UInt64) -> Bool {
        guard case .decided(let parent) = batch.link, parent < decision, decision - parent <= UInt64(undecided.count)
        else { return false }
        return undecided[undecided.count - Int(decision - parent)].tips.contains { tip in
            guard case .inLine(let other) = tip, other.header.lane == batch.header.lane else { return false }
            return other.header.position + 1 == batch.header.position
                && other.header.digest(in: terms.suite) == batch.header.parent
        }
    }

    // MARK: Tips

    /// Whether a batch is known to be certified: it, or one behind it in the same chain.
    func isKnown(_ place: LanePlace) -> Bool { lane(place.lane)?.tip?.place == place }

    /// Whether these very signatures were checked: others under the same place may be wrong, and would be believed after
    /// a restart.
    func isKnown(_ certificate: BatchCertificate) -> Bool { lane(certificate.place.lane)?.tip == certificate }

    /// Takes over a certificate that was checked.
    mutating func learn(_ certificate: BatchCertificate) {
        let place = certificate.place
        let entry = frontier[place.lane]
        guard place.position > entry.position, !entry.isEnded else { return }
        let index = index(of: place.lane)
        guard place.position > lanes[index].tip?.place.position ?? 0 else { return }
        lanes[index].tip = certificate
        noteCheckers(of: certificate)
        reportVouching(certificate)
        effects.append(.work)
    }
}

extension Sequence<Cut.Tip> {
    /// Whether no more lanes of an owner may be among the tips of a cut.
    func isFull(of owner: UInt32) -> Bool {
        count { $0.lane.owner == owner } >= DisseminationLimits.cutLanesPerOwnerMax
    }
}

extension Cut.Tip {
    var position: UInt64 {
        switch self {
        case .certified(let certificate): certificate.place.position
        case .inLine(let batch): batch.header.position
        }
    }
}

extension Cut {
    func covers(_ lane: LaneIdentifier, _ position: UInt64) -> Bool {
        tips.contains { $0.lane == lane && $0.position >= position }
    }

    func hasInLine(_ lane: LaneIdentifier) -> Bool {
        tips.contains { if case .inLine(let batch) = $0 { batch.header.lane == lane } else { false } }
    }
}

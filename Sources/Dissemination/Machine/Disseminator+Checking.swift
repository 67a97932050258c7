internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives

// Who checks the signatures of transactions, and when.
extension Disseminator {
    /// Begins to check a batch that has come in, if this node is to.
    mutating func beginCheck(of place: LanePlace) {
        guard let held = batches[place.digest], case .unknown = held.validity else { return }
        let turn = turn(of: place)
        if terms.verification == .all || turn == 0 || isAudited(place) { return check(place.digest) }
        let delay = UInt64(turn) * DisseminationLimits.stepInMilliseconds
        stepIns.append(StepIn(place: place, due: now.monotonic.advanced(byMilliseconds: delay)))
    }

    private func turn(of place: LanePlace) -> Int {
        guard let own = terms.own, own != place.lane.owner else { return 0 }
        return terms.turn(of: own, for: place.digest, owner: place.lane.owner, isSilent: isSilent)
    }

    private func isSilent(_ orderer: UInt32) -> Bool {
        missingCounts[Int(orderer)] >= DisseminationLimits.silentCertificatesMax
    }

    /// A share of batches that nobody else can tell.
    private func isAudited(_ place: LanePlace) -> Bool {
        var generator = SeededGenerator(seed: terms.seed ^ place.digest.words[2])
        return generator.next() % DisseminationLimits.auditedShare == 0
    }

    /// Asks for a batch's signatures to be checked, unless they are.
    mutating func check(_ digest: Digest) {
        guard let held = batches[digest], case .unknown = held.validity else { return }
        let checks = held.signatureChecks(terms.check)
        batches[digest]?.validity = .checking
        effects.append(.verify(token(for: .transactions(digest)), checks))
    }

    /// Checks what is ordered, or takes it for checked where those who certified it have vouched for it.
    mutating func checkOrdered(_ digest: Digest, _ frontier: LaneFrontier) {
        guard let held = batches[digest], case .unknown = held.validity else { return }
        guard isVouched(held, frontier) else { return check(digest) }
        batches[digest]?.validity = .known(Array(repeating: true, count: held.transactions.count))
    }

    mutating func checkedTransactions(of digest: Digest, _ mask: [Bool]) {
        guard batches[digest] != nil else { return }
        let mask = terms.plant == .trustsTransactions ? Array(repeating: true, count: mask.count) : mask
        batches[digest]?.take(mask)
        if let header = batches[digest]?.header {
            let place = header.place(in: terms.suite)
            vouchIfPossible(place)
            if let tip = lane(place.lane)?.tip, tip.place == place { reportVouching(tip) }
        }
        deliver()
    }

    /// Shows who has vouched for a batch with a wrong signature, if this node has checked it.
    mutating func reportVouching(_ certificate: BatchCertificate) {
        let digest = certificate.place.digest
        guard terms.verification == .shared, let held = batches[digest], held.isWrong, !held.isReported else { return }
        batches[digest]?.isReported = true
        effects.append(
            .evidence(.vouch(VouchEvidence(batch: held.batch, acknowledgements: certificate.signatures))))
    }

    /// Acknowledges a batch that is durable. Where that vouches for its signatures, those must have been checked.
    mutating func vouchIfPossible(_ place: LanePlace) {
        guard let held = batches[place.digest], held.isDurable, terms.own != nil,
            lane(place.lane)?.acknowledged(at: place.position) == place.digest
        else { return }
        if terms.verification == .shared {
            guard case .known(let areValid) = held.validity, areValid.allSatisfy({ $0 }) else { return }
        }
        let digest = BatchCertificate.digest(of: place, in: terms.context, suite: terms.suite)
        effects.append(.sign(token(for: .acknowledgement(place)), digest))
    }

    /// Checks what others were drawn to check and have not.
    mutating func stepIn() {
        let due = stepIns.filter { now.monotonic >= $0.due }
        guard !due.isEmpty else { return }
        stepIns.removeAll { now.monotonic >= $0.due }
        for step in due where !isKnown(step.place) { check(step.place.digest) }
    }

    /// A certificate shows who of those who were drawn has checked.
    mutating func noteCheckers(of certificate: BatchCertificate) {
        stepIns.removeAll { $0.place == certificate.place }
        guard terms.verification == .shared else { return }
        let (owner, signers) = (certificate.place.lane.owner, certificate.signatures.map(\.orderer))
        for orderer in 0..<UInt32(terms.count) where orderer != owner {
            if signers.contains(orderer) {
                missingCounts[Int(orderer)] = 0
            } else if terms.turn(
                of: orderer, for: certificate.place.digest, owner: owner, isSilent: { _ in false }) == 0
            {
                missingCounts[Int(orderer)] = min(missingCounts[Int(orderer)], .max - 1) + 1
            }
        }
    }
}

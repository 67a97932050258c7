/// Answers claims in batches.
///
/// Claims whose A or R is no point or whose s is not below the group's order are refused first and go no further. The
/// others go into random linear combinations, sum z (R + k A - s B), one for each lane. Where such an equation holds all
/// its claims are valid: claims have the factor 8, so no parts of small order are left to cancel. Where it fails each of
/// its claims is checked alone, in lanes. So the answers are those of single checks, however claims are put together.
struct BatchVerification {
    let kernel: Ed25519Kernel
    let history: BatchHistory?

    init(kernel: Ed25519Kernel = .best, history: BatchHistory? = nil) {
        (self.kernel, self.history) = (kernel, history)
    }

    /// For each claim, whether it is valid.
    func answers(_ claims: [Ed25519Claim]) -> [Bool] {
        var answers = [Bool](repeating: false, count: claims.count)
        for start in stride(from: 0, to: claims.count, by: kernel.batchClaimsMax) {
            let candidates = candidates(claims[start..<min(claims.count, start + kernel.batchClaimsMax)])
            for (candidate, answer) in zip(candidates, verify(candidates)) { answers[candidate.index] = answer }
        }
        return answers
    }

    /// For each claim, whether it is valid, without a batch equation.
    func answersAlone(_ claims: [Ed25519Claim]) -> [Bool] {
        var answers = [Bool](repeating: false, count: claims.count)
        let candidates = candidates(claims[...])
        for (candidate, answer) in zip(candidates, verifyAlone(candidates)) { answers[candidate.index] = answer }
        return answers
    }

    // MARK: Candidates

    /// A claim that passed the first look: it has points, and an s below the order.
    private struct Candidate {
        let index: Int
        let claim: Ed25519Claim
        let key, commitment: Ed25519Kernel.Point
        let s: Scalar
    }

    private func candidates(_ claims: ArraySlice<Ed25519Claim>) -> [Candidate] {
        let (points, isPoint) = kernel.decode(claims.map(\.publicKey) + claims.map(\.commitment))
        let count = claims.count
        return (0..<count).compactMap { offset in
            let claim = claims[claims.startIndex + offset]
            guard isPoint[offset] & isPoint[count + offset] == 1, let s = Scalar(canonical: claim.s) else { return nil }
            return Candidate(
                index: claims.startIndex + offset, claim: claim, key: points[offset],
                commitment: points[count + offset], s: s)
        }
    }

    // MARK: Ways to the answers

    private func verify(_ candidates: [Candidate]) -> [Bool] {
        guard candidates.count >= kernel.batchClaimsMin else { return verifyAlone(candidates) }
        if let history, history.expectsFailure {
            let answers = verifyAlone(candidates)
            let spoilt = Set(candidates.indices.filter { !answers[$0] }.map { $0 % kernel.lanes })
            history.enter(failing: spoilt.count, of: kernel.lanes)
            return answers
        }
        let holds = equationsHold(candidates)
        history?.enter(failing: holds.count { !$0 }, of: kernel.lanes)
        var answers = candidates.indices.map { holds[$0 % kernel.lanes] }
        let doubtful = candidates.indices.filter { !answers[$0] }
        for (index, answer) in zip(doubtful, verifyAlone(doubtful.map { candidates[$0] })) { answers[index] = answer }
        return answers
    }

    /// Whether the equation of each lane holds; the candidate at `index` is part of the one of `index % lanes`.
    private func equationsHold(_ candidates: [Candidate]) -> [Bool] {
        let coefficients = BatchCoefficients.coefficients(of: candidates.map(\.claim))
        var bases = [WideScalar](repeating: WideScalar(), count: kernel.lanes)
        let members = candidates.indices.map { index in
            let candidate = candidates[index]
            var product = WideScalar()
            product.add(coefficients[index], times: candidate.claim.challenge)
            bases[index % kernel.lanes].add(coefficients[index], times: candidate.s)
            return Ed25519Member(
                key: candidate.key, times: Scalar(reducing: product).words, commitment: candidate.commitment,
                times: coefficients[index])
        }
        return kernel.sumsVanish(members, bases.map { -Scalar(reducing: $0) }, hasShortKeys: false)
    }

    private func verifyAlone(_ candidates: [Candidate]) -> [Bool] {
        stride(from: 0, to: candidates.count, by: kernel.lanes).flatMap { start in
            let group = candidates[start..<min(candidates.count, start + kernel.lanes)]
            return verifyLanes(group).prefix(group.count)
        }
    }

    /// Checks [8](v R + u A - v s B) for a candidate in each lane, with the short u = v k.
    private func verifyLanes(_ candidates: ArraySlice<Candidate>) -> [Bool] {
        var bases = [Scalar](repeating: .zero, count: kernel.lanes)
        var hasShortKeys = true
        let members = candidates.enumerated().map { lane, candidate in
            guard let fraction = ShortFraction(candidate.claim.challenge) else {
                // There always is one; but were there none, the answer would still be right.
                hasShortKeys = false
                bases[lane] = -candidate.s
                return Ed25519Member(
                    key: candidate.key, times: candidate.claim.challenge.words, commitment: candidate.commitment,
                    times: 1)
            }
            var product = WideScalar()
            product.add(fraction.denominator, times: candidate.s)
            let base = Scalar(reducing: product)
            bases[lane] = fraction.isNegative ? base : -base
            return Ed25519Member(
                key: candidate.key, times: fraction.numeratorWords, commitment: candidate.commitment,
                times: fraction.denominator, isNegative: fraction.isNegative)
        }
        return kernel.sumsVanish(members, bases, hasShortKeys: hasShortKeys)
    }
}

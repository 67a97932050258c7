internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives

/// Collects certifiers' signatures under results until they certify a height, or show that this node is wrong.
///
/// Of each certifier it keeps one result for each of a bounded number of heights, and checks signatures only when they
/// may be enough.
struct ResultCollector: Sendable {
    private struct Height: Sendable {
        var own: (statement: ResultStatement, digest: Digest)?
        /// By certifier, ascending: what is not checked.
        var unchecked: [(certifier: UInt32, result: OwnResult)] = []
        /// Checked: by certifier, ascending.
        var valid: [(certifier: UInt32, result: OwnResult)] = []
        /// Whose word counts no more.
        var liars: [UInt32] = []
        /// Those who gave what is being checked themselves.
        var checking: [UInt32] = []
        var isChecking = false
        /// A whole certificate that a peer gave.
        var offered: BlockCertificate?
        var certificate: BlockCertificate?

        func heard(_ certifier: UInt32) -> Bool {
            unchecked.contains { $0.certifier == certifier } || valid.contains { $0.certifier == certifier }
                || liars.contains(certifier) || checking.contains(certifier)
        }
    }

    /// What must be verified.
    struct Checks: Sendable {
        let height: UInt64
        let results: [(certifier: UInt32, result: OwnResult)]
        /// Those who gave their own result themselves: how many of the first.
        let directCount: Int
    }

    enum Verdict: Hashable, Sendable {
        case certified
        case diverged(Digest)
    }

    private let certifiers: [PublicKey]
    private let rule: QuorumRule
    private let suite: Suite
    private let plant: ReplicaPlant?
    private var heights: [UInt64: Height] = [:]
    /// By certifier, the highest of what it has signed and this node has executed with the same result.
    private var newestSigned: [SignedResult?]
    /// Everything up to here is certified.
    private(set) var certified: UInt64
    /// The highest height that this node has executed, and that so many others have that one of them is honest.
    private var known: UInt64
    private var told: UInt64 = 0

    init(epoch: EpochConfiguration, suite: Suite, certified: UInt64, plant: ReplicaPlant?) {
        certifiers = epoch.certifiers
        rule = epoch.certifierRule
        self.suite = suite
        self.certified = certified
        known = certified
        self.plant = plant
        newestSigned = Array(repeating: nil, count: epoch.certifiers.count)
    }

    func certificate(at height: UInt64) -> BlockCertificate? { heights[height]?.certificate }

    func newestResult(of certifier: UInt32) -> SignedResult? {
        Int(certifier) < newestSigned.count ? newestSigned[Int(certifier)] : nil
    }

    // MARK: Taking in

    /// What this node's execution gave.
    mutating func know(_ statement: ResultStatement) {
        known = max(known, statement.height)
        guard statement.height > certified else { return }
        heights[statement.height, default: Height()].own = (statement, statement.digest(in: suite))
    }

    /// This node's own signature, which needs no check.
    mutating func take(own result: OwnResult, certifier: UInt32) {
        insert((certifier, result), into: \.valid, at: result.height)
    }

    /// Another's, whose sender the transport has checked.
    mutating func take(_ result: OwnResult, from certifier: UInt32) {
        guard certifier < certifiers.count, isNear(result.height),
            !(heights[result.height]?.heard(certifier) ?? false), heights[result.height]?.certificate == nil
        else { return }
        insert((certifier, result), into: \.unchecked, at: result.height)
        guard result.height > told, let height = heights[result.height] else { return }
        if rule.isAvailable(SignerSet((height.unchecked + height.valid).map(\.certifier))) { told = result.height }
    }

    /// Whether others have executed what this node has not.
    var areOthersAhead: Bool { told > known }

    /// A certificate that somebody gave. One at a time is kept, until it shows to be wrong.
    mutating func take(_ certificate: BlockCertificate) {
        let height = certificate.statement.height
        guard isNear(height), heights[height]?.certificate == nil, heights[height]?.offered == nil else { return }
        heights[height, default: Height()].offered = certificate
    }

    private func isNear(_ height: UInt64) -> Bool {
        height > certified && height - certified <= ReplicaLimits.resultHeightsAheadMax
    }

    private mutating func insert(
        _ entry: (certifier: UInt32, result: OwnResult),
        into list: WritableKeyPath<Height, [(certifier: UInt32, result: OwnResult)]>, at height: UInt64
    ) {
        var known = heights[height] ?? Height()
        // Certificates that peers give may name anybody once more.
        guard height > certified,
            !known[keyPath: list].contains(where: {
                $0.certifier == entry.certifier && $0.result.digest == entry.result.digest
            })
        else { return }
        let index = known[keyPath: list].firstIndex { $0.certifier >= entry.certifier } ?? known[keyPath: list].endIndex
        known[keyPath: list].insert(entry, at: index)
        heights[height] = known
    }

    // MARK: Checking

    /// The signatures to be checked now at a height, if they may decide it.
    mutating func nextChecks(at number: UInt64) -> Checks? {
        guard var height = heights[number], let own = height.own, !height.isChecking, height.certificate == nil else {
            return nil
        }
        let offered = takeOffered(&height)
        let candidates = height.unchecked + offered
        let digests = [own.digest] + candidates.map(\.result.digest).filter { $0 != own.digest }
        for digest in digests {
            let fresh = candidates.filter { $0.result.digest == digest }
            let directCount = height.unchecked.count { $0.result.digest == digest }
            let known = height.valid.filter { $0.result.digest == digest }
            guard !fresh.isEmpty, isEnough((fresh + known).map(\.certifier), isOwn: digest == own.digest) else {
                continue
            }
            height.isChecking = true
            height.checking = fresh.prefix(directCount).map(\.certifier)
            height.unchecked.removeAll { $0.result.digest == digest }
            heights[number] = height
            return Checks(height: number, results: fresh, directCount: directCount)
        }
        heights[number] = height
        return nil
    }

    /// The signatures of a certificate that was given, but for those that are there. Who told this node something else,
    /// or signed it wrongly, counts in it all the same: others counted him.
    private func takeOffered(_ height: inout Height) -> [(certifier: UInt32, result: OwnResult)] {
        guard let offered = height.offered else { return [] }
        height.offered = nil
        let digest = offered.statement.digest(in: suite)
        return offered.signatures.compactMap { signature in
            let isThere = (height.unchecked + height.valid).contains {
                $0.certifier == signature.certifier && $0.result.digest == digest
            }
            guard signature.certifier < certifiers.count, !isThere else { return nil }
            return (
                signature.certifier,
                OwnResult(height: offered.statement.height, digest: digest, signature: signature.signature)
            )
        }
    }

    private func isEnough(_ certifiers: [UInt32], isOwn: Bool) -> Bool {
        let signers = SignerSet(certifiers)
        if plant == .certifiesTooEarly, isOwn { return rule.isAvailable(signers) }
        return isOwn ? rule.isQuorum(signers) : rule.isAvailable(signers)
    }

    func signatureChecks(_ checks: Checks) -> [SignatureCheck] {
        checks.results.map {
            SignatureCheck(
                publicKey: certifiers[Int($0.certifier)], digest: $0.result.digest, signature: $0.result.signature)
        }
    }

    /// Takes in the answers; gives what is certain now, and those who gave wrong signatures themselves.
    mutating func checked(_ checks: Checks, _ mask: [Bool]) -> Verdict? {
        guard var height = heights[checks.height], let own = height.own else { return nil }
        (height.isChecking, height.checking) = (false, [])
        heights[checks.height] = height
        for (index, entry) in checks.results.enumerated() {
            if index < mask.count && mask[index] || plant == .trustsResults {
                insert(entry, into: \.valid, at: checks.height)
                if entry.result.digest == own.digest { noteSigned(own.statement, entry) }
            } else if index < checks.directCount {
                heights[checks.height]?.liars.append(entry.certifier)
            }
        }
        return verdict(at: checks.height, own)
    }

    private mutating func noteSigned(
        _ statement: ResultStatement, _ entry: (certifier: UInt32, result: OwnResult)
    ) {
        guard statement.height > newestSigned[Int(entry.certifier)]?.statement.height ?? 0 else { return }
        newestSigned[Int(entry.certifier)] = SignedResult(statement: statement, signature: entry.result.signature)
    }

    private mutating func verdict(
        at number: UInt64, _ own: (statement: ResultStatement, digest: Digest)
    ) -> Verdict? {
        guard let height = heights[number] else { return nil }
        let agreeing = height.valid.filter { $0.result.digest == own.digest }
        if let other = divergent(height, from: own.digest) { return .diverged(other) }
        guard isEnough(agreeing.map(\.certifier), isOwn: true) else { return nil }
        heights[number]?.certificate = BlockCertificate(
            statement: own.statement, rule: rule,
            signatures: agreeing.map { CertifierSignature(certifier: $0.certifier, signature: $0.result.signature) })
        heights[number]?.unchecked = []
        return .certified
    }

    private func divergent(_ height: Height, from own: Digest) -> Digest? {
        for digest in height.valid.map(\.result.digest) where digest != own {
            let signers = height.valid.filter { $0.result.digest == digest }.map(\.certifier)
            if isEnough(signers, isOwn: false) { return digest }
        }
        return nil
    }

    /// Whether this node's signature alone, or with those that are there, is enough.
    mutating func verdict(at number: UInt64) -> Verdict? {
        guard let height = heights[number], let own = height.own, height.certificate == nil else { return nil }
        return verdict(at: number, own)
    }

    /// Everything up to a height is certified and told.
    mutating func forget(upTo height: UInt64) {
        while certified < height {
            certified += 1
            heights[certified] = nil
        }
    }
}

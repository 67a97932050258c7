internal import Cryptography
internal import Ledger
internal import Primitives

/// What does not change in an epoch.
struct OrdererTerms: Sendable {
    let context: Digest
    let suite: Suite
    let orderers: [PublicKey]
    let rule: QuorumRule
    /// Nil if the node only follows.
    let own: UInt32?
    let configuration: ViewConfiguration
    let plant: EnginePlant?

    init(_ start: EngineStart, _ configuration: ViewConfiguration, _ plant: EnginePlant?) {
        context = start.context
        suite = start.suite
        orderers = start.epoch.orderers
        rule = start.epoch.ordererRule
        own = start.own.flatMap { $0 < start.epoch.orderers.count ? $0 : nil }
        self.configuration = configuration
        self.plant = plant
    }

    var count: Int { orderers.count }

    func leader(of view: UInt64) -> UInt32 { UInt32(view % UInt64(count)) }

    func identity(of header: ConsensusHeader) -> Digest { header.identity(in: context, suite: suite) }

    /// What the parent of the first block of an epoch that begins after `decision` is called.
    func anchor(after decision: UInt64) -> Digest {
        var encoder = CanonicalEncoder(continuing: ConsensusDomain.start)
        encoder.encode(context)
        encoder.encode(decision)
        return suite.hash(encoder.bytes)
    }

    /// Whether these are enough, in ascending order.
    func isQuorum(_ signers: [UInt32]) -> Bool {
        switch plant {
        case .acceptsTooFewVotes: return rule.isQuorum(SignerSet(signers + [firstAbsent(of: signers)]))
        case .countsSignerTwice: return signers.count >= quorumCount
        case .quorumOfTwoFPlusOne: return Set(signers).count >= 2 * rule.faultCountMax + 1
        default: return rule.isQuorum(SignerSet(ascending: signers))
        }
    }

    /// For the planted bugs alone.
    private func firstAbsent(of signers: [UInt32]) -> UInt32 {
        (0..<UInt32(count)).first { !signers.contains($0) } ?? 0
    }

    private var quorumCount: Int {
        (1...count).first { rule.isQuorum(SignerSet(0..<UInt32($0))) } ?? count
    }

    /// What must be checked for a certificate to hold; nil if that does not help it.
    func checks(of certificate: VoteCertificate) -> [SignatureCheck]? {
        let signers = certificate.signatures.map(\.orderer)
        guard signers.allSatisfy({ $0 < count }), isQuorum(signers) else { return nil }
        let digest = certificate.vote.digest(in: context, suite: suite)
        return certificate.signatures.map {
            SignatureCheck(publicKey: orderers[Int($0.orderer)], digest: digest, signature: $0.signature)
        }
    }

    func check(_ vote: ConsensusVote, _ signature: Signature, by orderer: UInt32) -> SignatureCheck {
        SignatureCheck(
            publicKey: orderers[Int(orderer)], digest: vote.digest(in: context, suite: suite), signature: signature)
    }

    /// The highest view that enough orderers want at least.
    func highest(_ wishes: [UInt64], suffices: (SignerSet) -> Bool) -> UInt64 {
        var signers = SignerSet()
        for index in wishes.indices.sorted(by: { (wishes[$0], $1) > (wishes[$1], $0) }) {
            signers.insert(UInt32(index))
            if suffices(signers) { return wishes[index] }
        }
        return 0
    }
}

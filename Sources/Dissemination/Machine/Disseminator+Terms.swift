internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives

extension Disseminator {
    /// What does not change in an epoch.
    struct Terms: Sendable {
        let context: Digest
        let suite: Suite
        let orderers: [PublicKey]
        let rule: QuorumRule
        let verification: VerificationMode
        let own: UInt32?
        let check: StatelessCheck
        let seed: UInt64
        let plant: DisseminationPlant?

        init(_ start: DisseminationStart, _ plant: DisseminationPlant?) {
            context = start.context
            suite = start.terms.suite
            orderers = start.epoch.orderers
            rule = start.epoch.ordererRule
            // Where orderers only crash nobody lies, but clients may: everyone checks.
            verification = rule.model == .byzantine ? start.epoch.verification : .all
            own = start.own
            check = StatelessCheck(terms: start.terms)
            seed = start.seed
            self.plant = plant
        }

        var count: Int { orderers.count }
        /// By which acknowledgements are enough.
        var certificateRule: QuorumRule {
            plant == .acceptsTooFewAcknowledgements ? QuorumRule(model: .none, count: count) : rule
        }
        var limits: ChainLimits { check.terms.limits }

        /// What one decision takes at most.
        var decisionLimits: LaneInterleaving.Limits {
            let blocks = DisseminationLimits.decisionBlocksMax
            return LaneInterleaving.Limits(
                gas: limits.blockGasMax * blocks,
                byteCount: min(limits.blockByteCountMax * blocks, DisseminationLimits.decisionByteCountMax),
                transactionCount: UInt64(limits.blockTransactionCountMax) * blocks,
                laneByteCount: limits.blockByteCountMax * DisseminationLimits.laneBlocksMax)
        }

        /// Whether a batch is one that an owner may make by the chain's limits: one block could hold it.
        func fits(_ header: BatchHeader) -> Bool {
            header.gas <= limits.blockGasMax && header.byteCount <= limits.blockByteCountMax
                && header.transactionCount <= limits.blockTransactionCountMax
        }

        func ownerCheck(of batch: Batch, _ digest: Digest) -> SignatureCheck {
            SignatureCheck(
                publicKey: orderers[Int(batch.header.lane.owner)], digest: digest, signature: batch.signature)
        }

        /// What must be checked for a certificate to hold; nil if that does not help it.
        func checks(of certificate: BatchCertificate) -> [SignatureCheck]? {
            if plant == .trustsCertificates { return [] }
            return certificate.checks(by: orderers, rule: certificateRule, in: context, suite: suite)
        }

        /// How late an orderer checks a batch of others: 0 for those who were drawn to check it first, 1 for whoever
        /// steps in first, and so on. `isSilent` says who is passed over.
        func turn(of orderer: UInt32, for digest: Digest, owner: UInt32, isSilent: (UInt32) -> Bool) -> Int {
            let start = Int(digest.words[3] % UInt64(count))
            let others = (0..<count).map { UInt32((start + $0) % count) }.filter { $0 != owner }
            let order = others.filter { !isSilent($0) } + others.filter(isSilent)
            guard let place = order.firstIndex(of: orderer) else { return 0 }
            // The owner has checked at the door, so that of those who make a certificate one is there already.
            return max(0, place - rule.faultCountMax + 1)
        }
    }
}

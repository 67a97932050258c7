package import Consensus
package import Cryptography
package import Ledger
package import Primitives

/// What dissemination begins with.
package struct DisseminationStart: Sendable {
    package let epoch: EpochConfiguration
    /// Names chain, group and epoch: part of everything that is signed.
    package let context: Digest
    package let terms: ChainTerms
    /// This node's place among the orderers, or nil if it only follows.
    package let own: UInt32?
    /// Of this start, and higher than at any start before: durable.
    package let incarnation: UInt64
    /// The last decision whose transactions need not be given again, and up to where it ordered lanes.
    package let lastDecision: UInt64
    package let frontier: LaneFrontier
    /// What was persisted before.
    package let records: [[UInt8]]
    /// Secret, and another for each start: which batches are audited is drawn from it.
    package let seed: UInt64

    package init(
        epoch: EpochConfiguration, context: Digest, terms: ChainTerms, own: UInt32?, incarnation: UInt64,
        lastDecision: UInt64 = 0, frontier: LaneFrontier = LaneFrontier(), records: [[UInt8]] = [], seed: UInt64 = 0
    ) {
        self.epoch = epoch
        self.context = context
        self.terms = terms
        self.own = own
        self.incarnation = incarnation
        self.lastDecision = lastDecision
        self.frontier = frontier
        self.records = records
        self.seed = seed
    }

    /// The same for a node that only follows.
    package var following: DisseminationStart {
        DisseminationStart(
            epoch: epoch, context: context, terms: terms, own: nil, incarnation: incarnation,
            lastDecision: lastDecision, frontier: frontier, records: records, seed: seed)
    }
}

package enum DisseminationInput: Sendable {
    /// A message from another orderer, whose authorship the transport has checked.
    case message(from: UInt32, [UInt8])
    case timer(EngineToken)
    case persisted(EngineToken)
    case signed(EngineToken, Signature)
    case verified(EngineToken, [Bool])
    /// Whether this may be the value of a decision; answered by `validity` with the same token.
    case validate(EngineToken, decision: UInt64, value: [UInt8], after: [[UInt8]], isFresh: Bool)
    /// Batches and headers that a peer gave for a decision that it has ordered: those that its cut's lanes link by are
    /// kept. Before the decision, or after it if it waits for batches.
    case provided(value: [UInt8], [Batch], [BatchHeader])
    /// The engine has decided; in order.
    case decided(decision: UInt64, value: [UInt8])
    /// What was ordered up to this decision is in this node's own log.
    case logged(decision: UInt64)
    /// Decisions must be made up to this one, the epoch's last, be they empty.
    case reach(decision: UInt64)
    /// Who leads, as far as the engine knows.
    case leader(UInt32?)
    /// Transactions wait in the mempool.
    case work
}

package enum DisseminationEffect: Sendable {
    case persist(EngineToken, record: [UInt8])
    /// To one orderer, or to all others for nil.
    case send(to: UInt32?, [UInt8])
    case setTimer(EngineToken, afterMilliseconds: UInt64)
    case sign(EngineToken, Digest)
    case verify(EngineToken, [SignatureCheck])
    /// The engine's question is answered.
    case validity(EngineToken, Bool)
    /// Something waits to be ordered: the engine must be given `pending`.
    case work
    /// As this node leads it could have something ordered, which no other waits for: the engine must be given `offer`.
    case offer
    /// A decision's transactions, in order of decisions.
    case ordered(OrderedDecision)
    /// The engine must be told that an orderer does less than it must.
    case suspect(UInt32)
    /// Proof that an orderer broke the rules, which anyone can check.
    case evidence(DisseminationEvidence)
    case refused(from: UInt32, MessageFault)
}

/// What a decision orders.
package struct OrderedDecision: Sendable {
    package let number: UInt64
    /// The proposer's clock.
    package let reading: Timestamp
    /// What is rightly signed, in order.
    package let transactions: [SignedTransaction]
    /// How many there were of each lane's that are not rightly signed, ascending by lane.
    package let invalid: [(lane: LaneIdentifier, count: Int)]
    /// Up to where lanes are ordered from now on.
    package let frontier: LaneFrontier
    /// The batches that are ordered, but for those that this decision's cut carries itself, and the headers of those
    /// between the ordered ones and the cut's tips: with the cut, all that another node needs to order the same.
    package let batches: [Batch]
    package let headers: [BatchHeader]
}

/// A bug that a test puts into dissemination, to see that it is found. Nothing but tests names one.
package enum DisseminationPlant: String, Sendable, CaseIterable {
    /// A batch is acknowledged before it is durable.
    case acknowledgesBeforeDurable
    /// One acknowledgement makes a certificate, so that nobody who is honest need hold the batch.
    case acceptsTooFewAcknowledgements
    /// Signatures in certificates are not looked at.
    case trustsCertificates
    /// Signatures of transactions are not looked at.
    case trustsTransactions
    /// What was decided before a restart is ordered from its beginning again.
    case forgetsFrontierOnRestart
    /// What is in a batch that was asked for is not held against its name.
    case trustsFetched
    /// A lane whose owner has forked it goes on.
    case continuesForkedLane
    /// A batch in a proposal is not looked at.
    case trustsInLine
    /// Batches that were ordered, but are not in the log yet, are let go of.
    case forgetsUnlogged
    /// A leader leaves out the lanes of some: what liars do.
    case censors
    /// A leader puts batches into its proposals that their owners never made: what liars do.
    case proposesGarbage
}

internal import Consensus
internal import Contracts
internal import Cryptography
internal import Dissemination
internal import Ledger
internal import Primitives
internal import Replica

extension FuzzTarget {
    /// Every type of the wire and the disk that is coded canonically: the first byte says which.
    static let canonical = FuzzTarget("canonical", seeds: { CanonicalForm.seeds }) { bytes throws(FuzzFailure) in
        guard let first = bytes.first else { return }
        let form = CanonicalForm.all[Int(first) % CanonicalForm.all.count]
        let coding = Array(bytes.dropFirst())
        guard let again = form.recode(coding) else { return }
        try demand(again == coding, "\(form.name): what decodes is coded otherwise")
    }
}

/// One type: decodes all of some bytes and encodes what it got; nil if they are refused.
private struct CanonicalForm: Sendable {
    let name: String
    let recode: @Sendable ([UInt8]) -> [UInt8]?
    let sample: @Sendable (inout Samples) -> [UInt8]

    init(
        _ name: String, _ recode: @escaping @Sendable ([UInt8]) -> [UInt8]?,
        sample: @escaping @Sendable (inout Samples) -> [UInt8]
    ) {
        (self.name, self.recode, self.sample) = (name, recode, sample)
    }

    init<Value: CanonicalCodable & SendableMetatype>(
        _ type: Value.Type, _ sample: @escaping @Sendable (inout Samples) -> Value
    ) {
        self.init("\(type)", { try? Value(canonicalBytes: $0).canonicalBytes }) { sample(&$0).canonicalBytes }
    }

    static var seeds: [[UInt8]] {
        var samples = Samples(seed: 1)
        return all.enumerated().flatMap { index, form in
            (0..<4).map { _ in [UInt8(index)] + form.sample(&samples) }
        }
    }

    static let all: [CanonicalForm] =
        transactions + blocks + proofs + consensus + replicas + [
            CanonicalForm(PublicKey.self) { $0.key() },
            CanonicalForm(AuthenticationRecord.self) { $0.authenticationRecord() },
            CanonicalForm(AssetSymbol.self) { _ in .sample },
            CanonicalForm(AssetKind.self) {
                AssetKind(issuer: $0.fixed(), name: $0.name(5), decimals: 3, supply: $0.amount())
            },
            CanonicalForm(Holding.self) { Holding(balance: $0.amount(), isFrozen: true) },
            CanonicalForm(NamedHolding.self) {
                NamedHolding(symbol: .sample, holding: Holding(balance: $0.amount(), isFrozen: false))
            },
            CanonicalForm(TransactionLocation.self) { TransactionLocation(height: $0.number(), index: 7) },
            CanonicalForm(Proposal.self) { samples in
                Proposal(
                    reading: samples.time(),
                    transactions: samples.array(below: 3) { $0.signedTransaction().canonicalBytes }
                )
            },
            replicaRecord(1) { .decision(number: $0.number(), value: $0.bytes(20)) },
            replicaRecord(2) { .result(decision: $0.number(), certificates: [$0.certificate()]) },
            replicaRecord(3) { .logged(decision: $0.number(), height: $0.number()) },
        ] + pbft + snapshots + joining

    /// What orderers say to each other and keep.
    private static let consensus: [CanonicalForm] = [
        CanonicalForm(FBFT.Message.self) { .proposal($0.proposal()) },
        CanonicalForm(FBFT.Message.self) { .vote($0.vote(), $0.fixed()) },
        CanonicalForm(FBFT.Message.self) { .certificate($0.orderersCertificate()) },
        CanonicalForm(FBFT.Message.self) {
            .newView(
                FBFT.NewView(
                    view: $0.number(), lock: $0.orderersCertificate(), proof: $0.decisionProof(), vote: $0.vote()))
        },
        CanonicalForm(FBFT.Record.self) {
            FBFT.Record(
                view: $0.number(), vote: $0.vote(), lock: $0.orderersCertificate(), blocks: [$0.proposal().block])
        },
        CanonicalForm(Raft.Message.self) { samples in
            .append(
                Raft.Append(
                    term: samples.number(), previousIndex: 3, previousTerm: 2, committed: 1,
                    entries: (0..<2).map { _ in Raft.Entry(term: 4, decision: samples.number(), value: samples.bytes(9))
                    }))
        },
        CanonicalForm(Raft.Message.self) {
            .voteRequest(
                Raft.VoteRequest(
                    term: $0.number(), isPrevote: true, isTransfer: false, lastIndex: $0.number(), lastTerm: 3))
        },
        CanonicalForm(Raft.Record.self) {
            Raft.Record(
                term: $0.number(), vote: 2, base: Raft.Place(index: 4, term: 2, decision: 3), previous: 4,
                entries: [Raft.Entry(term: 3, decision: 4, value: $0.bytes(9))])
        },
        CanonicalForm(VoteEvidence.self) { samples in
            VoteEvidence(
                orderer: 1,
                votes: (0..<2).map { _ in SignedVote(vote: samples.vote(), signature: samples.fixed()) })
        },
    ]

    private static let pbft: [CanonicalForm] = [
        CanonicalForm(PBFT.Message.self) { .proposal(view: $0.number(), $0.proposal().block) },
        CanonicalForm(PBFT.Message.self) { .vote($0.vote(), $0.fixed()) },
        CanonicalForm(PBFT.Message.self) { .wish(view: $0.number(), decided: $0.number()) },
        CanonicalForm(PBFT.Message.self) { samples in
            .report(
                PBFT.ProvenReport(
                    signed: samples.signedReport(1), proof: samples.pbftProof(),
                    certificates: [samples.orderersCertificate()]))
        },
        CanonicalForm(PBFT.Message.self) { samples in
            .newView(
                PBFT.NewView(
                    view: samples.number(), reports: (0..<3).map { samples.signedReport($0) },
                    proof: samples.pbftProof(), certificates: [samples.orderersCertificate()]))
        },
        CanonicalForm(PBFT.Message.self) { .decided($0.pbftProof()) },
        CanonicalForm(PBFT.Message.self) { .blockRequest(decision: $0.number(), block: $0.fixed()) },
        CanonicalForm(PBFT.Message.self) { .block($0.proposal().block) },
        CanonicalForm(PBFT.Record.self) {
            PBFT.Record(
                view: $0.number(), prepare: $0.vote(), commit: $0.vote(), certificates: [$0.orderersCertificate()],
                blocks: [$0.proposal().block])
        },
    ]

    private static let snapshots: [CanonicalForm] = [
        CanonicalForm("SnapshotManifest", { try? SnapshotManifest(canonicalBytes: $0).canonicalBytes }) { samples in
            SnapshotTargets.manifests[samples.number(below: 2)].canonicalBytes
        },
        CanonicalForm(SnapshotChunk.self) { samples in
            SnapshotChunk(
                height: samples.number(), index: 3,
                pairs: [SnapshotPair(key: StateKey(contract: samples.fixed(), key: [1, 2]), value: samples.bytes(9))])
        },
    ]

    /// What those who join ask, and are told.
    private static let joining: [CanonicalForm] = [
        CanonicalForm(Invitation.self) { Invitation(epoch: $0.number(), digest: $0.fixed()) },
        CanonicalForm(HandOver.self) { HandOver(certificate: $0.certificate(), next: $0.genesis().epoch) },
        CanonicalForm(ReplicaMessage.self) { samples in
            .handOvers(
                FetchedHandOvers(
                    first: samples.number(), configuration: samples.genesis().epoch,
                    handOvers: (0..<2).map { _ in
                        HandOver(certificate: samples.certificate(), next: samples.genesis().epoch)
                    }))
        },
        CanonicalForm(ReplicaMessage.self) {
            .offer(
                SnapshotOffer(
                    loggedHeight: $0.number(),
                    snapshot: OfferedSnapshot(
                        certificate: $0.certificate(), manifest: $0.fixed(), oldest: $0.number())))
        },
        CanonicalForm(ReplicaMessage.self) { .manifest(height: $0.number(), $0.bytes(50)) },
        CanonicalForm(ReplicaMessage.self) { .fetchChunk(height: $0.number(), index: 3) },
        CanonicalForm(ReplicaMessage.self) { .chunk(height: $0.number(), index: 3, $0.bytes(50)) },
        CanonicalForm(ReplicaMessage.self) { samples in
            .tail(
                FetchedTail(
                    height: samples.number(), blocks: (0..<2).map { _ in TailBlock(samples.certifiedBlock()) }))
        },
    ]

    private static func replicaRecord(
        _ kind: UInt8, _ sample: @escaping @Sendable (inout Samples) -> ReplicaRecord
    ) -> CanonicalForm {
        CanonicalForm("ReplicaRecord", { try? ReplicaRecord(kind: kind, payload: $0).payload }) { sample(&$0).payload }
    }

    private static let transactions: [CanonicalForm] = [
        CanonicalForm(Transaction.self) { $0.transaction() },
        CanonicalForm(
            "SignedTransaction",
            { bytes in
                guard let signed = try? SignedTransaction(canonicalBytes: bytes, suite: .international) else {
                    return nil
                }
                // It keeps its coding; its parts must give the same.
                return SignedTransaction(
                    transaction: signed.transaction, signatures: signed.signatures, identity: signed.identity
                ).canonicalBytes
            }
        ) { $0.signedTransaction().canonicalBytes },
        CanonicalForm(Receipt.self) { $0.receipt() }, CanonicalForm(Event.self) { $0.event() },
        CanonicalForm(Failure.self) { $0.failure() },
    ]

    private static let blocks: [CanonicalForm] = [
        CanonicalForm(BlockHeader.self) { $0.header(transactionCount: 3) },
        CanonicalForm(
            "CommittedBlock",
            {
                // A chunk may be compressed in more than one way.
                (try? CommittedBlock(record: $0, suite: .international)) == nil ? nil : $0
            }
        ) { samples in
            let certified = samples.certifiedBlock()
            var writes = BlockWrites()
            for _ in certified.receipts { writes.endTransaction() }
            return CommittedBlock(certified: certified, writes: writes).record
        },
        CanonicalForm(BulkSubmission.self) { samples in
            BulkSubmission(request: samples.number(), transactions: [samples.bytes(20), samples.bytes(0)])
        },
        CanonicalForm(BulkReply.self) { samples in
            .answer(BulkAnswer(request: samples.number(), refused: [BulkRefusal(index: 1, code: -1, text: "no")]))
        },
        CanonicalForm(ResultStatement.self) { $0.statement() }, CanonicalForm(QuorumRule.self) { $0.rule() },
        CanonicalForm(BlockCertificate.self) { $0.certificate() },
        CanonicalForm(Genesis.self) { _ in FuzzChain.genesis },
        CanonicalForm(ChainLimits.self) { $0.limits() },
    ]

    private static let proofs: [CanonicalForm] = [
        CanonicalForm(StateProof.self) { $0.stateProof() }, CanonicalForm(InclusionProof.self) { $0.inclusionProof() },
        CanonicalForm(KeyProof.self) { $0.keyProof() }, CanonicalForm(ReceiptProof.self) { $0.receiptProof() },
        CanonicalForm(LedgerProof.self) { $0.ledgerProof() },
    ]
}

extension AssetSymbol {
    fileprivate static var sample: AssetSymbol {
        guard let symbol = AssetSymbol("GOLD-2.X") else { preconditionFailure("it is a symbol") }
        return symbol
    }
}

extension Samples {
    fileprivate mutating func vote() -> ConsensusVote {
        ConsensusVote(phase: .prepare, view: number(), decision: number(), block: fixed())
    }

    fileprivate mutating func orderersCertificate() -> VoteCertificate {
        VoteCertificate(
            vote: vote(),
            signatures: (0..<3).map { OrdererSignature(orderer: $0, signature: fixed()) })
    }

    fileprivate mutating func proposal() -> FBFT.Proposal {
        FBFT.Proposal(
            view: number(), block: ConsensusBlock(decision: number(), parent: fixed(), value: bytes(20)),
            justification: orderersCertificate())
    }

    fileprivate mutating func decisionProof() -> FBFT.Proof {
        let header = ConsensusHeader(decision: number(), parent: fixed(), valueHash: fixed())
        return FBFT.Proof(header: header, certificate: orderersCertificate(), child: header)
    }

    fileprivate mutating func pbftProof() -> PBFT.Proof {
        PBFT.Proof(header: decisionProof().header, certificate: orderersCertificate())
    }

    fileprivate mutating func signedReport(_ orderer: UInt32) -> PBFT.SignedReport {
        let claims = (0..<2).map { _ in PBFT.Claim(view: number(), header: decisionProof().header) }
        let report = PBFT.Report(view: number(), decided: number(), claims: claims)
        return PBFT.SignedReport(orderer: orderer, report: report, signature: fixed())
    }
}

// MARK: - Dissemination and replicas

extension CanonicalForm {
    /// What replicas say to each other of batches, results and decisions, and keep.
    fileprivate static let replicas: [CanonicalForm] = [
        CanonicalForm(DisseminationMessage.self) { .batch($0.batch(.first)) },
        CanonicalForm(DisseminationMessage.self) { .acknowledgement($0.lanePlace(), $0.fixed()) },
        CanonicalForm(DisseminationMessage.self) { .tip($0.batchCertificate()) },
        CanonicalForm(DisseminationMessage.self) { .noted($0.lanePlace(), lastProposed: $0.number()) },
        CanonicalForm(DisseminationMessage.self) { .fetch($0.lanePlace(), above: $0.number()) },
        CanonicalForm(DisseminationMessage.self) { .fetched($0.batch(.decided($0.number()))) },
        CanonicalForm(BatchRecord.self) {
            BatchRecord(batch: $0.batch(.certified($0.batchCertificate())), isAcknowledged: true)
        },
        CanonicalForm(Cut.self) {
            Cut(
                reading: $0.time(),
                tips: [.certified($0.batchCertificate(of: 1)), .inLine($0.batch(.first, of: 2))])
        },
        CanonicalForm(LaneFrontier.self) { _ in LaneFrontier() },
        CanonicalForm(LaneEvidence.self) { samples in
            LaneEvidence(
                LaneEvidence.SignedHeader(header: samples.batch(.first).header, signature: samples.fixed()),
                LaneEvidence.SignedHeader(header: samples.batch(.first).header, signature: samples.fixed()))
        },
        CanonicalForm(VouchEvidence.self) {
            VouchEvidence(
                batch: $0.batch(.first), acknowledgements: [OrdererSignature(orderer: 1, signature: $0.fixed())])
        },
        CanonicalForm(ReplicaMessage.self) {
            .result(OwnResult(height: $0.number(), digest: $0.fixed(), signature: $0.fixed()), isRepeated: true)
        },
        CanonicalForm(ReplicaMessage.self) { .certificate($0.certificate()) },
        CanonicalForm(ReplicaMessage.self) { .fetchDecisions(from: $0.number()) },
        CanonicalForm(ReplicaMessage.self) { .decision($0.decisionRecord()) },
        CanonicalForm(ReplicaMessage.self) { .starting($0.startAnnouncement()) },
        CanonicalForm(ReplicaMessage.self) {
            .started(
                StartAnswer(
                    nonce: $0.number(), other: $0.startAnnouncement(),
                    result: SignedResult(statement: $0.statement(), signature: $0.fixed()),
                    vote: $0.bytes(99)))
        },
        CanonicalForm(ReplicaMessage.self) { .epochEnd($0.certificate()) },
        CanonicalForm(EpochMessage.self) { EpochMessage(epoch: $0.number(), message: .fetchBlocks(from: $0.number())) },
        CanonicalForm(ReplicaMessage.self) { samples in
            .blocks(
                FetchedBlocks(
                    first: samples.number(), last: samples.number(),
                    blocks: [
                        FetchedBlock(
                            header: samples.header(transactionCount: 2), transactions: [samples.bytes(40), []],
                            certificate: samples.certificate())
                    ]))
        },
        CanonicalForm(LoggedDecision.self) {
            LoggedDecision(record: $0.decisionRecord(), frontier: LaneFrontier())
        },
    ]
}

extension Samples {
    fileprivate mutating func lanePlace(of owner: UInt32 = 2) -> LanePlace {
        LanePlace(lane: LaneIdentifier(owner: owner, incarnation: 3), position: number(), digest: fixed())
    }

    fileprivate mutating func batchCertificate(of owner: UInt32 = 2) -> BatchCertificate {
        BatchCertificate(
            place: lanePlace(of: owner),
            signatures: [
                OrdererSignature(orderer: 0, signature: fixed()), OrdererSignature(orderer: 2, signature: fixed()),
            ])
    }

    fileprivate mutating func batch(_ link: BatchLink, of owner: UInt32 = 2) -> Batch {
        let transactions = [bytes(40), bytes(3)]
        return Batch(
            header: BatchHeader(
                context: fixed(), lane: LaneIdentifier(owner: owner, incarnation: 3), position: number(),
                parent: fixed(), transactionCount: 2, byteCount: 43, gas: number(),
                payload: Batch.payload(of: transactions, in: Self.suite)),
            signature: fixed(), link: link, transactions: transactions)
    }

    fileprivate mutating func startAnnouncement() -> StartAnnouncement {
        StartAnnouncement(place: 1, incarnation: number(), nonce: number(), signature: fixed())
    }

    fileprivate mutating func decisionRecord() -> DecisionRecord {
        DecisionRecord(
            number: number() >> 20, value: bytes(30), proof: bytes(20), batches: [batch(.first)],
            headers: [batch(.first).header], certificates: [certificate()])
    }
}

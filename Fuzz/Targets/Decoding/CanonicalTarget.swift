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
struct CanonicalForm: Sendable {
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
        transactions + blocks + proofs + consensus + replicas + peers + [
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
        ] + pbft + records + snapshots + joining + members

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

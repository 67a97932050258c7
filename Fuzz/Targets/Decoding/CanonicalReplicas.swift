internal import Consensus
internal import Contracts
internal import Cryptography
internal import Dissemination
internal import Ledger
internal import Primitives
internal import Replica
internal import Storage

extension CanonicalForm {
    /// What replicas say to each other of batches, results and decisions, and keep.
    static let replicas: [CanonicalForm] = [
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

    static let snapshots: [CanonicalForm] = [
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
    static let joining: [CanonicalForm] = [
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
        CanonicalForm(ReplicaMessage.self) { _ in .fetchOffer },
        CanonicalForm(ReplicaMessage.self) { .fetchHandOvers(from: $0.number()) },
        CanonicalForm(ReplicaMessage.self) { .fetchManifest(height: $0.number()) },
        CanonicalForm(ReplicaMessage.self) { .fetchTail(from: $0.number()) },
        CanonicalForm(EpochConfiguration.self) { $0.genesis().epoch },
        CanonicalForm(PlannedEpoch.self) { PlannedEpoch(configuration: $0.genesis().epoch, decision: $0.number()) },
        CanonicalForm("JoinMark", { joinMark($0) }) { samples in
            var encoder = CanonicalEncoder()
            encoder.encode(UInt8(1))
            encoder.encode(samples.number())
            return encoder.bytes
        },
    ]

    /// What says on a disk that joining has ended, as far as it can be seen from outside.
    private static func joinMark(_ bytes: [UInt8]) -> [UInt8]? {
        let (disk, group) = (MemoryDisk(), ReplicaChain.group)
        guard (try? disk.makeFolder("joined")) != nil, (try? disk.replace("joined/\(group)", with: bytes)) != nil,
            let store = try? MemoryKeyValueStore(),
            case .whole(.logged(0, let height))? = try? JoiningDisk.standing(of: group, disk: disk, store: store)
        else { return nil }
        var encoder = CanonicalEncoder()
        encoder.encode(UInt8(1))
        encoder.encode(height)
        return encoder.bytes
    }

    /// By kind.
    static let records: [CanonicalForm] = [
        record(1) { .decision(number: $0.number(), value: $0.bytes(20)) },
        record(3) { .logged(decision: $0.number(), height: $0.number()) },
        record(4) { .proof(decision: $0.number(), bytes: $0.bytes(20)) },
        record(5) { .engine(epoch: $0.number(), $0.bytes(20)) },
        record(6) { .batch(epoch: $0.number(), $0.bytes(20)) },
        record(7) { .signed(OwnResult(height: $0.number(), digest: $0.fixed(), signature: $0.fixed())) },
        record(8) { .incarnation($0.number()) },
        record(9) { .peerStart(epoch: $0.number(), $0.startAnnouncement()) },
        record(10) { .forgotten($0.key()) },
    ]

    private static func record(
        _ kind: UInt8, _ sample: @escaping @Sendable (inout Samples) -> ReplicaRecord
    ) -> CanonicalForm {
        CanonicalForm("ReplicaRecord", { try? ReplicaRecord(kind: kind, payload: $0).payload }) { sample(&$0).payload }
    }
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

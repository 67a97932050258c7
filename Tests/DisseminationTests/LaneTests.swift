import Consensus
import Cryptography
import Dissemination
import Ledger
import Primitives
import TestSupport
import Testing

enum LaneSamples {
    static let suite = Suite.international
    static func signature(_ byte: UInt8) -> Signature {
        Signature(copying: [UInt8](repeating: byte, count: 64).span, at: 0)
    }
    static func header(
        _ owner: UInt32 = 2, position: UInt64 = 1, bytes: UInt64 = 6, gas: UInt64 = 10, count: UInt32 = 2,
        parent: Digest? = nil, transactions: [[UInt8]] = [[1, 2, 3], [4, 5, 6]]
    ) -> BatchHeader {
        BatchHeader(
            context: .zero, lane: LaneIdentifier(owner: owner, incarnation: 7), position: position,
            parent: parent ?? (position == 1 ? .zero : suite.hash([UInt8(truncatingIfNeeded: position)])),
            transactionCount: count, byteCount: bytes, gas: gas,
            payload: Batch.payload(of: transactions, in: suite))
    }
    static let batch = Batch(
        header: header(), signature: signature(1), link: .first, transactions: [[1, 2, 3], [4, 5, 6]])
    static let certificate = BatchCertificate(
        place: batch.header.place(in: suite),
        signatures: (0..<2).map { OrdererSignature(orderer: $0, signature: signature(UInt8($0))) })
    static let child = Batch(
        header: header(position: 2, parent: batch.header.digest(in: suite)), signature: signature(2),
        link: .certified(certificate), transactions: [[1, 2, 3], [4, 5, 6]])
    static let cut = Cut(
        reading: Timestamp(milliseconds: 9),
        tips: [
            .certified(certificate),
            .inLine(Batch(header: header(3), signature: signature(3), link: .first, transactions: batch.transactions)),
        ])
    /// Written out by hand: two lanes, the second ended, with a batch that went in-line.
    static let frontierBytes: [UInt8] = {
        var encoder = CanonicalEncoder()
        encoder.encode(length: 2)
        encoder.encode(LaneIdentifier(owner: 1, incarnation: 3))
        encoder.encode(UInt64(5))
        encoder.encode(suite.hash([5]))
        encoder.encode(false)
        encoder.encode(false)
        encoder.encode(UInt64(0))
        encoder.encode(LaneIdentifier(owner: 2, incarnation: 1))
        encoder.encode(UInt64(8))
        encoder.encode(suite.hash([8]))
        encoder.encode(true)
        encoder.encode(true)
        encoder.bytes += inLineBytes
        encoder.encode(UInt64(7))
        encoder.encode(length: 1)
        encoder.bytes += endedBytes
        return encoder.bytes
    }()
    static let endedBytes: [UInt8] = {
        var encoder = CanonicalEncoder()
        encoder.encode(UInt32(2))
        encoder.encode(UInt64(0))
        return encoder.bytes
    }()
    static let inLineBytes: [UInt8] = {
        var encoder = CanonicalEncoder()
        encoder.encode(UInt64(9))
        encoder.encode(suite.hash([9]))
        encoder.encode(UInt64(4))
        return encoder.bytes
    }()
    static let messages: [DisseminationMessage] = [
        .batch(child), .acknowledgement(certificate.place, signature(4)), .tip(certificate),
        .noted(certificate.place, lastProposed: 6), .fetch(certificate.place, above: 1), .fetched(batch),
    ]
    static let record = BatchRecord(batch: child, isAcknowledged: true)
    static let vouch = VouchEvidence(
        batch: child, acknowledgements: [OrdererSignature(orderer: 2, signature: signature(4))])
    static let evidence = LaneEvidence(
        LaneEvidence.SignedHeader(header: header(), signature: signature(1)),
        LaneEvidence.SignedHeader(header: header(gas: 11), signature: signature(2)))
}

@Suite struct LaneTests {
    private let suite = LaneSamples.suite

    @Test func `a batch says of itself what it is`() {
        #expect(LaneSamples.batch.isConsistent(in: suite) && LaneSamples.child.isConsistent(in: suite))
        let batch = LaneSamples.batch
        let other = [
            Batch(header: batch.header, signature: batch.signature, link: .first, transactions: [[1, 2, 3], [4, 5]]),
            Batch(
                header: batch.header, signature: batch.signature, link: .first, transactions: [[1, 2], [3, 4, 5, 6]]),
            Batch(
                header: batch.header, signature: batch.signature, link: .decided(3), transactions: batch.transactions),
            Batch(
                header: LaneSamples.header(position: 2), signature: batch.signature,
                link: .certified(LaneSamples.certificate), transactions: batch.transactions),
        ]
        for batch in other { #expect(!batch.isConsistent(in: suite)) }
    }

    @Test func `a certificate needs enough who can be asked`() {
        let keys = (0..<7).compactMap { PublicKey(scheme: .ed25519, bytes: [UInt8](repeating: $0 + 1, count: 32)) }
        let rule = QuorumRule(model: .byzantine, count: 7)
        func checks(_ signers: [UInt32]) -> Int? {
            BatchCertificate(
                place: LaneSamples.certificate.place,
                signatures: signers.map { OrdererSignature(orderer: $0, signature: LaneSamples.signature(1)) }
            ).checks(by: keys, rule: rule, in: .zero, suite: suite)?.count
        }
        #expect(checks([0, 1]) == nil && checks([0, 1, 2]) == 3 && checks([0, 1, 7]) == nil)
    }

    @Test func `two headers of one position contradict each other`() {
        #expect(LaneSamples.evidence.isContradiction)
        let same = LaneEvidence(LaneSamples.evidence.first, LaneSamples.evidence.first)
        let far = LaneEvidence(
            LaneSamples.evidence.first,
            LaneEvidence.SignedHeader(header: LaneSamples.header(3), signature: LaneSamples.signature(1)))
        #expect(!same.isContradiction && !far.isContradiction)
    }

    private func lane(_ owner: UInt32, _ sizes: [UInt64]) -> LaneInterleaving.Lane {
        LaneInterleaving.Lane(
            lane: LaneIdentifier(owner: owner, incarnation: 1),
            batches: sizes.enumerated().map {
                LaneSamples.header(owner, position: UInt64($0 + 1), bytes: $1, gas: $1, count: 1)
            })
    }

    private func order(
        _ lanes: [LaneInterleaving.Lane], draw: UInt64 = 0, bytes: UInt64 = 1000, share: UInt64 = 1000
    ) -> [[UInt64]] {
        LaneInterleaving(
            lanes, draw: draw,
            limits: LaneInterleaving.Limits(gas: 1000, byteCount: bytes, transactionCount: 1000, laneByteCount: share)
        ).ordered.map { [UInt64($0.lane.owner), $0.position] }
    }

    @Test func `lanes take turns from the drawn one on`() {
        let lanes = [lane(0, [1, 1, 1]), lane(1, [1]), lane(2, [1, 1])]
        #expect(order(lanes) == [[0, 1], [1, 1], [2, 1], [0, 2], [2, 2], [0, 3]])
        #expect(order(lanes, draw: 4) == [[1, 1], [2, 1], [0, 1], [2, 2], [0, 2], [0, 3]])
        #expect(order([]) == [])
    }

    @Test func `a lane stops at its share, and all at what the decision may take`() {
        let lanes = [lane(0, [60, 60, 60]), lane(1, [10, 10, 10, 10])]
        #expect(order(lanes, share: 100) == [[0, 1], [1, 1], [1, 2], [1, 3], [1, 4]])
        #expect(order(lanes, bytes: 135) == [[0, 1], [1, 1], [0, 2]])
        #expect(order([lane(0, [5000, 1])], share: 10) == [[0, 1]], "what is larger than everything is ordered alone")
    }

    @Test func `what is ordered is a prefix of each lane, whatever the limits`() {
        var generator = SeededGenerator(seed: 8)
        for _ in 0..<500 {
            let lanes = (0..<UInt32.random(in: 1...5, using: &generator)).map { owner in
                lane(
                    owner,
                    (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                        UInt64.random(in: 1...300, using: &generator)
                    })
            }
            let bytes = UInt64.random(in: 1...900, using: &generator)
            let found = order(
                lanes, draw: generator.next(), bytes: bytes, share: UInt64.random(in: 1...400, using: &generator))
            for lane in lanes {
                let positions = found.filter { $0[0] == UInt64(lane.lane.owner) }.map { $0[1] }
                #expect(positions == positions.indices.map { UInt64($0 + 1) })
            }
            #expect(!found.isEmpty || lanes.allSatisfy(\.batches.isEmpty), "every decision makes progress")
        }
    }
}

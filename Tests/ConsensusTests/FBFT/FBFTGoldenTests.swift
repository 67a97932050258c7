import Consensus
import Cryptography
import Primitives
import TestSupport
import Testing

/// The hashes of fixed values of everything that FBFT sends, signs or keeps. A line that has to change is a change of
/// format.
@Suite struct FBFTGoldenTests {
    private static let formats: [(name: String, hash: String, bytes: [UInt8])] = [
        (
            "OrdererSignature", "0x1751ac12e70e15b4f76c16775cd329ae55973b612521dab2de828a5cdb6c8ab3",
            FBFTSamples.signatures(1)[0].canonicalBytes
        ),
        (
            "ConsensusBlock", "0xee2dcaa1671402d92315f648d1c6813f03c8218640f48c2f92126be80a2d70f8",
            FBFTSamples.block.canonicalBytes
        ),
        (
            "ConsensusHeader", "0xcfff9f9669bf8295151ab17421b59a1f09a895e5e536458795c90a05696f2327",
            FBFTSamples.header.canonicalBytes
        ),
        (
            "VotePhase", "0xb413f47d13ee2fe6c845b2ee141af81de858df4ec549a58b7970bb96645bc8d2",
            VotePhase.allCases.flatMap(\.canonicalBytes)
        ),
        (
            "ConsensusVote", "0x424d70d2b214485c29bda0b55f41fb97995d745f01063516cc2e22ac44fab002",
            FBFTSamples.vote(.commit).canonicalBytes
        ),
        (
            "SignedVote", "0x33407257a0d505e4f8f72d24a33c4591f1f77a65ce22134281adefba9b1a5ff7",
            FBFTSamples.signedVote.canonicalBytes
        ),
        (
            "VoteCertificate", "0xf5d0856e5d4c787ece4f508960533bc1b48ea1d14c1254c76cde36924af42e02",
            FBFTSamples.certificate(.prepare).canonicalBytes
        ),
        (
            "FBFT.Proof", "0x31a451bf67dda663cfd387adf9708f7b41586d87b007e3dd18c819b452c7c5b3",
            FBFTSamples.proof.canonicalBytes
        ),
        (
            "FBFT.Proposal", "0xfd0d0e5b5c3077aef888bb08cbfcd75941016784e054b7f1c0ee0d84df225c57",
            FBFTSamples.proposal.canonicalBytes
        ),
        (
            "FBFT.NewView", "0x6a520e6612b7d4eb7f12f296d5fb9a2227b6c19aba6015ba6f9df4fb2e628514",
            FBFTSamples.newView.canonicalBytes
        ),
        (
            "FBFT.Message", "0xc324fe80cd4a4f344b0c6603bf86013036aac955654291789effade984f756c0",
            FBFTSamples.messages.flatMap(\.canonicalBytes)
        ),
        (
            "FBFT.Record", "0xe58369e31c50aeaf692d0e45ccc9e69f21ed39bc0f5cdaf8ef0f7fa2a7b0e574",
            FBFTSamples.record.canonicalBytes
        ),
        (
            "VoteEvidence", "0xc2c530de54c7b05e0c3bdcad0f97c0b894dc0adb5999180c1af340d7413f982d",
            FBFTSamples.evidence.canonicalBytes
        ),
        // What is hashed and signed.
        (
            "identity", "0xd60e1aa5f4a0c23b9c9d0d9be0bbd3a0d17e16a3cb1398a2656c6ef02d31a2eb",
            FBFTSamples.header.identity(in: .zero, suite: .international).bytes
        ),
        (
            "national identity", "0x0997bdbeaff3a8c69e4b869bf95db40a7e0ae2e9a05e7fa016519516132a472e",
            FBFTSamples.header.identity(in: .zero, suite: .national).bytes
        ),
        (
            "vote digest", "0x26616c249003fa7a0fa0465a9939fb2b56b1cdd85c3fb4e2653f1d1bb07f3a45",
            FBFTSamples.vote(.prepare).digest(in: .zero, suite: .international).bytes
        ),
    ]

    @Test func `formats stay`() {
        for (name, hash, bytes) in Self.formats {
            let found = Suite.international.hash(bytes).bytes.hexadecimal
            #expect(found == hash, "\(name)")
        }
    }

    @Test func `every message comes back as it went`() throws {
        for message in FBFTSamples.messages {
            #expect(try FBFT.Message(canonicalBytes: message.canonicalBytes) == message)
        }
        #expect(try FBFT.Record(canonicalBytes: FBFTSamples.record.canonicalBytes) == FBFTSamples.record)
        #expect(try VoteEvidence(canonicalBytes: FBFTSamples.evidence.canonicalBytes) == FBFTSamples.evidence)
    }

    @Test func `no bytes trap the decoders, and what decodes is coded the same`() {
        var generator = SeededGenerator(seed: 3)
        let samples = FBFTSamples.messages.map(\.canonicalBytes) + [FBFTSamples.record.canonicalBytes]
        for _ in 0..<20_000 {
            let bytes = generator.mutated(samples)
            if let message = try? FBFT.Message(canonicalBytes: bytes) { #expect(message.canonicalBytes == bytes) }
            if let record = try? FBFT.Record(canonicalBytes: bytes) { #expect(record.canonicalBytes == bytes) }
        }
    }
}

enum FBFTSamples {
    static func digest(_ byte: UInt8) -> Digest {
        Digest(copying: [UInt8](repeating: byte, count: 32).span, at: 0)
    }
    static func signature(_ byte: UInt8) -> Signature {
        Signature(copying: [UInt8](repeating: byte, count: 64).span, at: 0)
    }

    static let block = ConsensusBlock(decision: 7, parent: digest(1), value: [1, 2, 3])
    static let header = block.header(in: .international)
    static func vote(_ phase: VotePhase) -> ConsensusVote {
        ConsensusVote(phase: phase, view: 3, decision: 7, block: header.identity(in: .zero, suite: .international))
    }
    static func signatures(_ count: UInt8) -> [OrdererSignature] {
        (0..<count).map { OrdererSignature(orderer: UInt32($0), signature: signature($0)) }
    }
    static func certificate(_ phase: VotePhase) -> VoteCertificate {
        VoteCertificate(vote: vote(phase), signatures: signatures(3))
    }
    static let signedVote = SignedVote(vote: vote(.prepare), signature: signature(9))
    static let child = ConsensusHeader(
        decision: 8, parent: header.identity(in: .zero, suite: .international), valueHash: digest(5))
    static let proof = FBFT.Proof(
        header: header,
        certificate: VoteCertificate(
            vote: ConsensusVote(
                phase: .prepare, view: 3, decision: 8, block: child.identity(in: .zero, suite: .international)),
            signatures: signatures(3)),
        child: child)
    static let proposal = FBFT.Proposal(view: 3, block: block, justification: certificate(.commit))
    static let newView = FBFT.NewView(view: 4, lock: certificate(.prepare), proof: proof, vote: vote(.prepare))
    static let messages: [FBFT.Message] = [
        .proposal(proposal), .vote(vote(.prepare), signature(4)), .certificate(certificate(.commit)),
        .wish(view: 5, decided: 6), .newView(newView), .decided(proof), .blockRequest(decision: 7, block: digest(2)),
        .block(block),
    ]
    static let record = FBFT.Record(
        view: 3, vote: vote(.prepare), lock: certificate(.prepare), blocks: [block])
    static let evidence = VoteEvidence(
        orderer: 2,
        votes: [
            signedVote,
            SignedVote(
                vote: ConsensusVote(phase: .prepare, view: 3, decision: 7, block: digest(8)), signature: signature(7)),
        ])
}

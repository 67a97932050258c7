import Consensus
import Cryptography
import Primitives
import TestSupport
import Testing

/// The hashes of fixed values of everything that FBFT sends, signs or keeps. A line that has to change is a change of
/// format.
@Suite struct FBFTGoldenTests {
    private static let formats: [(name: String, hash: String, bytes: [UInt8])] = [
        ("OrdererSignature", "", FBFTSamples.signatures(1)[0].canonicalBytes),
        ("FBFT.Block", "", FBFTSamples.block.canonicalBytes),
        ("FBFT.Header", "", FBFTSamples.header.canonicalBytes),
        ("FBFT.Phase", "", FBFT.Phase.allCases.flatMap(\.canonicalBytes)),
        ("FBFT.Vote", "", FBFTSamples.vote(.commit).canonicalBytes),
        ("FBFT.SignedVote", "", FBFTSamples.signedVote.canonicalBytes),
        ("FBFT.Certificate", "", FBFTSamples.certificate(.prepare).canonicalBytes),
        ("FBFT.Proof", "", FBFTSamples.proof.canonicalBytes),
        ("FBFT.Proposal", "", FBFTSamples.proposal.canonicalBytes),
        ("FBFT.NewView", "", FBFTSamples.newView.canonicalBytes),
        ("FBFT.Message", "", FBFTSamples.messages.flatMap(\.canonicalBytes)),
        ("FBFT.Record", "", FBFTSamples.record.canonicalBytes),
        ("FBFT.Evidence", "", FBFTSamples.evidence.canonicalBytes),
        // What is hashed and signed.
        ("identity", "", FBFTSamples.header.identity(in: .zero, suite: .international).bytes),
        ("national identity", "", FBFTSamples.header.identity(in: .zero, suite: .national).bytes),
        ("vote digest", "", FBFTSamples.vote(.prepare).digest(in: .zero, suite: .international).bytes),
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
        #expect(try FBFT.Evidence(canonicalBytes: FBFTSamples.evidence.canonicalBytes) == FBFTSamples.evidence)
    }

    @Test func `no bytes trap the decoders, and what decodes is coded the same`() {
        var generator = SeededGenerator(seed: 3)
        let samples = FBFTSamples.messages.map(\.canonicalBytes) + [FBFTSamples.record.canonicalBytes]
        for _ in 0..<20_000 {
            var bytes = samples[Int.random(in: 0..<samples.count, using: &generator)]
            for _ in 0...Int.random(in: 0...3, using: &generator) {
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes.removeLast(Int.random(in: 0...min(8, bytes.count), using: &generator))
                case 1: bytes += generator.bytes(3)
                default:
                    guard !bytes.isEmpty else { continue }
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
                        in: 0...255, using: &generator)
                }
            }
            if let message = try? FBFT.Message(canonicalBytes: bytes) { #expect(message.canonicalBytes == bytes) }
            if let record = try? FBFT.Record(canonicalBytes: bytes) { #expect(record.canonicalBytes == bytes) }
        }
    }
}

enum FBFTSamples {
    private static func digest(_ byte: UInt8) -> Digest {
        Digest(copying: [UInt8](repeating: byte, count: 32).span, at: 0)
    }
    private static func signature(_ byte: UInt8) -> Signature {
        Signature(copying: [UInt8](repeating: byte, count: 64).span, at: 0)
    }

    static let block = FBFT.Block(decision: 7, parent: digest(1), value: [1, 2, 3])
    static let header = block.header(in: .international)
    static func vote(_ phase: FBFT.Phase) -> FBFT.Vote {
        FBFT.Vote(phase: phase, view: 3, decision: 7, block: header.identity(in: .zero, suite: .international))
    }
    static func signatures(_ count: UInt8) -> [OrdererSignature] {
        (0..<count).map { OrdererSignature(orderer: UInt32($0), signature: signature($0)) }
    }
    static func certificate(_ phase: FBFT.Phase) -> FBFT.Certificate {
        FBFT.Certificate(vote: vote(phase), signatures: signatures(3))
    }
    static let signedVote = FBFT.SignedVote(vote: vote(.prepare), signature: signature(9))
    static let child = FBFT.Header(
        decision: 8, parent: header.identity(in: .zero, suite: .international), valueHash: digest(5))
    static let proof = FBFT.Proof(
        header: header,
        certificate: FBFT.Certificate(
            vote: FBFT.Vote(
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
    static let evidence = FBFT.Evidence(
        orderer: 2,
        votes: [
            signedVote,
            FBFT.SignedVote(
                vote: FBFT.Vote(phase: .prepare, view: 3, decision: 7, block: digest(8)), signature: signature(7)),
        ])
}

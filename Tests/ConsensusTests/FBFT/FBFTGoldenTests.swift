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
            "FBFT.Block", "0xee2dcaa1671402d92315f648d1c6813f03c8218640f48c2f92126be80a2d70f8",
            FBFTSamples.block.canonicalBytes
        ),
        (
            "FBFT.Header", "0xcfff9f9669bf8295151ab17421b59a1f09a895e5e536458795c90a05696f2327",
            FBFTSamples.header.canonicalBytes
        ),
        (
            "FBFT.Phase", "0xb413f47d13ee2fe6c845b2ee141af81de858df4ec549a58b7970bb96645bc8d2",
            FBFT.Phase.allCases.flatMap(\.canonicalBytes)
        ),
        (
            "FBFT.Vote", "0xd814976862e8995e9ecfae3e4212b13a980e7b6faa0876c5f0f023c133c29eb6",
            FBFTSamples.vote(.commit).canonicalBytes
        ),
        (
            "FBFT.SignedVote", "0x1c851f9ed11dff760de8967e12296d43e498938612ce945a8f2cf5e52452934a",
            FBFTSamples.signedVote.canonicalBytes
        ),
        (
            "FBFT.Certificate", "0x1fc0e627bcc74a733a31ecc97a55706803b31ff927edcb8667be36370d6453ff",
            FBFTSamples.certificate(.prepare).canonicalBytes
        ),
        (
            "FBFT.Proof", "0x1a1d9b54fa142faba446b8b3500bb3fbb869562835f51227ea78490c75c3a376",
            FBFTSamples.proof.canonicalBytes
        ),
        (
            "FBFT.Proposal", "0xb35bad71a73cd61cd649e2742ba1171876e5915af05848c412dc78a22b42b5be",
            FBFTSamples.proposal.canonicalBytes
        ),
        (
            "FBFT.NewView", "0xe6115263b6dcf892ae6a9b4c098ab42364fca2e5b9b364453db2d88a956f75f5",
            FBFTSamples.newView.canonicalBytes
        ),
        (
            "FBFT.Message", "0x490f654e83b325e6074993e14ae8a6f9f7d368acbc73e831db67437ab1a67d6c",
            FBFTSamples.messages.flatMap(\.canonicalBytes)
        ),
        (
            "FBFT.Record", "0x0585cfb4bb6ce13227a8c0e038000d6045fa55dac576f74ad5dc68e158704c03",
            FBFTSamples.record.canonicalBytes
        ),
        (
            "FBFT.Evidence", "0xedceec288a4558fbb171921df185e21b10988311aa7a7203f8eb9455a483fb68",
            FBFTSamples.evidence.canonicalBytes
        ),
        // What is hashed and signed.
        (
            "identity", "0xb89acf057a4950b9a08a24b954112520e97b255aebe6cc449370a0018a06d4ae",
            FBFTSamples.header.identity(in: .zero, suite: .international).bytes
        ),
        (
            "national identity", "0x0b56ff1530b73af83e741b30c6406712fb7f3df9b78634d953dd06ed08f85f43",
            FBFTSamples.header.identity(in: .zero, suite: .national).bytes
        ),
        (
            "vote digest", "0xe3e9d7b016d785361a88f0b9478d2dde8ffca8013a6957d748580d2698632919",
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

import Consensus
import Cryptography
import Primitives
import TestSupport
import Testing

/// The hashes of fixed values of everything that PBFT alone sends, signs or keeps; what it shares with FBFT stands there.
/// A line that has to change is a change of format.
@Suite struct PBFTGoldenTests {
    private static let formats: [(name: String, hash: String, bytes: [UInt8])] = [
        (
            "PBFT.Proof", "0xf8e68cfe58fb1dd03aa7d88652781eda510dffa1769450458b2eeb60a6571d21",
            PBFTSamples.proof.canonicalBytes
        ),
        (
            "PBFT.Claim", "0x9f8247a5c99371c247733b273aa81246d22ca01d66ec0ff9ddea81fc80d7e646",
            PBFTSamples.claim.canonicalBytes
        ),
        (
            "PBFT.Report", "0x6eeebc9dd50122dcff6ee23ca4cdb89b4c54cccef1dee677134e0a25629dc8f1",
            PBFTSamples.report.canonicalBytes
        ),
        (
            "PBFT.SignedReport", "0xedfb5286c8e6630e1c44b0684e3e4c71695c95a504f65d19b061b357231d718f",
            PBFTSamples.signedReport(2).canonicalBytes
        ),
        (
            "PBFT.ProvenReport", "0x67a1828852d3ae5d8b00799b6d2fe36c01013554f2d1ddf6169c3a9146792b79",
            PBFTSamples.provenReport.canonicalBytes
        ),
        (
            "PBFT.NewView", "0x0e75c22adf909aed991fc6a52cd936fa66c533263754bd16ae74447059f00302",
            PBFTSamples.newView.canonicalBytes
        ),
        (
            "PBFT.Message", "0xbdaa5ed96d5ed908e75a105b7baf07f3daf16244c1ae7126e1fcbc234fc713c1",
            PBFTSamples.messages.flatMap(\.canonicalBytes)
        ),
        (
            "PBFT.Record", "0xf21a2d9ae28a66b8d6ef3da1815d34dff5511115b5df57d9fae5922962520b8d",
            PBFTSamples.records.flatMap(\.canonicalBytes)
        ),
        (
            "PBFT.HeldVotes", "0x67cdd96a954f1af1558f77bc8cb10796dbec00219fd8261f2059c542183b0bba",
            PBFTSamples.heldVotes.canonicalBytes
        ),
        // What is hashed and signed.
        (
            "report digest", "0x6e97837f202c0f05840651cd375f8a08d80c7f61126147ead4137c79e4ccd4e3",
            PBFTSamples.report.digest(in: .zero, suite: .international).bytes
        ),
        (
            "national report digest", "0x03b211a8ce40270730937c5d3728c30b2f2ee7da1c14ffa25012f5cd1343d8bb",
            PBFTSamples.report.digest(in: .zero, suite: .national).bytes
        ),
    ]

    @Test func `formats stay`() {
        for (name, hash, bytes) in Self.formats {
            let found = Suite.international.hash(bytes).bytes.hexadecimal
            #expect(found == hash, "\(name)")
        }
    }

    @Test func `everything comes back as it went`() throws {
        for message in PBFTSamples.messages {
            #expect(try PBFT.Message(canonicalBytes: message.canonicalBytes) == message)
        }
        for record in PBFTSamples.records {
            #expect(try PBFT.Record(canonicalBytes: record.canonicalBytes) == record)
        }
    }

    @Test func `the signature of a report is for its context`() {
        let other = PBFTSamples.report.digest(in: FBFTSamples.digest(1), suite: .international)
        #expect(other != PBFTSamples.report.digest(in: .zero, suite: .international))
    }

    @Test func `a new view names each orderer once, in their order`() {
        for orderers: [UInt32] in [[1, 1], [2, 1]] {
            let newView = PBFT.NewView(
                view: 4, reports: orderers.map(PBFTSamples.signedReport), proof: nil, certificates: [])
            #expect(throws: CodingError.self) { try PBFT.NewView(canonicalBytes: newView.canonicalBytes) }
        }
    }

    @Test func `no bytes trap the decoders, and what decodes is coded the same`() {
        var generator = SeededGenerator(seed: 5)
        let samples = (PBFTSamples.messages.map(\.canonicalBytes)) + PBFTSamples.records.map(\.canonicalBytes)
        for _ in 0..<20_000 {
            let bytes = generator.mutated(samples)
            if let message = try? PBFT.Message(canonicalBytes: bytes) { #expect(message.canonicalBytes == bytes) }
            if let record = try? PBFT.Record(canonicalBytes: bytes) { #expect(record.canonicalBytes == bytes) }
        }
    }
}

enum PBFTSamples {
    static let proof = PBFT.Proof(header: FBFTSamples.header, certificate: FBFTSamples.certificate(.commit))
    static let claim = PBFT.Claim(view: 3, header: FBFTSamples.child)
    static let report = PBFT.Report(view: 4, decided: 7, claims: [claim])
    static func signedReport(_ orderer: UInt32) -> PBFT.SignedReport {
        PBFT.SignedReport(orderer: orderer, report: report, signature: FBFTSamples.signature(UInt8(orderer)))
    }
    static let provenReport = PBFT.ProvenReport(
        signed: signedReport(2), proof: proof, certificates: [FBFTSamples.certificate(.prepare)])
    static let heldVotes = PBFT.HeldVotes(votes: [FBFTSamples.signedVote, FBFTSamples.signedVote])
    static let newView = PBFT.NewView(
        view: 4, reports: [0, 1, 3].map(signedReport), proof: proof, certificates: [FBFTSamples.certificate(.prepare)])
    static let messages: [PBFT.Message] = [
        .proposal(view: 3, FBFTSamples.block), .vote(FBFTSamples.vote(.commit), FBFTSamples.signature(4)),
        .wish(view: 5, decided: 6), .report(provenReport), .newView(newView), .decided(proof),
        .blockRequest(decision: 7, block: FBFTSamples.digest(2)), .block(FBFTSamples.block),
    ]
    static let records = [
        PBFT.Record(
            view: 3, prepare: FBFTSamples.vote(.prepare), commit: FBFTSamples.vote(.commit),
            certificates: [FBFTSamples.certificate(.prepare)], blocks: [FBFTSamples.block]),
        PBFT.Record(view: 4),
    ]
}

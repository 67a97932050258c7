import Cryptography
import Dissemination
import Ledger
import Primitives
import TestSupport
import Testing

/// The hashes of fixed values of everything that is sent, signed or kept. A line that has to change is a change of format.
@Suite struct DisseminationGoldenTests {
    private static let formats: [(name: String, hash: String, bytes: [UInt8])] = [
        (
            "LaneIdentifier", "0x3253ec5dbf423f31afe2588d0352fd03f31653fb95383c45cf59677f5986dfa9",
            LaneSamples.batch.header.lane.canonicalBytes
        ),
        (
            "LanePlace", "0x439050ee55d88768a2d8011156ea2ff884011af9038fc1eb7005bbbafac9e841",
            LaneSamples.certificate.place.canonicalBytes
        ),
        (
            "BatchHeader", "0x7366e4bf251e7ebf3acaec603bcc51a88da3ddc2de8e78701e6680b9a44ac1ae",
            LaneSamples.batch.header.canonicalBytes
        ),
        (
            "BatchLink", "0x9a5e1506d5d32451d8d72db0d995870b7a5e34c367241526413d3d1cacffa525",
            LaneSamples.child.link.canonicalBytes + BatchLink.decided(4).canonicalBytes
        ),
        (
            "Batch", "0x7733d909ecd69ff8ce0238c8138e7ee22f53ee41ed9a59e7262ace392d0c30bb",
            LaneSamples.child.canonicalBytes
        ),
        (
            "BatchCertificate", "0x4bdbc41471a342845980254305813ead87d7b294f91b5c72edf2fc038064e5b6",
            LaneSamples.certificate.canonicalBytes
        ),
        ("Cut", "0xa6a1b26ec062fa7ab6e72cb4da40b558b3e4f4217751a1cbdd07948338072418", LaneSamples.cut.canonicalBytes),
        (
            "Tip", "0x1d0da60c4fcd742bc1284d275de2a0ac1bfd7fe68a5eb49bcda0c4355abde13f",
            LaneSamples.cut.tips.flatMap(\.canonicalBytes)
        ),
        (
            "LaneEvidence", "0x15ba3b5f109940205d986b9dfb19568834d1c37b97a6f7d5bce2ceb5385791a1",
            LaneSamples.evidence.canonicalBytes
        ),
        (
            "VouchEvidence", "0x00ba8607b1eb9ed475461af7f84f68353ddb8c73638929912aa23a52fae80a4e",
            LaneSamples.vouch.canonicalBytes
        ),
        (
            "SignedHeader", "0x4d60b03e53314f7f0911bf0daebeab3563f39c757c52c657b97476626c3edc83",
            LaneSamples.evidence.first.canonicalBytes
        ),
        (
            "LaneFrontier", "0xdbffaace824aa3d69a90f52f1ea3c784e806f196c3c7d56177b23204cc68b415",
            LaneSamples.frontierBytes
        ),
        (
            "LaneFrontier.Entry", "0xb1718ad9402a5f73694f678d0d6d475e43b60c57dce42b236a85822288c3ca61",
            LaneSamples.frontierBytes.dropLast(1 + 12).suffix(62 + 48)
        ),
        (
            "LaneFrontier.Ended", "0xb76875c50ef704dbbf7f02c982445971d1bbd61aebe2e4b28ddc58a1d66317d5",
            LaneSamples.endedBytes
        ),
        (
            "LaneFrontier.InLine", "0xdb8b5639f57c134340649b1a6d3a105a42ba74b215c47d78bacf55a4a8da2d11",
            LaneSamples.inLineBytes
        ),
        (
            "DisseminationMessage", "0xe310d6ffc2e5a6f1be1cf0277428196e40a6430496ceae65a18b3ff04d008b9c",
            LaneSamples.messages.flatMap(\.canonicalBytes)
        ),
        (
            "BatchRecord", "0x97c55d159b9bca4ee9073f9fb19dd22c4fa39ca718d7d90c24c3f50ed7dc6cdf",
            LaneSamples.record.canonicalBytes
        ),
        // What is hashed and signed.
        (
            "header", "0x30f34e5686f63deabf3f76f72202b5ea16a15e2c1244c03bafd462bd027290e5",
            LaneSamples.batch.header.digest(in: .international).bytes
        ),
        (
            "acknowledgement", "0x6bd3b1d006f5122afac51d32cd9986fd637eb13b0e26081f8b802dd3f864f8d4",
            BatchCertificate.digest(of: LaneSamples.certificate.place, in: .zero, suite: .national).bytes
        ),
    ]

    @Test func `formats stay`() {
        for (name, hash, bytes) in Self.formats {
            #expect(Suite.international.hash(bytes).bytes.hexadecimal == hash, "\(name)")
        }
    }

    @Test func `everything comes back as it went, and no bytes trap the decoders`() throws {
        #expect(try Batch(canonicalBytes: LaneSamples.child.canonicalBytes) == LaneSamples.child)
        #expect(try Cut(canonicalBytes: LaneSamples.cut.canonicalBytes) == LaneSamples.cut)
        #expect(try LaneEvidence(canonicalBytes: LaneSamples.evidence.canonicalBytes) == LaneSamples.evidence)
        #expect(try BatchRecord(canonicalBytes: LaneSamples.record.canonicalBytes) == LaneSamples.record)
        for message in LaneSamples.messages {
            #expect(try DisseminationMessage(canonicalBytes: message.canonicalBytes) == message)
        }
        let frontier = try LaneFrontier(canonicalBytes: LaneSamples.frontierBytes)
        #expect(frontier.canonicalBytes == LaneSamples.frontierBytes && frontier.entries.count == 2)
        #expect(frontier.ended.map(\.canonicalBytes) == [LaneSamples.endedBytes])
        #expect(frontier[LaneIdentifier(owner: 2, incarnation: 1)].inLine?.canonicalBytes == LaneSamples.inLineBytes)
        #expect(frontier[LaneIdentifier(owner: 2, incarnation: 2)].position == 0)
        var generator = SeededGenerator(seed: 6)
        let samples =
            [LaneSamples.child, LaneSamples.batch].map(\.canonicalBytes) + [LaneSamples.cut.canonicalBytes]
            + LaneSamples.messages.map(\.canonicalBytes)
            + [LaneSamples.frontierBytes, LaneSamples.record.canonicalBytes]
        for _ in 0..<20_000 {
            var bytes = samples[Int.random(in: 0..<samples.count, using: &generator)]
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            bytes.removeLast(Int.random(in: 0...2, using: &generator))
            if let batch = try? Batch(canonicalBytes: bytes) { #expect(batch.canonicalBytes == bytes) }
            if let cut = try? Cut(canonicalBytes: bytes) { #expect(cut.canonicalBytes == bytes) }
            if let message = try? DisseminationMessage(canonicalBytes: bytes) {
                #expect(message.canonicalBytes == bytes)
            }
            if let frontier = try? LaneFrontier(canonicalBytes: bytes) { #expect(frontier.canonicalBytes == bytes) }
            if let record = try? BatchRecord(canonicalBytes: bytes) { #expect(record.canonicalBytes == bytes) }
        }
    }
}

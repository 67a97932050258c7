import Networking
import Primitives
import Testing

/// What nodes say to each other before they are connected.
@Suite struct PeerGoldenTests {
    private static func decodes<Value: CanonicalCodable & Equatable>(_ value: Value) -> Bool {
        (try? Value(canonicalBytes: value.canonicalBytes)) == value
    }

    @Test func `the coding of "PeerHello"`() {
        let hello = PeerHello(
            genesis: Digest.zero, groups: [3, 1], role: .observer, chain: [[7, 8]], software: "c/1")
        #expect(
            hello.canonicalBytes.hexadecimal == "0x0100" + String(repeating: "00", count: 32) + "02"
                + "0100000003000000" + "02" + "01" + "020708" + "03632f31")
        #expect(Self.decodes(hello))
    }

    @Test func `the coding of "PeerRefusal"`() {
        let refusals: [(PeerRefusal, String)] = [
            (.wrongVersion(ours: 1), "0x000100"),
            (.wrongGenesis(ours: .zero), "0x01" + String(repeating: "00", count: 32)),
            (.noCommonGroup, "0x02"), (.malformed("a"), "0x030161"), (.wrongProof, "0x04"),
            (.notAdmitted(.notOnList), "0x0504"), (.notExpected, "0x06"), (.ourselves, "0x07"),
            (.alreadyConnected, "0x08"), (.cutOff(milliseconds: 2), "0x090200000000000000"),
            (.tooManyConnections, "0x0a"),
        ]
        for (refusal, digits) in refusals {
            #expect(refusal.canonicalBytes.hexadecimal == digits)
            #expect(Self.decodes(refusal))
            #expect(refusal.canonicalBytes.count <= FrameLimits.reasonBytesMax)
        }
    }

    @Test func `the coding of "AdmissionRefusal"`() {
        let refusals: [(AdmissionRefusal, String)] = [
            (.certificateMalformed, "0x00"), (.certificateUntrusted, "0x01"), (.certificateExpired, "0x02"),
            (.certificateRevoked, "0x03"), (.notOnList, "0x04"), (.other("a b"), "0x0503612062"),
        ]
        for (refusal, digits) in refusals {
            #expect(refusal.canonicalBytes.hexadecimal == digits)
            #expect(Self.decodes(refusal))
        }
    }

    @Test func `texts of peers harm no terminal`() throws {
        let escape = AdmissionRefusal.other("a\u{1B}[2Jb\n\u{E9}")
        #expect(
            try AdmissionRefusal(canonicalBytes: escape.canonicalBytes) == .other("a?[2Jb???"))
        #expect(throws: CodingError.self) { try AdmissionRefusal(canonicalBytes: [5, 1, 0x1B]) }
        let long = PeerRefusal.malformed(String(repeating: "x", count: 10_000))
        #expect(long.canonicalBytes.count <= FrameLimits.reasonBytesMax)
    }

    @Test func `hellos of too much are refused`() {
        let many = PeerHello(
            genesis: .zero, groups: Set(0...UInt32(PeerLimits.groupsMax)), role: .validator, chain: [], software: "c")
        #expect(!Self.decodes(many))
        let chain = [[UInt8]](repeating: [1], count: PeerLimits.chainCertificatesMax + 1)
        #expect(
            !Self.decodes(PeerHello(genesis: .zero, groups: [], role: .validator, chain: chain, software: "c")))
        let certificate = [UInt8](repeating: 1, count: PeerLimits.certificateBytesMax + 1)
        #expect(
            !Self.decodes(
                PeerHello(genesis: .zero, groups: [], role: .validator, chain: [certificate], software: "c")))
        let largest = PeerHello(
            genesis: .zero, groups: Set(0..<UInt32(PeerLimits.groupsMax)), role: .validator,
            chain: [[UInt8]](
                repeating: [UInt8](repeating: 1, count: PeerLimits.certificateBytesMax),
                count: PeerLimits.chainCertificatesMax), software: String(repeating: "c", count: 64))
        #expect(Self.decodes(largest) && largest.canonicalBytes.count <= FrameLimits.helloBytesMax)
    }
}

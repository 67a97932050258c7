package import Primitives

/// What a node does on its chain. The numbers are part of the wire's format.
package enum PeerRole: UInt8, Sendable, CaseIterable {
    case validator = 1
    case observer = 2
}

/// What a node says of itself first.
package struct PeerHello: Hashable, Sendable, CanonicalCodable {
    /// The version of the transport's protocol; what follows it in the coding may differ by it.
    package static let protocolVersion: UInt16 = 1

    package let version: UInt16
    package let genesis: Digest
    /// The groups that it carries. Invariant: ascending.
    package let groups: [UInt32]
    package let role: PeerRole
    /// In the national suite: its certificates, its own first, in DER. Else none, as TLS has shown them.
    package internal(set) var chain: [[UInt8]]
    /// Name and version of its program, for operators.
    package let software: String

    package init(
        version: UInt16 = protocolVersion, genesis: Digest, groups: Set<UInt32>, role: PeerRole, chain: [[UInt8]],
        software: String
    ) {
        self.version = version
        self.genesis = genesis
        self.groups = groups.sorted()
        self.role = role
        self.chain = chain
        self.software = software
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(version)
        encoder.encode(genesis)
        encoder.encode(sequence: groups)
        encoder.encode(role.rawValue)
        encoder.encode(length: chain.count)
        for certificate in chain { encoder.encode(bytes: certificate) }
        encoder.encode(software)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        version = try decoder.decode()
        genesis = try decoder.decode()
        let start = decoder.offset
        groups = try decoder.decodeSequence(maximum: PeerLimits.groupsMax, elementByteCountMin: 4)
        guard zip(groups, groups.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw CodingError(.notAscending, at: start)
        }
        let number: UInt8 = try decoder.decode()
        guard let role = PeerRole(rawValue: number) else { throw decoder.error(.unknownVariant(UInt32(number))) }
        self.role = role
        var chain: [[UInt8]] = []
        for _ in 0..<(try decoder.decodeLength(maximum: PeerLimits.chainCertificatesMax)) {
            chain.append(try decoder.decodeBytes(maximum: PeerLimits.certificateBytesMax))
        }
        self.chain = chain
        software = try decoder.decodeName(maximum: PeerLimits.softwareBytesMax)
    }

    /// The version in the coding of any version's hello; nil if there is none.
    static func version(in coding: [UInt8]) -> UInt16? {
        guard coding.count >= 2 else { return nil }
        return UInt16(coding[0]) | UInt16(coding[1]) << 8
    }
}

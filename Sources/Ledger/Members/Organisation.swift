package import Primitives

/// A member of the consortium: its authorities, who acts for it, and its nodes.
package struct Organisation: Hashable, Sendable, CanonicalCodable {
    package let name: MemberName
    /// The certificates (DER) of the authorities whose certificates count for the organisation, in ascending order of
    /// their bytes. They are what a verifier needs, and name the organisation as `name` does.
    package var authorities: [[UInt8]]
    /// The accounts that propose and vote for it, ascending.
    package var administrators: [Address]
    /// Ascending by name.
    package var nodes: [MemberNode]

    /// The lists may be in any order. Whether the chain may have such an organisation is what `Membership` says.
    package init(name: MemberName, authorities: [[UInt8]], administrators: [Address], nodes: [MemberNode]) {
        self.name = name
        self.authorities = authorities.sorted { $0.lexicographicallyPrecedes($1) }
        self.administrators = administrators.sorted()
        self.nodes = nodes.sorted { $0.name < $1.name }
    }

    package func node(_ name: MemberName) -> MemberNode? { nodes.first { $0.name == name } }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(name)
        encoder.encode(length: authorities.count)
        for authority in authorities { encoder.encode(bytes: authority) }
        encoder.encode(sequence: administrators)
        encoder.encode(sequence: nodes)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        name = try decoder.decode()
        let start = decoder.offset
        authorities = try Self.decodeAuthorities(from: &decoder)
        administrators = try decoder.decodeSequence(
            maximum: MemberLimits.administratorsMax, elementByteCountMin: Address.byteCount)
        nodes = try decoder.decodeSequence(
            maximum: MemberLimits.organisationNodesMax, elementByteCountMin: MemberNode.byteCountMin)
        guard administrators.isStrictlyAscending, nodes.map(\.name).isStrictlyAscending,
            zip(authorities, authorities.dropFirst()).allSatisfy({ $0.lexicographicallyPrecedes($1) })
        else { throw CodingError(.notAscending, at: start) }
    }

    private static func decodeAuthorities(from decoder: inout CanonicalDecoder) throws(CodingError) -> [[UInt8]] {
        var authorities: [[UInt8]] = []
        for _ in 0..<(try decoder.decodeLength(maximum: MemberLimits.authoritiesMax)) {
            authorities.append(try decoder.decodeBytes(maximum: MemberLimits.authorityByteCountMax))
        }
        return authorities
    }
}

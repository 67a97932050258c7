package import Cryptography
package import Primitives

/// What a node of an organisation does on the chain. The numbers are part of the ledger's format.
package enum NodeRole: UInt8, Sendable, CaseIterable, CanonicalCodable {
    /// It orders and certifies.
    case validator = 1
    /// It follows, and has no say.
    case observer = 2

    package func encode(to encoder: inout CanonicalEncoder) { encoder.encode(rawValue) }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let number: UInt8 = try decoder.decode()
        guard let role = NodeRole(rawValue: number) else {
            throw CodingError(.unknownVariant(UInt32(number)), at: start)
        }
        self = role
    }
}

/// A node of an organisation.
package struct MemberNode: Hashable, Sendable, CanonicalCodable {
    /// The fewest bytes that any takes: two keys, the shortest name, and a number each for role and addresses.
    static let byteCountMin = 70

    package let name: MemberName
    package let role: NodeRole
    /// The key by which it orders and certifies, or would.
    package let consensusKey: PublicKey
    /// The key of its certificate, which stays when the certificate is renewed with its key.
    package let certificateKey: PublicKey
    /// Invariant: at most `MemberLimits.addressesMax`, in the order in which they are to be tried.
    package let addresses: [NodeAddress]

    package init(
        name: MemberName, role: NodeRole, consensusKey: PublicKey, certificateKey: PublicKey,
        addresses: [NodeAddress]
    ) {
        self.name = name
        self.role = role
        self.consensusKey = consensusKey
        self.certificateKey = certificateKey
        self.addresses = addresses
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(name)
        encoder.encode(role)
        encoder.encode(consensusKey)
        encoder.encode(certificateKey)
        encoder.encode(sequence: addresses)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        name = try decoder.decode()
        role = try decoder.decode()
        consensusKey = try decoder.decode()
        certificateKey = try decoder.decode()
        addresses = try decoder.decodeSequence(maximum: MemberLimits.addressesMax)
    }
}

/// A node with the name of its organisation.
package struct NamedNode: Hashable, Sendable, CanonicalCodable {
    package let organisation: MemberName
    package let node: MemberNode

    package init(organisation: MemberName, node: MemberNode) {
        self.organisation = organisation
        self.node = node
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(organisation)
        encoder.encode(node)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        organisation = try decoder.decode()
        node = try decoder.decode()
    }
}

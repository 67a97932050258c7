/// What the holder of a certificate is in the network. The issuer vouches for it.
///
/// It stands in the subject's name as an organisational unit, "cairn-node" and so on, so that every authority's tools
/// can grant it. Other units may stand beside it, but none with the same prefix.
package enum CertificateRole: String, Sendable, CaseIterable {
    /// A node of the organisation: it may order, certify and serve.
    case node
    /// Who acts for the organisation in the network's affairs.
    case administrator
    /// An application or a person that sends transactions.
    case client
    /// Who reads everything and changes nothing.
    case auditor

    static let unitPrefix = "cairn-"

    package var unit: String { Self.unitPrefix + rawValue }

    /// The role that the units of a name say; nil if they say none, an unknown one, or more than one.
    init?(units: [String]) {
        let claims = units.filter { $0.utf8.starts(with: Self.unitPrefix.utf8) }
        guard claims.count == 1, let role = Self.allCases.first(where: { $0.unit == claims[0] }) else { return nil }
        self = role
    }

    /// What a certificate must be good for if it says what it is good for: nodes are both ends of connections.
    var purposes: [OID] {
        self == .node ? [.serverAuthentication, .clientAuthentication] : [.clientAuthentication]
    }
}

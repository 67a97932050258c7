/// What a TLS connection demands of its other end.
package struct TLSOptions: Sendable {
    /// Whether the other end must have a certificate. A server always has one.
    package enum PeerCertificate: Sendable {
        case required
        /// A client is asked for one, and may do without.
        case optional
        case notAsked
    }

    /// The application protocols (RFC 7301), the preferred one first; with none the other end may speak any.
    package var protocols: [String]
    package var peerCertificate: PeerCertificate
    /// Whether the other end's key must be one on P-256. Clients of other programs may have others.
    package var demandsP256: Bool
    /// For a client: by whom the server's certificate must be vouched for, with its name in it. Nil where whoever gets the
    /// chain judges it.
    package var serverAuthorities: TLSServerAuthorities?
    /// How long the handshake may take, and how many bytes of it the other end may send.
    package var handshakeMilliseconds: UInt64 = 5_000
    package var handshakeBytesMax = TLSLimits.handshakeBytesMax

    package init(protocols: [String], peerCertificate: PeerCertificate, demandsP256: Bool) {
        self.protocols = protocols
        self.peerCertificate = peerCertificate
        self.demandsP256 = demandsP256
    }

    /// Between nodes: both ends have certificates, and speak Cairn.
    package static let peers = TLSOptions(protocols: ["cairn/1"], peerCertificate: .required, demandsP256: true)
    /// For clients, which may have a certificate.
    package static let clients = TLSOptions(protocols: [], peerCertificate: .optional, demandsP256: false)

    /// For a client of a server that is known by its name, as on the web.
    package static func named(_ authorities: TLSServerAuthorities) -> TLSOptions {
        var options = TLSOptions(protocols: [], peerCertificate: .required, demandsP256: false)
        options.serverAuthorities = authorities
        return options
    }
}

/// Who may vouch for a server.
package enum TLSServerAuthorities: Sendable {
    /// Those that the system trusts.
    case system
    /// These, in DER: roots, or authorities below one that are taken for themselves.
    case only([[UInt8]])
}

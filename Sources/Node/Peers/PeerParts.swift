package import Cryptography
package import Ledger
package import Networking
internal import Primitives
internal import Replica

/// A node of a chain, as the list says that all of them have.
package struct ListedNode: Hashable, Sendable {
    package let name: String
    package let organisation: String
    package let addresses: [PeerAddress]
    /// By which it orders and certifies.
    package let keys: [PublicKey]
    /// Of its certificate.
    package let certificateKey: PublicKey

    package init(
        name: String, organisation: String, addresses: [PeerAddress], keys: [PublicKey], certificateKey: PublicKey
    ) {
        self.name = name
        self.organisation = organisation
        self.addresses = addresses
        self.keys = keys
        self.certificateKey = certificateKey
    }
}

/// How a node reaches the others of its chain.
package struct PeerParts: Sendable {
    /// By number: the same list at every node.
    package let nodes: [ListedNode]
    package let own: UInt32
    /// Who it is on TLS: by its certificate, or, in the national suite, by any.
    package let identity: TLSIdentity
    /// In the national suite: its certificate's chain, its own first, in DER, and its key.
    package let chain: [[UInt8]]
    package let key: (any SigningKey)?
    package let listenAddress: SocketAddress
    package let verifier: CertificateVerifier
    /// Name and version of the program.
    package let software: String
    /// By which a node that was not there at the beginning joins; nil for none, which believes the first epoch's keys.
    package let invitation: Invitation?

    package init(
        nodes: [ListedNode], own: UInt32, identity: TLSIdentity, chain: [[UInt8]], key: (any SigningKey)?,
        listenAddress: SocketAddress, verifier: CertificateVerifier, software: String, invitation: Invitation? = nil
    ) {
        self.nodes = nodes
        self.own = own
        self.identity = identity
        self.chain = chain
        self.key = key
        self.listenAddress = listenAddress
        self.verifier = verifier
        self.software = software
        self.invitation = invitation
    }

    /// When its own certificate, or an authority's above it, ends; nil if it is none that counts.
    var certificateEnds: Timestamp? {
        let judge = PeerJudge(nodes: nodes, verifier: verifier)
        let chain = chain.isEmpty ? identity.chain : chain
        return try? judge.judge(chain, at: SystemClock.now.wall).get().notAfter
    }

    var directory: NodeDirectory { NodeDirectory(keys: nodes.map(\.keys)) }
}

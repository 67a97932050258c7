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

    /// The same node without one of its keys.
    func without(_ key: PublicKey) -> ListedNode {
        ListedNode(
            name: name, organisation: organisation, addresses: addresses, keys: keys.filter { $0 != key },
            certificateKey: certificateKey)
    }
}

/// How a node reaches the others of its chain.
package struct PeerParts: Sendable {
    /// By number: the same list at every node.
    package let nodes: [ListedNode]
    package let own: UInt32
    /// As it begins: `Node.renew` gives it others.
    package let credentials: PeerCredentials
    package let listenAddress: SocketAddress
    /// Name and version of the program.
    package let software: String
    /// By which a node that was not there at the beginning joins; nil for none, which believes the first epoch's keys.
    package let invitation: Invitation?

    package init(
        nodes: [ListedNode], own: UInt32, credentials: PeerCredentials, listenAddress: SocketAddress,
        software: String, invitation: Invitation? = nil
    ) {
        self.nodes = nodes
        self.own = own
        self.credentials = credentials
        self.listenAddress = listenAddress
        self.software = software
        self.invitation = invitation
    }
}

/// What a node shows to the others of its chain, and by what it judges what they show. It may change while the node runs.
package struct PeerCredentials: Sendable {
    /// Who it is on TLS: by its certificate, or, in the national suite, by any.
    package let identity: TLSIdentity
    /// Its certificate's chain, its own first, in DER. Invariant: not empty.
    package let chain: [[UInt8]]
    /// The certificate's key.
    package let key: any SigningKey
    /// By which the certificates of those are judged whom the configuration names and who are no members.
    package let authorities: [TrustedAuthority]
    package let revocationLists: [RevocationList]

    package init(
        identity: TLSIdentity, chain: [[UInt8]], key: any SigningKey, authorities: [TrustedAuthority],
        revocationLists: [RevocationList]
    ) {
        precondition(!chain.isEmpty)
        self.identity = identity
        self.chain = chain
        self.key = key
        self.authorities = authorities
        self.revocationLists = revocationLists
    }
}

package import Cryptography

/// Where a node may be reached.
package struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or a numeric address.
    package let host: String
    package let port: UInt16

    package init(host: String, port: UInt16) { (self.host, self.port) = (host, port) }

    package var description: String { "\(host):\(port)" }
}

/// A peer with which a connection is to be kept.
package struct WantedPeer: Hashable, Sendable {
    /// By which the chain's list of nodes knows it.
    package let number: UInt32
    /// Tried one after another. A peer without any is only waited for.
    package let addresses: [PeerAddress]

    package init(number: UInt32, addresses: [PeerAddress]) { (self.number, self.addresses) = (number, addresses) }
}

/// What a node's network is made with.
package struct PeerNetworkConfiguration: Sendable {
    /// This node's own number on its list of nodes; other nodes may know it by another one.
    package var number: UInt32
    /// The key of its certificate.
    package var key: PublicKey
    package var identity: TLSIdentity
    package var link: PeerLinkOptions
    /// Where it listens; nil for nowhere.
    package var listenAddress: SocketAddress?
    package var bounds = InboundGate.Bounds()
    package var firstBackoffMilliseconds: UInt64 = 200
    package var lastBackoffMilliseconds: UInt64 = 30_000
    package var tickMilliseconds: UInt64 = 50
    /// Where the random part of the waiting begins.
    package var seed = UInt64.random(in: .min ... .max)

    package init(
        number: UInt32, key: PublicKey, identity: TLSIdentity, link: PeerLinkOptions, listenAddress: SocketAddress?
    ) {
        self.number = number
        self.key = key
        self.identity = identity
        self.link = link
        self.listenAddress = listenAddress
    }
}

/// What a network tells, on the loop's thread.
package enum PeerNetworkEvent: Sendable {
    case connected(PeerIdentity, PeerHello)
    case disconnected(PeerIdentity, PeerLinkEnd)
    case message(from: UInt32, MessageClass, group: UInt32, [UInt8])
    /// There is room again for what was refused as too much.
    case writable(UInt32, MessageClass)
    /// A connection, ours or another's, that never came to be.
    case refused(SocketAddress?, PeerLinkEnd)
    /// A peer has misbehaved, and is refused for so long.
    case cutOff(UInt32, PeerFault, milliseconds: UInt64)
}

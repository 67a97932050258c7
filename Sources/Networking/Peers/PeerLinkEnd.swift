/// Why a link has ended, or never came to be.
package enum PeerLinkEnd: Error, Hashable, Sendable, CustomStringConvertible {
    /// The stream below has failed, or was closed by the other end.
    case stream(NetworkingError?)
    /// We have not let the other end in.
    case refused(PeerRefusal)
    /// The other end has not let us in.
    case refusedByPeer(PeerRefusal)
    /// The handshake was not over in time.
    case handshakeTooSlow
    /// What came is no frame.
    case malformed(FrameError)
    /// Nothing came for too long.
    case silent(milliseconds: UInt64)
    /// More of the class waits than may, and nothing of it may be lost.
    case queueFull(MessageClass)
    /// Another connection with the same peer takes its place.
    case replaced
    /// The peer has misbehaved.
    case cutOff
    /// The peer is not wanted any more, or the node stops.
    case closed
    /// The other end has said farewell, and why.
    case farewell(String)

    package var description: String {
        switch self {
        case .stream(nil): "the connection was closed"
        case .stream(let error?): error.description
        case .refused(let refusal): "we have refused the peer: \(refusal)"
        case .refusedByPeer(let refusal): "the peer has refused us: \(refusal)"
        case .handshakeTooSlow: "the handshake took too long"
        case .malformed(let error): "the peer has sent what is no frame: \(error)"
        case .silent(let milliseconds): "nothing came from the peer for \(milliseconds) ms"
        case .queueFull(let messageClass): "the peer takes too little: too much of \(messageClass) waits for it"
        case .replaced: "another connection with the peer takes its place"
        case .cutOff: "the peer has misbehaved"
        case .closed: "the node has closed the connection"
        case .farewell(let text): "the peer has closed the connection: \(text)"
        }
    }
}

/// What a link counts, for metrics.
package struct PeerLinkCounters: Hashable, Sendable {
    package struct Traffic: Hashable, Sendable {
        package var frames: UInt64 = 0
        /// On the wire, with headers.
        package var bytes: UInt64 = 0
    }

    /// By class, in the order of `MessageClass`.
    package var sent = [Traffic](repeating: Traffic(), count: MessageClass.allCases.count)
    package var received = [Traffic](repeating: Traffic(), count: MessageClass.allCases.count)
    /// How often nothing was read for a while because the peer sent more than it may.
    package var holds: UInt64 = 0
    /// Of the last ping that was answered.
    package var roundTripMilliseconds: UInt64?
}

/// What became of a message given to a link.
package enum PeerSendOutcome: Hashable, Sendable {
    case queued
    /// So much waits already: the sender is told when there is room.
    case full
    /// There is no link to this peer.
    case notConnected
}

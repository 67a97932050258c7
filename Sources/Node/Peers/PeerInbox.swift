internal import Ledger
internal import Networking
internal import Primitives
internal import Replica
internal import Synchronization

/// What comes from peers, on its way to the replica. Bounded, in all and for each of them: what is more than the replica
/// takes in is dropped, which the protocols bear.
final class PeerInbox: Sendable {
    private struct State {
        var connected: Set<UInt32> = []
        /// Of whom the operator was told that the certificate ends soon, and when that was.
        var warnedAt: [UInt32: Timestamp] = [:]
    }

    private let state = Mutex(State())
    private let standing: PeerStanding
    private let hand: @Sendable (NetworkReplicaInput) -> Void
    private let notice: @Sendable (NodeNotice) -> Void
    /// Apart from the rest, as each message asks it twice.
    private let shares = Mutex(PeerShares())

    init(
        _ standing: PeerStanding, deliver: @escaping @Sendable (NetworkReplicaInput) -> Void,
        notice: @escaping @Sendable (NodeNotice) -> Void
    ) {
        (self.standing, hand, self.notice) = (standing, deliver, notice)
    }

    var connected: Set<UInt32> { state.withLock { $0.connected } }

    func take(_ event: PeerNetworkEvent) {
        switch event {
        case .connected(let peer, _):
            state.withLock { _ = $0.connected.insert(peer.number) }
            notice(.peer(peer.name, isConnected: true, nil))
            hand(.connected(peer.number))
        case .disconnected(let peer, let end):
            state.withLock { _ = $0.connected.remove(peer.number) }
            notice(.peer(peer.name, isConnected: false, "\(end)"))
            hand(.disconnected(peer.number))
        case .message(let node, _, _, let bytes): deliver(bytes, from: node)
        // What was refused as too much is asked for again.
        case .writable: break
        case .refused(_, let end):
            // Nodes that are down would fill the log.
            if case .stream = end { return }
            notice(.peerRefused("\(end)"))
        case .cutOff(let number, let fault, let milliseconds):
            notice(.peerCutOff(standing.name(of: number), "\(fault)", milliseconds: milliseconds))
        }
    }

    private func deliver(_ bytes: [UInt8], from node: UInt32) {
        guard shares.withLock({ $0.enter(from: node, byteCount: bytes.count) }) else { return }
        hand(.message(from: node, bytes))
    }

    /// The replica has taken a message in.
    func taken(from node: UInt32, byteCount: Int) { shares.withLock { $0.leave(from: node, byteCount: byteCount) } }

    /// What was dropped of each peer of which something was, ascending by number.
    var dropped: [(number: UInt32, amount: PeerShares.Amount)] { shares.withLock { $0.dropped } }

    /// Tells the operator, once a day, of whose certificate ends soon.
    func admitted(_ peer: PeerJudge.Admitted) {
        let now = SystemClock.now.wall
        guard peer.notAfter.milliseconds < now.milliseconds + NodeLimits.certificateWarningMilliseconds else { return }
        let isDue = state.withLock { state in
            let isDue =
                state.warnedAt[peer.number].map {
                    now.milliseconds >= $0.milliseconds + NodeLimits.certificateWarningPauseMilliseconds
                } ?? true
            if isDue { state.warnedAt[peer.number] = now }
            return isDue
        }
        if isDue { notice(.certificateEnds(standing.name(of: peer.number), at: peer.notAfter)) }
    }
}

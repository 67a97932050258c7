internal import Ledger
package import Primitives
internal import Replica

/// What a node knows of its network.
package struct NetworkState: Sendable {
    package struct Peer: Sendable {
        package let number: UInt32
        package let name: String
        package let organisation: String
        package let isConnected: Bool
    }

    package let own: UInt32
    package let height: UInt64
    package let replica: ReplicaState
    /// The leader's number; nil if none is known.
    package let leader: UInt32?
    package let peers: [Peer]
    /// When the node's own certificate ends.
    package let certificateEnds: Timestamp?
}

extension Node {
    /// What the node knows of its network at present.
    package var networkState: NetworkState {
        let state = replica.state.withLock { $0 }
        let roster = peers?.roster
        let nodes = roster?.nodes ?? []
        let connected = peers?.connected ?? []
        let own = roster?.own ?? 0
        let leader =
            nodes.isEmpty
            ? state.leader.map { _ in 0 }
            : state.leader.flatMap { key in nodes.firstIndex { $0.keys.contains(key) } }.map(UInt32.init)
        return NetworkState(
            own: own, height: committedHeight, replica: state, leader: leader,
            peers: nodes.enumerated().filter {
                $0.offset != Int(own) && roster?.present.contains(UInt32($0.offset)) ?? false
            }.map { index, node in
                NetworkState.Peer(
                    number: UInt32(index), name: node.name, organisation: node.organisation,
                    isConnected: connected.contains(UInt32(index)))
            }, certificateEnds: peers?.certificateEnds)
    }
}

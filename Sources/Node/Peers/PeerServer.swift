internal import Ledger
internal import Replica
internal import Storage

/// Reads what peers lack, and sends it to them. On a thread that may take its time.
struct PeerServer: Sendable {
    let archive: Archive
    /// Nil where nobody joins.
    let snapshotter: Snapshotter?
    let notice: @Sendable (NodeNotice) -> Void

    /// Serves what a replica asks to be served, and gives back what it is to be told of that. `epochs` is what the state
    /// says of those that are asked for, if they are.
    func serve(
        _ effect: NetworkReplicaEffect, epoch: UInt64, _ epochs: EpochView?, by peers: PeerService?
    ) -> NetworkReplicaInput? {
        guard let (node, counts) = Self.asker(of: effect) else { return nil }
        var messages: [ReplicaMessage] = []
        do { messages = try answer(effect, epochs) } catch { notice(.notServed("\(error)")) }
        let bytes = messages.map { EpochMessage(epoch: epoch, message: $0).canonicalBytes }
        peers?.send(bytes.map { PeerService.Outgoing(to: [node], $0) })
        return counts ? .served(to: node, byteCount: bytes.reduce(0) { $0 + $1.count }) : nil
    }

    /// Who asks, and whether the replica counts what is given.
    private static func asker(of effect: NetworkReplicaEffect) -> (node: UInt32, counts: Bool)? {
        switch effect {
        case .serveDecisions(let node, _), .serveBlocks(let node, _), .serveJoiner(let node, _): (node, true)
        case .serveCertificate(let node, _), .serveEpochEnd(let node, _): (node, false)
        default: nil
        }
    }

    private func answer(_ effect: NetworkReplicaEffect, _ epochs: EpochView?) throws -> [ReplicaMessage] {
        switch effect {
        case .serveDecisions(_, let first): try archive.decisionRecords(from: first).map { .decision($0) }
        case .serveBlocks(_, let first): [.blocks(try archive.fetchedBlocks(from: first))]
        case .serveCertificate(_, let height):
            (try archive.reader(at: height)?.certificate).map { [.certificate($0)] } ?? []
        case .serveEpochEnd(_, let ended): try archive.certificate(ofEndOf: ended).map { [.epochEnd($0)] } ?? []
        case .serveJoiner(_, let question):
            try snapshotter?.answer(question, epochs: epochs ?? .none).map { [$0] } ?? []
        default: []
        }
    }
}

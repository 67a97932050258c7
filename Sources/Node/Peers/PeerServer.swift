internal import Ledger
internal import Replica
internal import Storage

/// Reads what peers lack, and sends it to them. On a thread that may take its time.
struct PeerServer: Sendable {
    let archive: Archive
    let notice: @Sendable (NodeNotice) -> Void

    /// Serves what a replica asks to be served, and gives back what it is to be told of that.
    func serve(_ effect: NetworkReplicaEffect, epoch: UInt64, by peers: PeerService?) -> NetworkReplicaInput? {
        let (node, counts): (UInt32, Bool)
        var messages: [ReplicaMessage] = []
        do {
            switch effect {
            case .serveDecisions(let peer, let first):
                (node, counts) = (peer, true)
                messages = try archive.decisionRecords(from: first).map { .decision($0) }
            case .serveBlocks(let peer, let first):
                (node, counts) = (peer, true)
                messages = [.blocks(try archive.fetchedBlocks(from: first))]
            case .serveCertificate(let peer, let height):
                (node, counts) = (peer, false)
                messages = (try archive.reader(at: height)?.certificate).map { [.certificate($0)] } ?? []
            case .serveEpochEnd(let peer, let ended):
                (node, counts) = (peer, false)
                messages = try archive.certificate(ofEndOf: ended).map { [.epochEnd($0)] } ?? []
            // Snapshots are not cut yet: who joins executes from the beginning.
            case .serveJoiner(let peer, _): (node, counts) = (peer, true)
            default: return nil
            }
        } catch {
            notice(.notServed("\(error)"))
            return nil
        }
        let bytes = messages.map { EpochMessage(epoch: epoch, message: $0).canonicalBytes }
        peers?.send(bytes.map { PeerService.Outgoing(to: [node], $0) })
        return counts ? .served(to: node, byteCount: bytes.reduce(0) { $0 + $1.count }) : nil
    }
}

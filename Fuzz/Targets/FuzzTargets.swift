/// All targets. A crash of one is kept under its name, so names stay.
package enum FuzzTargets {
    package static let all: [FuzzTarget] = [
        .canonical, .rlp, .text, .json, .keyFile, .jsonRPC, .httpRequest, .httpResponse, .webSocket, .stateless,
        .proof, .treePages, .journal, .blockLog, .index, .dataFolder, .signatures, .certificates, .host, .contracts,
        .fbft, .pbft, .raft, .replica, .handOver, .snapshot, .snapshotFetcher, .joiner, .frames, .peerHandshake,
        .members,
    ]

    package static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// What separates the hashes of different kinds of things, so that the bytes of one never pass for another.
enum ConsensusDomain {
    static let block = Array("cairn.consensus.block".utf8)
    static let vote = Array("cairn.consensus.vote".utf8)
    static let report = Array("cairn.pbft.report".utf8)
    static let start = Array("cairn.consensus.start".utf8)
}

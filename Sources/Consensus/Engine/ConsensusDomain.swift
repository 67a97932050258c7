/// What separates the hashes of different kinds of things, so that the bytes of one never pass for another.
enum ConsensusDomain {
    static let fbftBlock = Array("cairn.fbft.block".utf8)
    static let fbftVote = Array("cairn.fbft.vote".utf8)
    static let fbftStart = Array("cairn.fbft.start".utf8)
}

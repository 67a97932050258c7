/// What separates the hashes of different kinds of things, so that the bytes of one never pass for another.
enum DisseminationDomain {
    static let header = Array("cairn.batch".utf8)
    static let payload = Array("cairn.batch.payload".utf8)
    static let acknowledgement = Array("cairn.batch.acknowledgement".utf8)
}

/// A byte string or a list, as a tree: for tests and tools. What is hot reads with `RLPDecoder`.
///
/// A tree takes up to some fifty times the memory of its coding, as each item is an array.
package enum RLPItem: Hashable, Sendable {
    case bytes([UInt8])
    indirect case list([RLPItem])

    /// The item that takes up all of `bytes`.
    package init(rlp bytes: [UInt8]) throws(RLPError) {
        var decoder = RLPDecoder(bytes)
        try self.init(from: &decoder)
        try decoder.finish()
    }

    /// The decoder's next item. The recursion is bounded by the decoder's limit of depth.
    package init(from decoder: inout RLPDecoder) throws(RLPError) {
        if try decoder.peek().isList {
            self = .list(
                try decoder.decodeSequence(maximum: .max) { (list) throws(RLPError) in try RLPItem(from: &list) })
        } else {
            self = .bytes(try decoder.decodeBytes(maximum: .max))
        }
    }

    package func encode(to encoder: inout RLPEncoder) {
        switch self {
        case .bytes(let bytes): encoder.encode(bytes: bytes)
        case .list(let items):
            encoder.encodeList { list in
                for item in items { item.encode(to: &list) }
            }
        }
    }

    package var rlpBytes: [UInt8] {
        var encoder = RLPEncoder()
        encode(to: &encoder)
        return encoder.bytes
    }
}

internal import Ledger
internal import Primitives

/// A pair on its way into a chunk: its leaf in the state tree, and its coding.
///
/// In files of sorted runs: path, value's digest, the coding's length in four bytes, the coding.
struct PairRecord {
    let leaf: StateProof.Leaf
    let coding: ArraySlice<UInt8>

    static let headByteCount = 2 * Digest.byteCount + 4

    static func encodeHead(_ leaf: StateProof.Leaf, byteCount: Int, to encoder: inout CanonicalEncoder) {
        encoder.encode(leaf)
        encoder.encode(UInt32(byteCount))
    }

    static func decodeHead(_ bytes: [UInt8], at offset: Int) throws(CodingError) -> (leaf: StateProof.Leaf, count: Int)
    {
        var decoder = CanonicalDecoder(bytes, in: offset..<min(bytes.count, offset + headByteCount))
        return (try decoder.decode(), Int(try decoder.decode(UInt32.self)))
    }
}

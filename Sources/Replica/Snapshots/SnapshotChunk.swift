package import Cryptography
package import Ledger
package import Primitives

/// A key of the state and its value.
package struct SnapshotPair: Hashable, Sendable, CanonicalCodable {
    package let key: StateKey
    package let value: [UInt8]

    package init(key: StateKey, value: [UInt8]) {
        self.key = key
        self.value = value
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(length: key.storeKey.count)
        key.storeKey.append(to: &encoder.bytes)
        encoder.encode(bytes: value)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let storeKey = try decoder.decodeKey(maximum: LedgerLimits.wholeStateKeyByteCountMax)
        guard storeKey.count >= Address.byteCount else {
            throw CodingError(.invalid("a key that begins with no address"), at: start)
        }
        key = StateKey(storeKey)
        value = try decoder.decodeBytes(maximum: LedgerLimits.stateValueByteCountMax)
    }
}

/// A part of a state: all pairs of one subtree of the state tree. Anybody may have made it; see `VerifiedChunk`.
package struct SnapshotChunk: Hashable, Sendable, CanonicalCodable {
    package static let formatVersion: UInt8 = 1

    package let height: UInt64
    /// Its place in the manifest.
    package let index: UInt32
    /// Ascending by the hashes of their keys.
    package let pairs: [SnapshotPair]

    package init(height: UInt64, index: UInt32, pairs: [SnapshotPair]) {
        self.height = height
        self.index = index
        self.pairs = pairs
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        Self.encodeHead(height: height, index: index, pairCount: pairs.count, to: &encoder)
        for pair in pairs { encoder.encode(pair) }
    }

    /// What stands before the pairs.
    static func encodeHead(height: UInt64, index: UInt32, pairCount: Int, to encoder: inout CanonicalEncoder) {
        encoder.encode(formatVersion)
        encoder.encode(height)
        encoder.encode(index)
        encoder.encode(length: pairCount)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        guard decoder.remaining <= ReplicaLimits.snapshotChunkByteCountMax else {
            throw CodingError(
                .lengthAboveLimit(
                    length: decoder.remaining, maximum: ReplicaLimits.snapshotChunkByteCountMax), at: start)
        }
        let version: UInt8 = try decoder.decode()
        guard version == Self.formatVersion else {
            throw CodingError(.invalid("chunk version \(version) is not known"), at: start)
        }
        height = try decoder.decode()
        index = try decoder.decode()
        pairs = try decoder.decodeSequence(
            maximum: ReplicaLimits.snapshotChunkByteCountMax,
            elementByteCountMin: ReplicaLimits.snapshotPairByteCountMin)
    }
}

/// A chunk that is what its manifest says: nothing is missing in it, nothing added, and nothing changed.
package struct VerifiedChunk: Sendable {
    package let index: Int
    package let pairs: [SnapshotPair]
    /// The leaves of the pairs in the state tree, in their order.
    let leaves: [StateProof.Leaf]

    package init(_ chunk: SnapshotChunk, of manifest: SnapshotManifest, in suite: Suite) throws(SnapshotFault) {
        guard chunk.height == manifest.height else {
            throw .wrongHeight(chunk.height, expected: manifest.height)
        }
        guard let index = Int(exactly: chunk.index), index < manifest.chunks.count else {
            throw .wrongIndex(chunk.index)
        }
        let expected = manifest.chunks[index]
        leaves = try Self.leaves(of: chunk.pairs, in: expected.subtree, suite)
        let digest = expected.subtree.digest(of: leaves[...], in: suite)
        guard digest == expected.digest else { throw .wrongDigest(digest, expected: expected.digest) }
        self.index = index
        pairs = chunk.pairs
    }

    /// The same of bytes that were asked for as this chunk.
    package init(
        _ bytes: [UInt8], index: Int, of manifest: SnapshotManifest, in suite: Suite
    ) throws(SnapshotFault) {
        let chunk: SnapshotChunk
        do throws(CodingError) { chunk = try SnapshotChunk(canonicalBytes: bytes) } catch { throw .malformed(error) }
        guard chunk.index == index else { throw .wrongIndex(chunk.index) }
        try self.init(chunk, of: manifest, in: suite)
    }

    private static func leaves(
        of pairs: [SnapshotPair], in subtree: StateSubtree, _ suite: Suite
    ) throws(SnapshotFault) -> [StateProof.Leaf] {
        var leaves: [StateProof.Leaf] = []
        leaves.reserveCapacity(pairs.count)
        var scratch: [UInt8] = []
        for (place, pair) in pairs.enumerated() {
            let path = pair.key.path(in: suite, &scratch)
            guard subtree.contains(path) else { throw .elsewhere(pair: place) }
            guard leaves.last.map({ $0.path < path }) ?? true else { throw .notAscending(pair: place) }
            let value = StateKey.digest(ofValue: StoreValue(pair.value), in: suite, &scratch)
            leaves.append(StateProof.Leaf(path: path, value: value))
        }
        return leaves
    }
}

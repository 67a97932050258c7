package import Cryptography
package import Ledger
package import Primitives

/// How a state is cut into chunks, and the digest of each.
///
/// A chunk is a subtree of the state tree. Beginning with the whole tree, a subtree of more than one pair and of more
/// bytes than `ReplicaLimits.snapshotChunkByteCount` is cut into its halves. So the cut follows from the state alone;
/// no chunk is longer than that unless it is one pair, however the keys' hashes are spread; and whatever is cut has two
/// leaves or more, so that its digest is the hash of its halves' digests, empty ones included.
///
/// The digests lead to the state root of a block's certificate, which nobody can contradict. That the cut is by the rule
/// does not show before the chunks are there: another one leads to the same root.
package struct SnapshotManifest: Hashable, Sendable {
    package static let formatVersion: UInt8 = 1

    package struct Chunk: Hashable, Sendable {
        package let subtree: StateSubtree
        /// Zero if it is empty.
        package let digest: Digest

        package init(subtree: StateSubtree, digest: Digest) {
            self.subtree = subtree
            self.digest = digest
        }
    }

    package let height: UInt64
    /// In the order of their paths. Invariant: every path is in one of them.
    package let chunks: [Chunk]

    /// Chunks that cover all paths, each once.
    init(height: UInt64, chunks: [Chunk]) {
        self.height = height
        self.chunks = chunks
    }

    /// What names the manifest among those that lead to the same root.
    package func digest(in suite: Suite) -> Digest { suite.hash(canonicalBytes) }

    /// The root of a tree that is cut like this.
    package func root(in suite: Suite) -> Digest {
        var joined: [(depth: Int, digest: Digest)] = []
        for chunk in chunks {
            joined.append((chunk.subtree.depth, chunk.digest))
            while joined.count > 1, joined[joined.count - 2].depth == joined[joined.count - 1].depth {
                let (right, left) = (joined.removeLast(), joined.removeLast())
                joined.append((left.depth - 1, StateSubtree.joined(left.digest, right.digest, in: suite)))
            }
        }
        return joined[0].digest
    }

    /// Checks that it cuts the state that a quorum has signed.
    package func check(against statement: ResultStatement, in suite: Suite) throws(SnapshotFault) {
        guard height == statement.height else { throw .wrongHeight(height, expected: statement.height) }
        let root = root(in: suite)
        guard root == statement.stateRoot else { throw .wrongRoot(root) }
    }
}

/// Coded as version, height and, for each chunk, its subtree's depth and its digest: where a subtree begins is where the
/// one before it ends.
extension SnapshotManifest: CanonicalCodable {
    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(Self.formatVersion)
        encoder.encode(height)
        encoder.encode(length: chunks.count)
        for chunk in chunks {
            encoder.encode(UInt8(chunk.subtree.depth))
            encoder.encode(chunk.digest)
        }
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let version: UInt8 = try decoder.decode()
        guard version == Self.formatVersion else {
            throw CodingError(.invalid("manifest version \(version) is not known"), at: start)
        }
        height = try decoder.decode()
        let count = try decoder.decodeLength(
            maximum: ReplicaLimits.snapshotChunksMax, elementByteCountMin: 1 + Digest.byteCount)
        var chunks: [Chunk] = []
        chunks.reserveCapacity(count)
        var next: Digest? = .zero
        for _ in 0..<count {
            let start = decoder.offset
            let depth = Int(try decoder.decode(UInt8.self))
            guard let first = next, let subtree = StateSubtree(depth: depth, from: first) else {
                throw CodingError(.invalid("a subtree of depth \(depth) where none can be"), at: start)
            }
            chunks.append(Chunk(subtree: subtree, digest: try decoder.decode()))
            next = subtree.end
        }
        guard next == nil else { throw decoder.error(.invalid("subtrees that do not reach the end")) }
        self.chunks = chunks
    }
}

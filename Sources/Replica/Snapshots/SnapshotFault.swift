package import Ledger
package import Primitives
package import Storage

/// What is wrong with a part of a snapshot that a peer gave.
package enum SnapshotFault: Error, Hashable, Sendable {
    case malformed(CodingError)
    case wrongHeight(UInt64, expected: UInt64)
    /// The manifest leads to another state root than the certified one.
    case wrongRoot(Digest)
    /// The manifest is another than the peer said it had.
    case otherManifest(Digest)
    /// The peer says that it has another manifest of a height than before.
    case otherOffer(Digest)
    /// It is another chunk than it should be, or none at all.
    case wrongIndex(UInt32)
    /// A pair that belongs into another chunk.
    case elsewhere(pair: Int)
    /// A pair that does not come after the one before it.
    case notAscending(pair: Int)
    /// Pairs are missing, added or changed.
    case wrongDigest(Digest, expected: Digest)
}

extension SnapshotFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let error): "it does not decode: \(error)"
        case .wrongHeight(let height, let expected): "it is of height \(height), not of \(expected)"
        case .wrongRoot(let root): "the manifest is one of another state (root \(root))"
        case .otherManifest(let digest): "the manifest (\(digest)) is not the one that was offered"
        case .otherOffer(let digest): "another manifest (\(digest)) is offered than before"
        case .wrongIndex(let index): "chunk \(index) is not the one that it should be"
        case .elsewhere(let pair): "pair \(pair) belongs into another chunk"
        case .notAscending(let pair): "pair \(pair) does not come after the one before it"
        case .wrongDigest(let digest, let expected): "the pairs give the digest \(digest) instead of \(expected)"
        }
    }
}

/// Why a snapshot could not be cut, read or restored here.
package enum SnapshotError: Error, Sendable {
    case storage(StorageError)
    case state(StateUnavailable)
    /// What is kept is not the state that the block of this height was certified with.
    case notCertified(height: UInt64)
    /// A key or value that is none of a state.
    case foreignPair(CodingError)
    /// The state has more chunks than a manifest may have.
    case tooManyChunks
    /// A snapshot's file is not what was written.
    case damaged(String)
    /// Chunks are still missing.
    case incomplete
    /// There is no more time for it.
    case stopping
}

extension SnapshotError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .storage(let error): "\(error)"
        case .state(let error): "\(error)"
        case .notCertified(let height): "it is not the state that block \(height) was certified with"
        case .foreignPair(let error): "the store holds what no state can hold: \(error)"
        case .tooManyChunks: "the state is too large for a snapshot"
        case .damaged(let what): "the snapshot is damaged: \(what)"
        case .incomplete: "parts of the snapshot are still missing"
        case .stopping: "the node stops"
        }
    }
}

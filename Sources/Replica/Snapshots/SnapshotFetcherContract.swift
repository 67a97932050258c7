package import Primitives

/// What happens to a `SnapshotFetcher`. Peers are named by their places.
package enum SnapshotFetcherInput: Sendable {
    /// A peer says that it has a snapshot of the height, with the manifest of this digest.
    case offered(Digest, by: UInt32)
    /// A peer is not there any more, or has let go of the snapshot.
    case left(UInt32)
    case manifest([UInt8], from: UInt32)
    case chunk(UInt32, [UInt8], from: UInt32)
    /// What `begin` asked for is done: which chunks are there already.
    case begun(isComplete: [Bool])
    /// A chunk that was given by `store` was taken in.
    case stored
    /// Time passes: at least every second.
    case tick
}

/// What a `SnapshotFetcher` wants done, in this order.
package enum SnapshotFetcherEffect: Sendable {
    case askManifest(of: UInt32)
    case askChunk(UInt32, of: UInt32)
    /// To restore the state in chunks of this manifest, which is checked; or to go on so. Answered by `begun`.
    case begin(SnapshotManifest)
    case store(VerifiedChunk)
    /// A peer gave what nobody honest gives. It is asked no more.
    case lied(UInt32, SnapshotFault)
    /// All chunks were given.
    case done
}

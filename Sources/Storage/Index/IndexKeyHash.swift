/// Makes keys: SipHash-1-3, under a seed that clients must not know, of the thing's bytes and then its kind.
///
/// The index relies on keys being spread evenly, for speed but not for its answers.
package struct IndexKeyHash: Sendable {
    private let hash: SipHash

    /// - Parameter seed: 128 random bits, the same as long as the index lives.
    package init(seed: (UInt64, UInt64)) { hash = SipHash(key: seed, compression: 1, finalization: 3) }

    /// - Parameters:
    ///   - kind: the caller's number for what sort of thing this is.
    ///   - bytes: the thing. What has several parts of changing lengths needs an encoding of its own.
    package func key(kind: UInt8, _ bytes: Span<UInt8>) -> IndexKey {
        IndexKey(rawValue: hash.hash(bytes, suffix: kind))
    }

    package func key(kind: UInt8, _ bytes: [UInt8]) -> IndexKey { key(kind: kind, bytes.span) }
}

package import Primitives

/// The identities of executed transactions that have not expired: a part of execution that keeps a transaction from
/// taking effect twice.
///
/// Bounded: when it is full, further transactions have no effect until older ones have expired. It is a function of
/// the blocks of the last window, so it is rebuilt from them at start.
package struct DuplicateWindow: Sendable {
    package let countMax: Int
    package private(set) var count = 0
    /// By the second in which they expire, ascending: an identity covers its expiry, so it can only be in one place,
    /// and what has expired goes at once.
    private var buckets: [(second: UInt64, identities: Set<HashedDigest>)] = []

    package init(countMax: Int) { self.countMax = countMax }

    package var isFull: Bool { count >= countMax }

    /// Whether a transaction is there that expires then.
    package func contains(_ identity: Digest, expiry: Timestamp) -> Bool {
        let place = place(of: Self.second(of: expiry))
        return place.isThere && buckets[place.index].identities.contains(HashedDigest(identity))
    }

    /// Takes in an executed transaction.
    package mutating func insert(_ identity: Digest, expiry: Timestamp) {
        let second = Self.second(of: expiry)
        let place = place(of: second)
        if !place.isThere { buckets.insert((second, []), at: place.index) }
        if buckets[place.index].identities.insert(HashedDigest(identity)).inserted { count += 1 }
    }

    /// Forgets what could not be in a block of `time` anyway: seconds that have passed whole.
    package mutating func advance(to time: Timestamp) {
        let passed = buckets.prefix { $0.second < Self.second(of: time) }
        count -= passed.reduce(0) { $0 + $1.identities.count }
        buckets.removeFirst(passed.count)
    }

    /// Whether a block of an earlier time may hold what has not expired in one of `time`: the window forgets whole
    /// seconds only, so that what expired in that second still counts.
    package static func reaches(_ earlier: Timestamp, from time: Timestamp, limits: ChainLimits) -> Bool {
        let latest = Timestamp(milliseconds: earlier.milliseconds + limits.expiryWindowMilliseconds)
        return second(of: latest) >= second(of: time)
    }

    private static func second(of time: Timestamp) -> UInt64 { time.milliseconds / 1000 }

    /// Where the bucket of a second is, or would be. Most look-ups are of late seconds.
    private func place(of second: UInt64) -> (index: Int, isThere: Bool) {
        var index = buckets.count
        while index > 0, buckets[index - 1].second >= second { index -= 1 }
        return (index, index < buckets.count && buckets[index].second == second)
    }
}

/// An output of the chain's hash, of which a part tells as much to a hash table as the whole.
private struct HashedDigest: Hashable, Sendable {
    private let digest: Digest

    init(_ digest: Digest) { self.digest = digest }

    func hash(into hasher: inout Hasher) { hasher.combine(digest.words[0]) }
}

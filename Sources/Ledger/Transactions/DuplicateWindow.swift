package import Primitives

/// The identities of executed transactions that have not expired: a part of execution that keeps a transaction from
/// taking effect twice.
///
/// Bounded: when it is full, further transactions have no effect until older ones have expired. It is a function of
/// the blocks of the last window, so it is rebuilt from them at start.
package struct DuplicateWindow: Sendable {
    package let countMax: Int
    private var identities: Set<Digest> = []
    /// Identities by the second in which they expire, ascending.
    private var buckets: [(second: UInt64, identities: [Digest])] = []

    package init(countMax: Int) { self.countMax = countMax }

    package var count: Int { identities.count }
    package var isFull: Bool { identities.count >= countMax }

    package func contains(_ identity: Digest) -> Bool { identities.contains(identity) }

    /// Takes in an executed transaction.
    package mutating func insert(_ identity: Digest, expiry: Timestamp) {
        guard identities.insert(identity).inserted else { return }
        let second = expiry.milliseconds / 1000
        let position = buckets.lastIndex { $0.second <= second }
        if let position, buckets[position].second == second {
            buckets[position].identities.append(identity)
        } else {
            buckets.insert((second, [identity]), at: position.map { $0 + 1 } ?? 0)
        }
    }

    /// Forgets what could not be in a block of `time` anyway: seconds that have passed whole.
    package mutating func advance(to time: Timestamp) {
        let passed = buckets.prefix { $0.second < time.milliseconds / 1000 }.count
        for bucket in buckets.prefix(passed) {
            for identity in bucket.identities { identities.remove(identity) }
        }
        buckets.removeFirst(passed)
    }
}

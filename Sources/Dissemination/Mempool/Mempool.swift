package import Ledger
package import Primitives

/// Transactions that were checked and wait to be put into a batch: senders take turns, so that who sends much keeps
/// nobody else waiting. Of one sender, first come first served.
package struct Mempool: Sendable {
    private struct Sender: Sendable {
        let address: Address
        var waiting: [SignedTransaction]
        /// What stands before it was taken.
        var start = 0

        var count: Int { waiting.count - start }
    }

    private let transactionsMax: Int
    private let byteCountMax: Int
    private let perSenderMax: Int
    /// Those with transactions, in the order of their turns.
    private var senders: [Sender] = []
    /// Where in `senders` somebody is.
    private var places: [Address: Int] = [:]
    /// Whose turn it is.
    private var turn = 0
    /// The identities of all that wait.
    private var identities: Set<Digest> = []
    package private(set) var count = 0
    package private(set) var byteCount = 0

    package init(
        transactionsMax: Int = DisseminationLimits.mempoolTransactionsMax,
        byteCountMax: Int = DisseminationLimits.mempoolByteCountMax,
        perSenderMax: Int = DisseminationLimits.transactionsPerSenderMax
    ) {
        self.transactionsMax = transactionsMax
        self.byteCountMax = byteCountMax
        self.perSenderMax = perSenderMax
    }

    package var isEmpty: Bool { count == 0 }

    package func contains(_ identity: Digest) -> Bool { identities.contains(identity) }

    /// Takes a transaction in, or says why not.
    package mutating func insert(_ signed: SignedTransaction) -> Rejection? {
        guard !identities.contains(signed.identity) else { return .duplicate }
        let place = places[signed.sender]
        guard count < transactionsMax, byteCount + signed.byteCount <= byteCountMax,
            place.map({ senders[$0].count < perSenderMax }) ?? true
        else { return .overloaded }
        if let place {
            senders[place].waiting.append(signed)
        } else {
            places[signed.sender] = senders.count
            senders.append(Sender(address: signed.sender, waiting: [signed]))
        }
        identities.insert(signed.identity)
        count += 1
        byteCount += signed.byteCount
        return nil
    }

    /// The next transactions, a turn each, as long as `fits` says so of the next one; what has expired at `time` is
    /// passed over and forgotten.
    package mutating func take(
        at time: Timestamp, while fits: (SignedTransaction) -> Bool
    ) -> [SignedTransaction] {
        var taken: [SignedTransaction] = []
        while count > 0 {
            if turn >= senders.count { turn = 0 }
            let sender = senders[turn]
            let next = sender.waiting[sender.start]
            let isExpired = next.expiry <= time
            guard isExpired || fits(next) else { break }
            remove(next)
            if isExpired { continue }
            taken.append(next)
        }
        return taken
    }

    /// Removes the first of whose turn it is, and passes the turn on.
    private mutating func remove(_ signed: SignedTransaction) {
        identities.remove(signed.identity)
        count -= 1
        byteCount -= signed.byteCount
        senders[turn].start += 1
        guard senders[turn].count == 0 else {
            if senders[turn].start >= Self.takenMax {
                senders[turn].waiting.removeFirst(senders[turn].start)
                senders[turn].start = 0
            }
            turn += 1
            return
        }
        // The last sender takes the place of one that has nothing more, and keeps its turn.
        places[senders[turn].address] = nil
        let last = senders.removeLast()
        guard turn < senders.count else { return }
        senders[turn] = last
        places[last.address] = turn
    }

    /// How many that were taken are kept before an array is cut.
    private static let takenMax = 256
}

internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives

/// A batch that is missing, and who has it.
struct Want: Sendable {
    let place: LanePlace
    let above: UInt64
    let holders: [UInt32]
    var asked = 0
    var last: Instant
}

// What is missing, from those who have it.
extension Disseminator {
    mutating func want(_ place: LanePlace, above position: UInt64, from holders: [UInt32]) {
        let others = holders.filter { $0 != terms.own && $0 < terms.count }
        guard !others.isEmpty, batches[place.digest] == nil,
            !wants.contains(where: { $0.place.digest == place.digest })
        else { return }
        var want = Want(place: place, above: position, holders: others, last: now.monotonic)
        ask(&want)
        wants.append(want)
    }

    private mutating func ask(_ want: inout Want) {
        let start = Int(want.place.digest.words[1] % UInt64(want.holders.count))
        let holder = want.holders[(start + want.asked) % want.holders.count]
        want.asked += 1
        want.last = now.monotonic
        send(.fetch(want.place, above: want.above), to: holder)
    }

    mutating func askAgain() {
        wants.removeAll { frontier[$0.place.lane].position >= $0.place.position }
        for index in wants.indices
        where isDue(wants[index].last, afterMilliseconds: DisseminationLimits.fetchMilliseconds) {
            var want = wants[index]
            ask(&want)
            wants[index] = want
        }
    }

    /// Gives out a batch and some before it.
    mutating func serve(_ place: LanePlace, above position: UInt64, to peer: UInt32) {
        guard served[Int(peer)].allows(at: now.monotonic) else { return }
        var digest = place.digest
        for _ in 0..<DisseminationLimits.fetchedBatchesMax {
            guard let held = batches[digest], held.header.position > position else { return }
            send(.fetched(held.batch), to: peer)
            digest = held.header.parent
        }
    }

    /// Takes a batch that was asked for: its name says what is in it.
    mutating func takeFetched(_ batch: Batch, from peer: UInt32) {
        let place = batch.header.place(in: terms.suite)
        guard let want = wants.first(where: { $0.place == place }) else { return }
        guard batch.isConsistent(in: terms.suite) || terms.plant == .trustsFetched else {
            return refuse(peer, .invalidValue)
        }
        store(HeldBatch(batch, terms.check), place, isAcknowledged: false)
        if let missing = missingAncestor(of: batch.header) {
            self.want(missing, above: want.above, from: want.holders)
        }
        settleParked(place.lane)
        resolve()
    }

    mutating func settleParked(_ lane: LaneIdentifier) {
        guard let batch = self.lane(lane)?.parked else { return }
        let index = index(of: lane)
        lanes[index].parked = nil
        settle(batch)
    }
}

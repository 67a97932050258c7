internal import Consensus
internal import Cryptography
package import Ledger
package import Primitives

// From decided cuts to transactions in order.
extension Disseminator {
    mutating func decided(_ decision: UInt64, _ value: [UInt8]) {
        guard decision == lastDecided + 1 else { return }
        // What was decided is decided: a value that is no cut orders nothing.
        let cut = (try? Cut(canonicalBytes: value)) ?? Cut(reading: Timestamp(milliseconds: 0), tips: [])
        let draw = terms.suite.hash(value).words[0]
        pending.append(PendingDecision(number: decision, cut: cut, draw: draw))
        for tip in cut.tips {
            if let index = lanes.firstIndex(where: { $0.identifier == tip.lane }) {
                lanes[index].named = (tip.position, decision)
            }
            guard case .inLine(let batch) = tip, batch.header.lane.owner < UInt32(terms.count) else { continue }
            takeInLine(batch, decision)
        }
        resolve()
    }

    private mutating func takeInLine(_ batch: Batch, _ decision: UInt64) {
        let place = batch.header.place(in: terms.suite)
        // Of decisions alone, so that all nodes have the same, however much of them is resolved.
        if place.position > frontier[place.lane].inLine?.position ?? 0 {
            frontier.update(place.lane) {
                $0.inLine = LaneFrontier.InLine(position: place.position, digest: place.digest, decision: decision)
            }
            ownBatchDecided(place, in: decision)
        }
        let entry = frontier[place.lane]
        guard place.position > entry.position, !entry.isEnded else { return }
        if batches[place.digest] == nil { store(HeldBatch(batch, terms.check), place, isAcknowledged: false) }
        settleParked(place.lane)
    }

    /// Goes through what is decided as far as all batches are here.
    mutating func resolve() {
        while let next = pending.first {
            guard let lanes = unordered(by: next) else { return wantAhead() }
            let ordered = LaneInterleaving(
                lanes.filter { !$0.batches.isEmpty }, draw: next.draw, limits: terms.decisionLimits
            ).ordered
            guard haveAll(ordered, next.cut) else { return wantAhead() }
            pending.removeFirst()
            order(next, lanes, ordered)
        }
        deliver()
    }

    /// Whether all these batches are here; those of which only the headers are known are asked for.
    private mutating func haveAll(_ headers: [BatchHeader], _ cut: Cut) -> Bool {
        guard !providedHeaders.isEmpty else { return true }
        var isComplete = true
        for header in headers {
            let place = header.place(in: terms.suite)
            guard batches[place.digest] == nil, let tip = cut.tips.first(where: { $0.lane == header.lane }) else {
                continue
            }
            isComplete = false
            want(place, above: frontier[header.lane].position, from: holders(of: tip))
        }
        return isComplete
    }

    /// The first decision that waits for batches.
    package var unresolved: UInt64? { pending.first?.number }

    private mutating func wantAhead() {
        for decision in pending.dropFirst().prefix(DisseminationLimits.fetchAheadDecisionsMax) {
            _ = unordered(by: decision)
        }
        deliver()
    }

    /// Each lane's batches from the last ordered one to the cut's tip, as headers; nil if some are missing, which are
    /// asked for then. A lane that does not link is not among them.
    private mutating func unordered(by decision: PendingDecision) -> [LaneInterleaving.Lane]? {
        var (lanes, isComplete) = ([LaneInterleaving.Lane](), true)
        for tip in decision.cut.tips {
            let entry = frontier[tip.lane]
            guard tip.position > entry.position, !entry.isEnded else { continue }
            switch chain(to: tip.place(in: terms.suite), entry) {
            case .linked(let headers): lanes.append(LaneInterleaving.Lane(lane: tip.lane, batches: headers))
            case .forked: lanes.append(LaneInterleaving.Lane(lane: tip.lane, batches: []))
            case .missing(let place):
                isComplete = false
                want(place, above: entry.position, from: holders(of: tip))
            }
        }
        return isComplete ? lanes : nil
    }

    private enum Chain {
        /// Ascending.
        case linked([BatchHeader])
        case forked
        case missing(LanePlace)
    }

    private func chain(to tip: LanePlace, _ entry: LaneFrontier.Entry) -> Chain {
        var (position, digest, headers) = (tip.position, tip.digest, [BatchHeader]())
        while position > entry.position {
            guard let header = batches[digest]?.header ?? providedHeaders[digest] else {
                return .missing(LanePlace(lane: tip.lane, position: position, digest: digest))
            }
            guard header.lane == tip.lane, header.position == position else { return .forked }
            headers.append(header)
            (position, digest) = (position - 1, header.parent)
        }
        if terms.plant == .continuesForkedLane { return .linked(headers.reversed()) }
        return digest == entry.digest ? .linked(headers.reversed()) : .forked
    }

    private func holders(of tip: Cut.Tip) -> [UInt32] {
        let everyone = Array(0..<UInt32(terms.count))
        switch tip {
        case .certified(let certificate): return certificate.signatures.map(\.orderer)
        case .inLine(let batch):
            guard case .certified(let certificate) = batch.link else { return everyone }
            return certificate.signatures.map(\.orderer)
        }
    }

    private mutating func order(
        _ decision: PendingDecision, _ lanes: [LaneInterleaving.Lane], _ ordered: [BatchHeader]
    ) {
        var headers: [BatchHeader] = []
        for lane in lanes where lane.batches.isEmpty {
            // The headers that show it.
            headers += forkedHeaders(lane.lane, decision.cut)
            frontier.update(lane.lane) { $0.isEnded = true }
            forget(lane.lane, upTo: .max)
        }
        var digests: [Digest] = []
        for header in ordered {
            let digest = header.digest(in: terms.suite)
            digests.append(digest)
            frontier.update(header.lane) { ($0.position, $0.digest) = (header.position, digest) }
        }
        headers += lanes.flatMap { lane in lane.batches.filter { $0.position > frontier[lane.lane].position } }
        var inLine: [Digest] = []
        for case .inLine(let batch) in decision.cut.tips where batch.header.lane.owner < UInt32(terms.count) {
            inLine.append(batch.header.digest(in: terms.suite))
            frontier.update(batch.header.lane) { $0.inLineUpTo = max($0.inLineUpTo, batch.header.position) }
        }
        endOldLanes(of: decision.cut)
        resolved = decision.number
        delivering.append(
            Delivery(
                number: decision.number, reading: decision.cut.reading, batches: digests, inLine: inLine,
                headers: headers, frontier: frontier))
        for digest in digests { checkOrdered(digest, frontier) }
        for lane in lanes {
            forget(lane.lane, upTo: frontier[lane.lane].position, keeping: digests)
            settleParked(lane.lane)
        }
    }

    private mutating func endOldLanes(of cut: Cut) {
        var last: UInt32?
        for owner in cut.tips.map(\.lane.owner) where owner != last {
            last = owner
            guard let oldest = frontier.endOldest(of: owner, besides: cut) else { continue }
            let gone = lanes.map(\.identifier).filter { $0.owner == owner && $0 <= oldest }
            for lane in gone { forget(lane, upTo: .max) }
        }
    }

    /// Lets go of what a lane holds up to a position, but for what is yet to be given out.
    private mutating func forget(_ lane: LaneIdentifier, upTo position: UInt64, keeping kept: [Digest] = []) {
        let index = index(of: lane)
        for digest in lanes[index].forget(upTo: position) where !kept.contains(digest) {
            batches.removeValue(forKey: digest)
        }
        stepIns.removeAll { $0.place.lane == lane && $0.place.position <= position }
        wants.removeAll { $0.place.lane == lane && $0.place.position <= position }
        if lanes[index].isEmpty { lanes.remove(at: index) }
        if !providedHeaders.isEmpty {
            providedHeaders = providedHeaders.filter { $0.value.lane != lane || $0.value.position > position }
        }
    }

    /// Gives out decisions whose signatures are all checked.
    mutating func deliver() {
        while let next = delivering.first {
            var (transactions, invalid) = ([SignedTransaction](), [(lane: LaneIdentifier, count: Int)]())
            for digest in next.batches {
                guard let held = batches[digest], let areValid = executed(held, next.frontier) else { return }
                transactions += zip(held.transactions, areValid).filter(\.1).map(\.0)
                let wrong = held.batch.transactions.count - areValid.count { $0 }
                if wrong > 0 { invalid.append((held.header.lane, wrong)) }
            }
            delivering.removeFirst()
            let batches = next.batches.filter { !next.inLine.contains($0) }.compactMap { self.batches[$0]?.batch }
            unlogged.append((next.number, next.batches))
            effects.append(
                .ordered(
                    OrderedDecision(
                        number: next.number, reading: next.reading, transactions: transactions, invalid: invalid,
                        frontier: next.frontier, batches: batches, headers: next.headers)))
            if terms.plant == .forgetsUnlogged { logged(next.number) }
        }
    }

    /// Which transactions of a batch take effect; nil as long as that is not known. Where those who certify vouch for
    /// signatures, what they said counts on all nodes, whoever of them has checked.
    private func executed(_ held: HeldBatch, _ frontier: LaneFrontier) -> [Bool]? {
        guard case .known(let areValid) = held.validity else { return nil }
        return isVouched(held, frontier) ? areValid.map { _ in true } : areValid
    }

    /// Whether those who certified an ordered batch have vouched for its signatures. Of decisions alone, so that it is
    /// the same on all nodes and after any restart.
    func isVouched(_ held: HeldBatch, _ frontier: LaneFrontier) -> Bool {
        terms.verification == .shared && held.header.position > frontier[held.header.lane].inLineUpTo
    }

    mutating func logged(_ decision: UInt64) {
        while let first = unlogged.first, first.decision <= decision {
            for digest in first.batches { batches.removeValue(forKey: digest) }
            unlogged.removeFirst()
        }
    }

    // MARK: The end of the epoch

    /// The epoch ends, whether or not there is something to be ordered until then.
    mutating func reach(_ decision: UInt64) {
        end = decision
        tellOfWork()
    }

    /// What this node has taken in and nobody has ordered: the next epoch's lanes begin with it.
    package mutating func takeUnordered(at time: Timestamp) -> [SignedTransaction] {
        var rest: [SignedTransaction] = []
        if case .signing(let transactions)? = ownLane?.stage { rest += transactions }
        for lane in lanes where lane.identifier.owner == terms.own {
            for held in lane.held where held.position > covered(lane.identifier, []) {
                guard let batch = batches[held.digest] else { continue }
                rest += batch.transactions.filter { $0.expiry > time }
            }
        }
        return rest + mempool.take(at: time) { _ in true }
    }

    // MARK: From peers

    /// Keeps what the lanes of a decision's cut link by. The cut, which was decided or will be, names the tips; each
    /// header names the one before it.
    mutating func provide(_ value: [UInt8], _ provided: [Batch], _ headers: [BatchHeader]) {
        guard let cut = try? Cut(canonicalBytes: value) else { return }
        var given: [Digest: (header: BatchHeader, batch: Batch?)] = [:]
        for header in headers { given[header.digest(in: terms.suite)] = (header, nil) }
        for batch in provided { given[batch.header.digest(in: terms.suite)] = (batch.header, batch) }
        for tip in cut.tips where tip.position > frontier[tip.lane].position {
            var digest = tip.place(in: terms.suite).digest
            var position = tip.position
            while position > frontier[tip.lane].position {
                if case .inLine(let batch) = tip, position == tip.position {
                    digest = batch.header.parent
                } else if let known = batches[digest]?.header {
                    digest = known.parent
                } else if let (header, batch) = given[digest], header.lane == tip.lane, header.position == position {
                    keep(header, batch, digest)
                    digest = header.parent
                } else {
                    break
                }
                position -= 1
            }
        }
        resolve()
    }

    private mutating func keep(_ header: BatchHeader, _ batch: Batch?, _ digest: Digest) {
        if let batch, batch.isConsistent(in: terms.suite) {
            batches[digest] = HeldBatch(batch, terms.check)
            wants.removeAll { $0.place.digest == digest }
            lanes[index(of: header.lane)].insert(header.position, digest, isAcknowledged: false)
        } else {
            providedHeaders[digest] = header
        }
    }

    /// What shows that a lane does not link: the chain from its tip, as far as the cut does not carry it.
    private func forkedHeaders(_ lane: LaneIdentifier, _ cut: Cut) -> [BatchHeader] {
        guard let tip = cut.tips.first(where: { $0.lane == lane }) else { return [] }
        var (digest, headers) = (tip.place(in: terms.suite).digest, [BatchHeader]())
        while let header = batches[digest]?.header ?? providedHeaders[digest], header.lane == lane,
            header.position > frontier[lane].position
        {
            headers.append(header)
            digest = header.parent
        }
        return headers
    }

    // MARK: Across restarts

    mutating func takeOver(_ record: BatchRecord) {
        let header = record.batch.header
        guard header.context == terms.context, header.lane.owner < UInt32(terms.count),
            header.position > frontier[header.lane].position, !frontier[header.lane].isEnded
        else { return }
        let place = header.place(in: terms.suite)
        let index = index(of: header.lane)
        lanes[index].insert(place.position, place.digest, isAcknowledged: record.isAcknowledged)
        newest[Int(header.lane.owner)] = max(newest[Int(header.lane.owner)], header.lane.incarnation)
        if batches[place.digest] == nil { batches[place.digest] = HeldBatch(record.batch, terms.check) }
        if record.isAcknowledged {
            batches[place.digest]?.batch = record.batch
            batches[place.digest]?.isDurable = true
            // Nobody has looked at the links of what was fetched.
            if case .certified(let certificate) = record.batch.link { learn(certificate) }
        }
        check(place.digest)
    }

    /// All that must be written forward when the journal lets go of old records.
    package var liveRecords: [[UInt8]] {
        let waiting = lanes.flatMap { lane in lane.held.map { ($0.digest, $0.isAcknowledged) } }
        let ordered = (delivering.flatMap(\.batches) + unlogged.flatMap(\.batches)).map { ($0, true) }
        return (waiting + ordered).compactMap { digest, isAcknowledged in
            batches[digest].map { BatchRecord(batch: $0.batch, isAcknowledged: isAcknowledged).canonicalBytes }
        }
    }
}

extension Cut.Tip {
    func place(in suite: Suite) -> LanePlace {
        switch self {
        case .certified(let certificate): certificate.place
        case .inLine(let batch): batch.header.place(in: suite)
        }
    }
}

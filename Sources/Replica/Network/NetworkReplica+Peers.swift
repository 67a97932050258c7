internal import Consensus
internal import Cryptography
internal import Dissemination
internal import Ledger
internal import Primitives

/// Decisions that are asked for.
struct Fetch: Sendable {
    var peer: UInt32
    /// The first one.
    let first: UInt64
    let begunAt: Instant
    /// When the last one came.
    var since: Instant
    /// How many came.
    var count = 0
}

// What other nodes say of results and decisions.
extension NetworkReplica {
    mutating func receive(_ bytes: [UInt8], from node: UInt32) {
        guard node < terms.directory.count, node != terms.own else { return }
        guard bytes.count <= ReplicaLimits.messageByteCountMax else {
            return effects.append(.refused(from: node, .tooLong))
        }
        guard let received = try? EpochMessage(canonicalBytes: bytes) else {
            return effects.append(.refused(from: node, .undecodable))
        }
        switch received.message {
        // Whatever the epoch.
        case .decision(let record): if isRunning { take(record, byteCount: bytes.count, from: node) }
        case .epochEnd(let certificate): if isRunning || isStarting { take(epochEnd: certificate, from: node) }
        case .fetchBlocks(let first):
            guard first >= 1, served[Int(node)].allowsBlocks(at: now.monotonic) else { break }
            effects.append(.serveBlocks(to: node, from: first))
        case .blocks(let blocks): if isRunning { take(blocks, from: node) }
        case .fetchHandOvers, .fetchOffer, .fetchManifest, .fetchChunk, .fetchTail:
            guard served[Int(node)].allowsJoining(at: now.monotonic) else { break }
            effects.append(.serveJoiner(to: node, received.message))
        // For those who join. If this node has joined, what it no longer waits for may still be on its way.
        case .handOvers, .offer, .manifest, .chunk, .tail:
            guard !served[Int(node)].allowsLateAnswer(byteCount: bytes.count) else { break }
            effects.append(.refused(from: node, .notItsPlace))
        default:
            guard received.epoch == terms.epoch.number else { return heed(received.epoch, from: node) }
            if case .fetchDecisions(let first) = received.message { return serve(first, to: node) }
            guard let place = terms.place(of: node) else { return }
            receive(received.message, from: place)
        }
    }

    private mutating func receive(_ message: ReplicaMessage, from peer: UInt32) {
        switch message {
        case .starting(let announcement): take(announcement, from: peer)
        case .started(let answer): take(answer, from: peer)
        case .engine(let bytes): if isRunning { giveEngine(.message(from: peer, bytes)) }
        case .dissemination(let bytes): if isRunning { giveDissemination(.message(from: peer, bytes)) }
        case .result(let result, let isRepeated): if isRunning { take(result, isRepeated, from: peer) }
        case .certificate(let certificate):
            guard isRunning else { break }
            results.take(certificate)
            examine(certificate.statement.height)
            settle()
        case .fetchDecisions, .decision, .epochEnd, .fetchBlocks, .blocks: break
        case .fetchHandOvers, .handOvers, .fetchOffer, .offer, .fetchManifest, .manifest, .fetchChunk, .chunk,
            .fetchTail, .tail:
            break
        }
    }

    /// There are other nodes.
    mutating func take(_ directory: NodeDirectory) {
        precondition(directory.count >= terms.directory.count, "a node keeps its number")
        terms.take(directory)
        while served.count < directory.count { served.append(PeerBudget()) }
        synchroniser?.grow(to: directory.count)
    }

    /// Says again what whoever was away must know: that this node starts, or up to where it has decided.
    mutating func connected(_ node: UInt32) {
        guard node != terms.own else { return }
        if Int(node) < terms.directory.count { synchroniser?.connected(node) }
        guard let place = terms.place(of: node) else { return }
        switch stage {
        case .starting(let starting):
            if let announcement = starting.announcement { send(.starting(announcement), to: place) }
        case .running: giveEngine(.connected(place))
        case .stopped, .raising, .halted: break
        }
    }

    // MARK: Results

    private mutating func take(_ result: OwnResult, _ isRepeated: Bool, from peer: UInt32) {
        guard let certifier = terms.certifier(at: peer) else {
            return refuse(place: peer, .notItsPlace)
        }
        results.take(result, from: certifier)
        examine(result.height)
        settle()
        guard isRepeated, result.height > 0 else { return }
        if result.height <= loggedHeight {
            if let node = terms.node(at: peer) {
                effects.append(.serveCertificate(to: node, height: result.height))
            }
        } else if let certificate = committedCertificate(at: result.height) {
            send(.certificate(certificate), to: peer)
        } else if let own = ownResults.durable(at: result.height) {
            send(.result(own, isRepeated: false), to: peer)
        }
    }

    private func committedCertificate(at height: UInt64) -> BlockCertificate? {
        results.certificate(at: height)
            ?? flights.lazy.flatMap(\.certificates).first { $0.statement.height == height }
    }

    /// Says what this node's execution gave. It is durable.
    mutating func tell(_ result: OwnResult) {
        guard let certifier = terms.certifier else { return }
        results.take(own: result, certifier: certifier)
        ownResults.markDurable(at: result.height)
        send(.result(result, isRepeated: false), to: nil)
        if case .diverged(let other)? = results.verdict(at: result.height) {
            return halt(.diverged(height: result.height, own: result.digest, other: other))
        }
        examine(result.height)
        settle()
    }

    mutating func repeatResults() {
        var count = 0
        for index in flights.indices where !flights[index].isCommitted && isLate(flights[index].since) {
            // Those after it have their turn at the next tick.
            guard count < ReplicaLimits.repeatedResultsMax else { break }
            guard let executed = flights[index].executed else { continue }
            flights[index].since = now.monotonic
            for block in executed.blocks where count < ReplicaLimits.repeatedResultsMax {
                let height = block.statement.height
                guard results.certificate(at: height) == nil, let own = ownResults.durable(at: height) else { continue }
                count += 1
                send(.result(own, isRepeated: true), to: nil)
            }
        }
    }

    /// Checks the signatures at a height, if they may decide it.
    mutating func examine(_ height: UInt64) {
        if let checks = results.nextChecks(at: height) { verify(checks) }
    }

    mutating func checked(_ checks: ResultCollector.Checks, _ mask: [Bool]) {
        for (index, entry) in checks.results.prefix(checks.directCount).enumerated()
        where !(index < mask.count && mask[index]) {
            if let place = terms.place(ofCertifier: entry.certifier) {
                refuse(place: place, .wrongSignature)
            }
        }
        if case .diverged(let other)? = results.checked(checks, mask) {
            let own = ownResults[checks.height]?.digest ?? .zero
            return halt(.diverged(height: checks.height, own: own, other: other))
        }
        examine(checks.height)
        settle()
    }

    // MARK: Decisions

    /// Gives out decisions: from memory what is not in the log.
    private mutating func serve(_ first: UInt64, to node: UInt32) {
        guard first >= 1, served[Int(node)].allowsDecisions(at: now.monotonic) else { return }
        if first <= logged { return effects.append(.serveDecisions(to: node, from: first)) }
        guard isRunning else { return }
        for flight in flights.filter({ $0.number >= first && $0.isDurable }).prefix(ReplicaLimits.servedDecisionsMax) {
            send(.decision(flight.record), toNodes: [node])
        }
    }

    /// Asks for the decisions after the last one, until those up to another are there.
    mutating func beginFetch(upTo decision: UInt64) {
        neededUpTo = max(neededUpTo, decision)
        fetchFurther()
    }

    mutating func fetchFurther() {
        if terms.orderer != nil, fetch == nil, neededUpTo > decided, hasRoom { ask(from: decided + 1) }
    }

    private mutating func ask(from first: UInt64) {
        guard let node = nextNode else { return }
        arrived.forgetPeers()
        ask(node, from: first)
    }

    /// Another one each time.
    var nextNode: UInt32? {
        mutating get {
            let count = UInt32(terms.directory.count)
            guard count > 1 else { return nil }
            nextPeer = (nextPeer + 1) % count
            if nextPeer == terms.own { nextPeer = (nextPeer + 1) % count }
            return nextPeer
        }
    }

    mutating func ask(_ node: UInt32, from first: UInt64) {
        fetch = Fetch(peer: node, first: first, begunAt: now.monotonic, since: now.monotonic)
        send(.fetchDecisions(from: first), toNodes: [node])
    }

    mutating func askAgain() {
        guard terms.orderer != nil else { return }
        if let fetch, !isLate(fetch.since), !isSlow(fetch) { return }
        fetch = nil
        // Whoever had the batches of a decision may have them in its log only; what comes after waits for it.
        if let unresolved, flights.contains(where: { $0.number == unresolved && isLate($0.since) }) {
            ask(from: unresolved)
        } else if hasRoom, neededUpTo > decided || behindSince.map(isLate) ?? false {
            ask(from: decided + 1)
        }
    }

    /// Whether one answer takes as long as several others could.
    private func isSlow(_ fetch: Fetch) -> Bool {
        now.monotonic >= fetch.begunAt.advanced(byMilliseconds: 4 * ReplicaLimits.lateMilliseconds)
    }

    /// Whoever was left out when the last decision was made would not know of it: results tell.
    mutating func noteOthers() {
        let isBehind = flights.isEmpty && results.areOthersAhead
        behindSince = isBehind ? behindSince ?? now.monotonic : nil
    }

    /// After a decision: there may be more where it came from. Who gives what holds is asked on.
    mutating func noteProgress() {
        guard let fetch, hasRoom, arrived.isEmpty, fetch.count >= ReplicaLimits.servedDecisionsMax else { return }
        ask(fetch.peer, from: decided + 1)
    }

    private mutating func take(_ record: DecisionRecord, byteCount: Int, from peer: UInt32) {
        guard fetch?.peer == peer, record.number > 0 else { return }
        fetch?.count += 1
        fetch?.since = now.monotonic
        guard record.number > decided else {
            guard let flight = flights.first(where: { $0.number == record.number }), flight.value == record.value
            else { return }
            for certificate in record.certificates { results.take(certificate) }
            if flight.order == nil { provide(record) }
            for certificate in record.certificates { examine(certificate.statement.height) }
            return settle()
        }
        guard record.number - decided <= ReplicaLimits.arrivedDecisionsMax else { return }
        arrived.insert(record, byteCount: byteCount, isNext: record.number == decided + 1)
        if record.number == decided + 1 { takeArrived() }
    }
}

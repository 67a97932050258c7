package import Cryptography
package import Ledger
package import Primitives

/// Fetches the snapshot of a certified state from peers of whom it believes nobody.
///
/// ```
/// offers ──the cut of most──▶ manifest ──checked──▶ begin ──begun──▶ chunks of several peers ──each checked──▶ done
/// ```
/// - All whom the manifest is from have the same one: two honest peers never offer different ones, but liars may offer
///   one that leads to the same root and is cut otherwise. Only those are asked for chunks who offered the manifest in
///   use. If they don't get on, or after a while, those have their turn who offered another; each turn is twice as long
///   as the one before of the same manifest. What is restored meanwhile stays.
/// - A peer has few requests open. One that is late is asked of another as well; who was late is tried again later, one
///   request at a time, with more patience each time. So a slow peer serves where it is the only one.
/// - Who lied once is asked no more. What nobody asked for is not looked at.
///
/// If one peer is honest and answers, however late, this comes to its end. What is asked for, and what came and is not
/// stored yet, is bounded together.
package struct SnapshotFetcher: Sendable {
    private enum State: Hashable, Sendable {
        /// Nobody may be asked.
        case idle
        /// Peers were asked for the manifest, the last one at a time.
        case manifest(asked: [UInt32], since: Instant)
        /// The manifest is with the restorer.
        case beginning
        case chunks
        case done
    }

    private let statement: ResultStatement
    private let suite: Suite
    private var state = State.idle
    private var peers = SnapshotPeers()
    /// The digest of the manifest in use.
    private var offer = Digest.zero
    /// Nil until it is checked.
    private var manifest: SnapshotManifest?
    private var chunks = ChunkProgress(isComplete: [])
    /// How often each offer had its turn.
    private var turns: [(offer: Digest, count: UInt64)] = []
    private var turnStart = Instant(nanoseconds: 0)
    /// When the last chunk came in this turn, or when it began.
    private var lastProgress = Instant(nanoseconds: 0)
    private var unstoredCount = 0

    /// For the state that a verified certificate names.
    package init(certified statement: ResultStatement, suite: Suite) {
        self.statement = statement
        self.suite = suite
    }

    /// How many chunks are there, and how many there are; nil as long as that is not known.
    package var progress: (complete: Int, all: Int)? {
        state == .chunks || state == .done ? (chunks.completeCount, chunks.isComplete.count) : nil
    }

    package mutating func handle(
        _ input: SnapshotFetcherInput, at now: Instant, into effects: inout [SnapshotFetcherEffect]
    ) {
        guard state != .done else { return }
        switch input {
        case .offered(let digest, let peer): take(digest, from: peer, into: &effects)
        case .left(let peer): leave(peer, at: now, into: &effects)
        case .manifest(let bytes, let peer): takeManifest(bytes, from: peer, at: now, into: &effects)
        case .chunk(let index, let bytes, let peer): takeChunk(Int(index), bytes, from: peer, at: now, into: &effects)
        case .begun(let isComplete): begin(isComplete, at: now)
        case .stored: unstoredCount = max(0, unstoredCount - 1)
        case .tick: tick(at: now, into: &effects)
        }
        goOn(at: now, into: &effects)
    }

    // MARK: Peers

    private mutating func take(_ digest: Digest, from number: UInt32, into effects: inout [SnapshotFetcherEffect]) {
        if let peer = peers[number] {
            guard !peer.isLiar else { return }
            guard peer.offer == digest else { return accuse(number, .otherOffer(digest), into: &effects) }
            peers[number]?.isHere = true
        } else {
            peers.insert(number, offer: digest)
        }
        // As long as nothing has begun, what most have is asked for.
        guard case .manifest = state, digest != offer, turnCount(of: digest) == 0 else { return }
        if peers.usable(with: digest).count > peers.usable(with: offer).count { state = .idle }
    }

    private mutating func leave(_ number: UInt32, at now: Instant, into effects: inout [SnapshotFetcherEffect]) {
        peers[number]?.isHere = false
        dropRequests(of: number)
        if case .manifest(let asked, _) = state, asked.last == number {
            askForManifest(asked, at: now, into: &effects)
        }
    }

    private mutating func accuse(
        _ number: UInt32, _ fault: SnapshotFault, into effects: inout [SnapshotFetcherEffect]
    ) {
        peers[number]?.isLiar = true
        dropRequests(of: number)
        effects.append(.lied(number, fault))
    }

    /// What a peer was asked for is asked of others.
    private mutating func dropRequests(of number: UInt32) {
        let dropped = peers[number]?.requests ?? []
        peers[number]?.requests = []
        for request in dropped where !request.isLate { chunks.askAgain(request.chunk) }
    }

    // MARK: Answers

    private mutating func takeManifest(
        _ bytes: [UInt8], from number: UInt32, at now: Instant, into effects: inout [SnapshotFetcherEffect]
    ) {
        guard case .manifest(let asked, _) = state, asked.contains(number), peers[number]?.isUsable == true else {
            return
        }
        let digest = suite.hash(bytes)
        guard digest == offer else {
            accuse(number, .otherManifest(digest), into: &effects)
            return askForManifest(asked, at: now, into: &effects)
        }
        do throws(SnapshotFault) {
            let manifest = try Self.manifest(bytes)
            try manifest.check(against: statement, in: suite)
            peers[number]?.silences = 0
            self.manifest = manifest
            state = .beginning
            effects.append(.begin(manifest))
        } catch {
            // Whoever offered it has offered what can't be.
            for peer in peers.usable(with: offer) { accuse(peer.number, error, into: &effects) }
        }
    }

    private static func manifest(_ bytes: [UInt8]) throws(SnapshotFault) -> SnapshotManifest {
        do throws(CodingError) { return try SnapshotManifest(canonicalBytes: bytes) } catch {
            throw .malformed(error)
        }
    }

    private mutating func begin(_ isComplete: [Bool], at now: Instant) {
        guard state == .beginning, isComplete.count == manifest?.chunks.count else { return }
        chunks = ChunkProgress(isComplete: isComplete)
        state = .chunks
        lastProgress = now
    }

    private mutating func takeChunk(
        _ index: Int, _ bytes: [UInt8], from number: UInt32, at now: Instant,
        into effects: inout [SnapshotFetcherEffect]
    ) {
        guard state == .chunks, let manifest, let peer = peers[number], peer.isUsable,
            let place = peer.requests.firstIndex(where: { $0.chunk == index })
        else { return }
        guard !chunks.isComplete[index] else {
            // Another was faster, so it may be true or not.
            peers[number]?.requests.remove(at: place)
            return
        }
        do throws(SnapshotFault) {
            let chunk = try VerifiedChunk(bytes, index: index, of: manifest, in: suite)
            peers[number]?.requests.remove(at: place)
            peers[number]?.silences = 0
            chunks.complete(index)
            lastProgress = now
            unstoredCount += 1
            effects.append(.store(chunk))
        } catch { accuse(number, error, into: &effects) }
    }

    // MARK: Time

    private mutating func tick(at now: Instant, into effects: inout [SnapshotFetcherEffect]) {
        for chunk in peers.markLate(at: now) { chunks.askAgain(chunk) }
        if case .manifest(let asked, let since) = state, let last = asked.last, let peer = peers[last],
            now >= peer.patienceEnd(since, ReplicaLimits.snapshotManifestLateMilliseconds)
        {
            peers[last]?.silences += 1
            askForManifest(asked, at: now, into: &effects)
        }
        if isTurnOver(at: now) { state = .idle }
    }

    private func isTurnOver(at now: Instant) -> Bool {
        guard state != .idle, state != .beginning, peers.offers.contains(where: { $0.digest != offer }) else {
            return false
        }
        let doublings = min(turnCount(of: offer) - 1, ReplicaLimits.snapshotTurnDoublingsMax)
        let stall = lastProgress.advanced(byMilliseconds: ReplicaLimits.snapshotStallMilliseconds << doublings)
        return now >= stall
            || now >= turnStart.advanced(byMilliseconds: ReplicaLimits.snapshotTurnMilliseconds << doublings)
    }

    private func turnCount(of offer: Digest) -> UInt64 { turns.first { $0.offer == offer }?.count ?? 0 }

    // MARK: Going on

    private mutating func goOn(at now: Instant, into effects: inout [SnapshotFetcherEffect]) {
        if state != .beginning, peers.usable(with: offer).isEmpty { state = .idle }
        if state == .idle { beginTurn(at: now, into: &effects) }
        guard state == .chunks else { return }
        askForChunks(at: now, into: &effects)
        if chunks.isWhole {
            state = .done
            effects.append(.done)
        }
    }

    /// Begins with the manifest that had the fewest turns, or of those the one that most have.
    private mutating func beginTurn(at now: Instant, into effects: inout [SnapshotFetcherEffect]) {
        peers.forgetRequests()
        let best = peers.offers.min { left, right in
            (turnCount(of: left.digest), right.count, left.digest)
                < (turnCount(of: right.digest), left.count, right.digest)
        }
        guard let best else { return }
        offer = best.digest
        manifest = nil
        chunks = ChunkProgress(isComplete: [])
        countTurn()
        (turnStart, lastProgress) = (now, now)
        askForManifest([], at: now, into: &effects)
    }

    private mutating func countTurn() {
        if let index = turns.firstIndex(where: { $0.offer == offer }) {
            turns[index].count += 1
        } else {
            turns.append((offer, 1))
        }
    }

    /// Asks one who was not asked yet; if there is none, the turn is over.
    private mutating func askForManifest(
        _ asked: [UInt32], at now: Instant, into effects: inout [SnapshotFetcherEffect]
    ) {
        let others = peers.usable(with: offer).filter { !asked.contains($0.number) }
        guard let next = others.min(by: { ($0.silences, $0.number) < ($1.silences, $1.number) }) else {
            state = .idle
            return
        }
        state = .manifest(asked: asked + [next.number], since: now)
        effects.append(.askManifest(of: next.number))
    }

    private mutating func askForChunks(at now: Instant, into effects: inout [SnapshotFetcherEffect]) {
        var rest = ReplicaLimits.snapshotRequestsMax - unstoredCount - peers.openRequestCount
        while rest > 0, let next = chunks.take({ peers.best(for: $0, with: offer) }) {
            peers[next.peer]?.requests.append(ChunkRequest(chunk: next.chunk, time: now))
            effects.append(.askChunk(UInt32(next.chunk), of: next.peer))
            rest -= 1
        }
    }
}

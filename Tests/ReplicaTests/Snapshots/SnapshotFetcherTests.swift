import Cryptography
import Ledger
import Primitives
import Storage
import TestSupport
import Testing

@testable import Replica

/// Peers of every kind, and the fetcher between them: where one of them is honest it ends with the right state.
@Suite struct SnapshotFetcherTests {
    enum Behaviour: CaseIterable {
        case honest
        /// Honest, but its answers take very long.
        case slow
        case silent
        /// Offers a true manifest that is cut otherwise, and gives its chunks.
        case otherCut
        /// The same, but gives no chunk, or one a while.
        case otherCutSilent
        case otherCutDripping
        /// Offers what does not lead to the root.
        case wrongManifest
        /// Gives another manifest than it offers, or no manifest.
        case otherManifest
        /// Now and then gives a chunk that is wrong.
        case wrongChunk
        /// Answers with the chunk before.
        case otherChunk
        /// Offers now this, now that.
        case wavering
        /// Comes and goes, and answers half of what it is asked for.
        case leaving
        /// Sends what nobody asked for, and answers everything twice. Some of it by chance is asked for.
        case noisy

        var isHonest: Bool { self == .honest || self == .slow }
        /// Whether it may do nothing that proves it a liar.
        var neverLies: Bool {
            switch self {
            case .honest, .slow, .silent, .otherCut, .otherCutSilent, .otherCutDripping, .leaving: true
            default: false
            }
        }
    }

    /// What all runs have in common.
    private struct Material: Sendable {
        let sample: SnapshotSample
        let snapshot: KeptSnapshot
        let other: KeptSnapshot
        let wrong: KeptSnapshot

        init() throws {
            sample = try SnapshotSample(count: 150, shape: .even, seed: 50)
            snapshot = try sample.cut(chunkByteCount: 800)
            other = try sample.cut(chunkByteCount: 400)
            wrong = try SnapshotSample(count: 150, shape: .even, seed: 51).cut(chunkByteCount: 800)
        }
    }

    /// One run, on a seed.
    private final class World {
        let material: Material
        let peers: [Behaviour]
        var generator: SeededGenerator
        var fetcher: SnapshotFetcher
        var now: UInt64 = 0
        var mail: [(time: UInt64, input: SnapshotFetcherInput)] = []
        var restorer: SnapshotRestorer?
        let store: MemoryKeyValueStore
        var liars: [(peer: UInt32, fault: SnapshotFault)] = []
        var asked = 0
        var isDone = false
        var isHere: [Bool]

        init(_ peers: [Behaviour], seed: UInt64, _ material: Material) throws {
            (self.peers, self.material) = (peers, material)
            generator = SeededGenerator(seed: seed)
            fetcher = SnapshotFetcher(certified: material.sample.statement, suite: SnapshotSample.suite)
            store = try MemoryKeyValueStore()
            isHere = peers.map { _ in true }
        }

        private func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

        private func send(_ input: SnapshotFetcherInput, after milliseconds: UInt64) {
            mail.append((now + milliseconds, input))
        }

        private func snapshot(of peer: UInt32) -> KeptSnapshot {
            switch peers[Int(peer)] {
            case .otherCut, .otherCutSilent, .otherCutDripping: material.other
            case .wrongManifest: material.wrong
            case .wavering: chance(50) ? material.other : material.snapshot
            default: material.snapshot
            }
        }

        func run() throws {
            for peer in peers.indices {
                let digest = snapshot(of: UInt32(peer)).manifest.digest(in: SnapshotSample.suite)
                send(.offered(digest, by: UInt32(peer)), after: UInt64.random(in: 0...2000, using: &generator))
            }
            var steps = 0
            while !isDone {
                steps += 1
                guard steps < 200_000 else { throw SimulationFailure("it does not end: \(peers)") }
                try step()
            }
            try restorer?.finish()
            let restored = try contents(of: store)
            guard restored == (try contents(of: material.sample.store)) else {
                throw SimulationFailure("another state: \(peers)")
            }
            for (peer, fault) in liars where peers[Int(peer)].neverLies {
                throw SimulationFailure("peer \(peer), \(peers[Int(peer)]), is accused: \(fault)")
            }
            guard Set(liars.map(\.peer)).count == liars.count else { throw SimulationFailure("accused twice") }
        }

        private func step() throws {
            // What is due comes in any order.
            let due = mail.indices.filter { mail[$0].time <= now }
            if let index = due.randomElement(using: &generator) {
                let input = mail.remove(at: index).input
                if case .offered(_, let peer) = input, !isHere[Int(peer)] { return }
                return try handle(input)
            }
            now += 100
            if now.isMultiple(of: 500) { try handle(.tick) }
            for peer in peers.indices where peers[peer] == .leaving && chance(2) {
                isHere[peer].toggle()
                let digest = material.snapshot.manifest.digest(in: SnapshotSample.suite)
                try handle(isHere[peer] ? .offered(digest, by: UInt32(peer)) : .left(UInt32(peer)))
            }
            for peer in peers.indices where peers[peer] == .noisy && chance(5) {
                send(.chunk(UInt32.random(in: 0..<50, using: &generator), [1, 2], from: UInt32(peer)), after: 0)
                send(.manifest([3], from: UInt32(peer)), after: 0)
                send(.chunk(0, [1, 2], from: 77), after: 0)
            }
            for peer in peers.indices where peers[peer] == .wavering && chance(5) {
                let digest = snapshot(of: UInt32(peer)).manifest.digest(in: SnapshotSample.suite)
                try handle(.offered(digest, by: UInt32(peer)))
            }
        }

        private func handle(_ input: SnapshotFetcherInput) throws {
            var effects: [SnapshotFetcherEffect] = []
            fetcher.handle(input, at: Instant(nanoseconds: now * 1_000_000), into: &effects)
            for effect in effects { try perform(effect) }
        }

        private func perform(_ effect: SnapshotFetcherEffect) throws {
            switch effect {
            case .askManifest(let peer):
                try checkAsked(peer)
                answerManifest(peer)
            case .askChunk(let index, let peer):
                try checkAsked(peer)
                asked += 1
                try answerChunk(index, peer)
            case .begin(let manifest):
                if restorer == nil {
                    restorer = try SnapshotRestorer(
                        manifest, certified: material.sample.statement, suite: SnapshotSample.suite, store: store,
                        batchByteCount: 3000)
                } else {
                    try restorer?.recut(manifest)
                }
                send(.begun(isComplete: restorer?.isComplete ?? []), after: 100)
            case .store(let chunk):
                try restorer?.put(chunk)
                send(.stored, after: UInt64.random(in: 0...300, using: &generator))
            case .lied(let peer, let fault): liars.append((peer, fault))
            case .done: isDone = true
            }
        }

        private func checkAsked(_ peer: UInt32) throws {
            guard !liars.contains(where: { $0.peer == peer }) else { throw SimulationFailure("a liar is asked") }
            guard isHere[Int(peer)] else { throw SimulationFailure("one who left is asked") }
        }

        private func delay(_ peer: UInt32) -> UInt64 {
            peers[Int(peer)] == .slow
                ? UInt64.random(in: 3000...25_000, using: &generator) : UInt64.random(in: 0...900, using: &generator)
        }

        private func answerManifest(_ peer: UInt32) {
            var bytes = snapshot(of: peer).manifest.canonicalBytes
            switch peers[Int(peer)] {
            case .silent: return
            case .leaving: if chance(50) { return }
            case .otherManifest: bytes = chance(50) ? [1, 2, 3] : material.other.manifest.canonicalBytes
            default: break
            }
            send(.manifest(bytes, from: peer), after: delay(peer))
        }

        private func answerChunk(_ index: UInt32, _ peer: UInt32) throws {
            var bytes = try snapshot(of: peer).chunk(at: index) ?? []
            switch peers[Int(peer)] {
            case .silent, .otherCutSilent: return
            case .leaving: if chance(50) { return }
            case .otherCutDripping:
                return send(.chunk(index, bytes, from: peer), after: 29_000)
            case .wrongChunk: if chance(30), !bytes.isEmpty { bytes[bytes.count - 1] ^= 1 }
            case .otherChunk: bytes = try snapshot(of: peer).chunk(at: index == 0 ? 1 : index - 1) ?? []
            case .noisy: send(.chunk(index, bytes + [1], from: peer), after: 3000)
            default: break
            }
            send(.chunk(index, bytes, from: peer), after: delay(peer))
        }
    }

    @Test func `with one honest peer it ends with the right state`() throws {
        let material = try Material()
        var (found, late): ([SnapshotFault], Int) = ([], 0)
        for seed in 0..<300 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var peers = (0..<Int.random(in: 0...9, using: &generator)).map { _ in
                Behaviour.allCases.randomElement(using: &generator) ?? .silent
            }
            peers.append(Bool.random(using: &generator) ? .honest : .slow)
            peers.shuffle(using: &generator)
            do {
                let world = try World(peers, seed: seed, material)
                try world.run()
                found += world.liars.map(\.fault)
                late += world.asked - material.snapshot.manifest.chunks.count
            } catch { Issue.record("seed \(seed): \(error)") }
        }
        // What never happens is not tested.
        #expect(late > 1000)
        let kinds = found.map { fault in "\(fault)".prefix { $0 != " " && $0 != "(" } }
        #expect(Set(kinds).count > 2, "\(Set(kinds))")
        #expect(found.contains { if case .wrongRoot = $0 { true } else { false } })
        #expect(found.contains { if case .otherManifest = $0 { true } else { false } })
        #expect(found.contains { if case .otherOffer = $0 { true } else { false } })
        #expect(found.contains { if case .wrongIndex = $0 { true } else { false } })
        #expect(found.contains { if case .wrongDigest = $0 { true } else { false } })
    }

    @Test(arguments: Behaviour.allCases) func `many of one kind against one honest peer`(
        _ behaviour: Behaviour
    ) throws {
        let material = try Material()
        for honest in [Behaviour.honest, .slow] {
            for seed in 0..<4 as Range<UInt64> {
                let world = try World(Array(repeating: behaviour, count: 7) + [honest], seed: seed, material)
                try world.run()
            }
        }
    }

    @Test func `honest peers share the work, and nothing is asked for twice`() throws {
        let material = try Material()
        let world = try World(Array(repeating: .honest, count: 5), seed: 1, material)
        try world.run()
        #expect(world.liars.isEmpty)
        #expect(world.asked == material.snapshot.manifest.chunks.count)
    }

    @Test func `what is there already is not asked for`() throws {
        let material = try Material()
        let world = try World([.honest], seed: 2, material)
        let chunks = try SnapshotSample.chunks(of: material.snapshot)
        var earlier = try SnapshotRestorer(
            material.snapshot.manifest, certified: material.sample.statement, suite: SnapshotSample.suite,
            store: world.store)
        for chunk in chunks.dropLast(3) { try earlier.put(chunk) }
        try earlier.flush()
        try world.run()
        #expect(world.asked == 3)
    }

    @Test func `the empty state needs no chunk`() throws {
        let sample = try SnapshotSample([])
        let snapshot = try sample.cut()
        var fetcher = SnapshotFetcher(certified: sample.statement, suite: SnapshotSample.suite)
        let now = Instant(nanoseconds: 1)
        var effects: [SnapshotFetcherEffect] = []
        fetcher.handle(.offered(snapshot.manifest.digest(in: SnapshotSample.suite), by: 3), at: now, into: &effects)
        fetcher.handle(.manifest(snapshot.manifest.canonicalBytes, from: 3), at: now, into: &effects)
        let store = try MemoryKeyValueStore()
        var restorer = try SnapshotRestorer(
            snapshot.manifest, certified: sample.statement, suite: SnapshotSample.suite, store: store)
        fetcher.handle(.begun(isComplete: restorer.isComplete), at: now, into: &effects)
        guard effects.count == 3, case .done = effects[2] else {
            Issue.record("\(effects)")
            return
        }
        try restorer.finish()
        #expect(try contents(of: store) == contents(of: sample.store))
    }

    /// Not only once it is late.
    @Test(arguments: [true, false]) func `who gives a wrong manifest, or leaves, is followed by another at once`(
        _ leaves: Bool
    ) throws {
        let material = try Material()
        let manifest = material.snapshot.manifest
        var fetcher = SnapshotFetcher(certified: material.sample.statement, suite: SnapshotSample.suite)
        let now = Instant(nanoseconds: 1)
        var effects: [SnapshotFetcherEffect] = []
        for peer in 0..<3 as Range<UInt32> {
            fetcher.handle(.offered(manifest.digest(in: SnapshotSample.suite), by: peer), at: now, into: &effects)
        }
        let bytes = material.other.manifest.canonicalBytes
        fetcher.handle(leaves ? .left(0) : .manifest(bytes, from: 0), at: now, into: &effects)
        let asked = effects.compactMap { if case .askManifest(let peer) = $0 { peer } else { nil } }
        #expect(asked == [0, 1])
        effects = []
        fetcher.handle(.manifest(manifest.canonicalBytes, from: 1), at: now, into: &effects)
        guard case .begin(manifest)? = effects.first else {
            Issue.record("\(effects)")
            return
        }
    }

    /// However many peers and chunks there are, what is on its way is bounded.
    @Test func `what is asked for at once is bounded`() throws {
        let sample = try SnapshotSample(count: 600, shape: .even, seed: 52)
        let snapshot = try sample.cut(chunkByteCount: 300)
        try #require(snapshot.manifest.chunks.count > 100)
        var fetcher = SnapshotFetcher(certified: sample.statement, suite: SnapshotSample.suite)
        let now = Instant(nanoseconds: 1)
        var effects: [SnapshotFetcherEffect] = []
        for peer in 0..<20 as Range<UInt32> {
            fetcher.handle(
                .offered(snapshot.manifest.digest(in: SnapshotSample.suite), by: peer), at: now, into: &effects)
        }
        fetcher.handle(.manifest(snapshot.manifest.canonicalBytes, from: 0), at: now, into: &effects)
        fetcher.handle(
            .begun(isComplete: snapshot.manifest.chunks.map { $0.digest == .zero }), at: now, into: &effects)
        var asked: [(chunk: UInt32, peer: UInt32)] = []
        func takeAsked() {
            for case .askChunk(let chunk, let peer) in effects { asked.append((chunk, peer)) }
            effects = []
        }
        takeAsked()
        #expect(asked.count == ReplicaLimits.snapshotRequestsMax)
        for peer in 0..<20 as Range<UInt32> {
            #expect(asked.count { $0.peer == peer } <= ReplicaLimits.snapshotRequestsPerPeerMax)
        }
        // What came and is not taken in counts as well.
        for (chunk, peer) in asked {
            let bytes = try #require(try snapshot.chunk(at: chunk))
            fetcher.handle(.chunk(chunk, bytes, from: peer), at: now, into: &effects)
        }
        takeAsked()
        #expect(asked.count == ReplicaLimits.snapshotRequestsMax)
        fetcher.handle(.stored, at: now, into: &effects)
        takeAsked()
        #expect(asked.count == ReplicaLimits.snapshotRequestsMax + 1)
    }
}

internal import Cryptography
internal import Ledger
internal import Primitives
internal import Replica
internal import Storage

extension FuzzTarget {
    /// A manifest, or for any other first byte but zero a chunk of that number: what is accepted is true.
    static let snapshot = FuzzTarget("snapshot", seeds: { SnapshotTargets.seeds }) { bytes throws(FuzzFailure) in
        var input = FuzzInput(bytes)
        let first = Int(input.byte())
        let rest = input.allBytes()
        guard first > 0 else {
            guard let manifest = try? SnapshotManifest(canonicalBytes: rest) else { return }
            try demand(manifest.canonicalBytes == rest, "what decodes is coded otherwise")
            guard (try? manifest.check(against: SnapshotTargets.statement, in: .international)) != nil else { return }
            try demand(SnapshotTargets.isTrue(manifest), "a manifest of another state")
            return
        }
        let manifest = SnapshotTargets.manifests[0]
        let index = first % manifest.chunks.count
        guard let chunk = try? VerifiedChunk(rest, index: index, of: manifest, in: .international) else { return }
        try demand(
            chunk.pairs == SnapshotTargets.pairs(in: manifest.chunks[index].subtree), "a chunk of other pairs")
    }

    /// A fetcher between an honest peer and others: each byte says what happens next. What it stores is true, and the
    /// honest one is not accused.
    static let snapshotFetcher = FuzzTarget(
        "snapshot-fetcher", seeds: { SnapshotTargets.fetcherSeeds }
    ) { bytes throws(FuzzFailure) in
        var input = FuzzInput(bytes)
        var world = FetcherWorld()
        while !input.isEmpty { try world.step(&input) }
        try world.end()
    }
}

/// A small state, and two ways to cut it.
enum SnapshotTargets {
    private static let group: GroupIdentifier = 3

    /// Ascending by path.
    private static let all: [SnapshotPair] = (0..<60).map { number in
        let key = StateKey(contract: .system(7), key: [UInt8(number)])
        return SnapshotPair(key: key, value: [UInt8](repeating: UInt8(number), count: number))
    }.sorted { $0.key.path(in: .international) < $1.key.path(in: .international) }

    private static let made: (statement: ResultStatement, snapshots: [KeptSnapshot]) = {
        do { return try make() } catch { preconditionFailure("the state is cut: \(error)") }
    }()

    private static func make() throws -> (statement: ResultStatement, snapshots: [KeptSnapshot]) {
        let leaves = all.map { pair in
            LeafChange(
                path: pair.key.path(in: .international),
                value: StateKey.digest(ofValue: pair.value, in: .international))
        }
        let store = try MemoryKeyValueStore()
        let state = GroupState(group: group, store: try WriteBackStore(store: store, group: group))
        var tree = StateTree(suite: .international, cachedPagesMax: 100)
        let root = try tree.update(leaves, from: state)
        state.commit(
            BlockChanges(height: 9, values: all.map { StateWrite(key: $0.key, value: $0.value) }, keptPageCount: 0))
        try state.store.freeze()?.write(to: store)
        let header = BlockHeader(
            group: group, height: 9, parent: .zero, epoch: 0, executionVersion: 1, decision: 9,
            time: Timestamp(milliseconds: 1), transactionCount: 0, transactionsRoot: .zero)
        let statement = ResultStatement(
            header: header, blockHash: .zero, genesis: .zero, stateRoot: root, receiptsRoot: .zero)
        let snapshots = try [600, 200].map { chunkByteCount in
            try SnapshotCutter(
                certified: statement, suite: .international, on: MemoryDisk(), in: "snapshot",
                chunkByteCount: chunkByteCount
            ).cut(store)
        }
        return (statement, snapshots)
    }

    static var statement: ResultStatement { made.statement }
    static var snapshots: [KeptSnapshot] { made.snapshots }
    static let manifests: [SnapshotManifest] = made.snapshots.map(\.manifest)

    static func pairs(in subtree: StateSubtree) -> [SnapshotPair] {
        all.filter { subtree.contains($0.key.path(in: .international)) }
    }

    /// Whether all digests are those of the state.
    static func isTrue(_ manifest: SnapshotManifest) -> Bool {
        manifest.chunks.allSatisfy { chunk in
            let leaves = pairs(in: chunk.subtree).map { pair in
                StateProof.Leaf(
                    path: pair.key.path(in: .international),
                    value: StateKey.digest(ofValue: pair.value, in: .international))
            }
            return chunk.subtree.digest(of: leaves[...], in: .international) == chunk.digest
        }
    }

    static func chunk(_ index: Int, of snapshot: Int) -> [UInt8] {
        (try? snapshots[snapshot].chunk(at: UInt32(index)) ?? []) ?? []
    }

    static var seeds: [[UInt8]] {
        manifests.map { [0] + $0.canonicalBytes }
            + (1..<manifests[0].chunks.count).map { [UInt8($0)] + chunk($0, of: 0) }
    }

    /// All goes well; then something of everything.
    static var fetcherSeeds: [[UInt8]] {
        let offers: [UInt8] = [0, 0, 0, 1, 1, 0, 2, 1, 0, 3, 0, 1]
        let answers = (0..<80).flatMap { [5, UInt8($0 % 4), 0] as [UInt8] }
        let ticks = (0..<30).flatMap { [6, UInt8($0)] as [UInt8] }
        return [
            offers + answers,
            offers + answers.prefix(30) + ticks + answers + [4, 9, 3, 1, 2, 7, 2, 5] + ticks + answers,
        ]
    }
}

/// A fetcher, what it asked for, and what it was given.
private struct FetcherWorld {
    private enum Question {
        case manifest(of: UInt32)
        case chunk(UInt32, of: UInt32)
    }

    private static let honest: UInt32 = 0
    private static let questionsMax = 200
    private var fetcher = SnapshotFetcher(certified: SnapshotTargets.statement, suite: .international)
    private var milliseconds: UInt64 = 1
    private var questions: [Question] = []
    /// Which snapshot each peer offers.
    private var offers = [0, 0, 0, 0]
    private var manifest: SnapshotManifest?
    private var isComplete: [Bool] = []
    private var isDone = false

    mutating func step(_ input: inout FuzzInput) throws(FuzzFailure) {
        switch input.byte() % 7 {
        case 0, 1:
            let (peer, snapshot) = (UInt32(input.byte() % 4), Int(input.byte() % 2))
            // The honest one has one snapshot only.
            let offered = peer == Self.honest ? 0 : snapshot
            offers[Int(peer)] = offered
            try give(.offered(SnapshotTargets.manifests[offered].digest(in: .international), by: peer))
        case 2: try give(.left(UInt32(input.byte() % 4)))
        case 3: try give(.stored)
        case 4: try give(lie(&input))
        case 5: try answer(Int(input.byte()), isTrue: input.byte() % 8 != 7)
        default:
            milliseconds += UInt64(input.byte()) * 100
            try give(.tick)
        }
    }

    private func lie(_ input: inout FuzzInput) -> SnapshotFetcherInput {
        let (peer, count) = (1 + UInt32(input.byte() % 3), Int(input.byte() % 32))
        return input.byte() % 2 == 0
            ? .manifest(input.bytes(count), from: peer) : .chunk(UInt32(input.byte()), input.bytes(count), from: peer)
    }

    private mutating func answer(_ number: Int, isTrue: Bool) throws(FuzzFailure) {
        guard !questions.isEmpty else { return }
        switch questions.remove(at: number % questions.count) {
        case .manifest(let peer):
            var bytes = SnapshotTargets.manifests[offers[Int(peer)]].canonicalBytes
            if !isTrue, peer != Self.honest { bytes[bytes.count - 1] ^= 1 }
            try give(.manifest(bytes, from: peer))
        case .chunk(let index, let peer):
            var bytes = SnapshotTargets.chunk(Int(index), of: offers[Int(peer)])
            if !isTrue, peer != Self.honest, !bytes.isEmpty { bytes[bytes.count - 1] ^= 1 }
            try give(.chunk(index, bytes, from: peer))
        }
    }

    private mutating func give(_ input: SnapshotFetcherInput) throws(FuzzFailure) {
        var effects: [SnapshotFetcherEffect] = []
        fetcher.handle(input, at: Instant(nanoseconds: milliseconds * 1_000_000), into: &effects)
        for effect in effects { try perform(effect) }
    }

    private mutating func perform(_ effect: SnapshotFetcherEffect) throws(FuzzFailure) {
        switch effect {
        case .askManifest(let peer): questions.append(.manifest(of: peer))
        case .askChunk(let index, let peer): questions.append(.chunk(index, of: peer))
        case .begin(let manifest):
            try demand(SnapshotTargets.isTrue(manifest), "a manifest of another state")
            (self.manifest, isComplete) = (manifest, manifest.chunks.map { $0.digest == .zero })
            try give(.begun(isComplete: isComplete))
        case .store(let chunk):
            guard let manifest else { throw FuzzFailure("a chunk of no manifest") }
            try demand(
                chunk.pairs == SnapshotTargets.pairs(in: manifest.chunks[chunk.index].subtree), "other pairs")
            try demand(!isComplete[chunk.index], "a chunk twice")
            isComplete[chunk.index] = true
        case .lied(let peer, let fault): try demand(peer != Self.honest, "the honest one is accused: \(fault)")
        case .done:
            try demand(isComplete.allSatisfy { $0 }, "it ends with chunks missing")
            isDone = true
        }
        // Peers may forget what they are asked.
        if questions.count > Self.questionsMax { questions.removeFirst() }
    }

    /// With the honest one alone, which answers at once, it comes to its end.
    mutating func end() throws(FuzzFailure) {
        for peer in 1..<4 as Range<UInt32> { try give(.left(peer)) }
        offers[Int(Self.honest)] = 0
        try give(.offered(SnapshotTargets.manifests[0].digest(in: .international), by: Self.honest))
        for _ in 0..<2000 where !isDone {
            while !isDone, !questions.isEmpty { try answer(0, isTrue: true) }
            try give(.stored)
            milliseconds += 1_000_000
            try give(.tick)
        }
        try demand(isDone, "it does not end")
    }
}

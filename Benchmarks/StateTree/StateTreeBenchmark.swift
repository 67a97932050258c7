internal import BenchmarkSupport
internal import Cryptography
internal import Glibc
internal import Ledger
internal import Primitives
internal import TestSupport

/// The pages that the updates gave out, in a dictionary, as a write-back overlay keeps them.
final class PageDictionary: TreePageSource {
    private var pages: [TreePosition: [UInt8]] = [:]

    func page(at position: TreePosition) -> [UInt8]? { pages[position] }

    func apply(_ changes: [PageChange]) {
        for change in changes { pages[change.position] = change.bytes }
    }
}

/// Builds a tree, and updates random leaves of it batch by batch on one core. All times are of the processor.
struct StateTreeBenchmark {
    private let suite = Suite.international
    private let source = PageDictionary()
    private let batchCount: Int
    private let paths: [Digest]
    private var tree: StateTree
    private var generator = SeededGenerator(seed: 1)

    /// What was done between two freezes, and the freeze. Times in microseconds.
    private struct Round {
        /// For each batch.
        var updates: [Double] = []
        var nodeHashes: [Double] = []
        var givingOut = 0.0
        var storing = 0.0
        var pageCount = 0.0
    }

    /// Updates between two freezes: about as many as change a million keys.
    private static let batchesToFreeze = 25
    /// How many pages are taken together, as by a node.
    private static let pagesTogetherMax = 512

    init(leafCount: Int, batchCount: Int, cachedPagesMax: Int) {
        self.batchCount = batchCount
        tree = StateTree(suite: suite, cachedPagesMax: cachedPagesMax)
        var generator = generator
        paths = (0..<leafCount).map { _ in Self.randomDigest(&generator) }.sorted()
        self.generator = generator
    }

    mutating func run(rounds: Int) throws -> [Figure] {
        let leaves = paths.map { LeafChange(path: $0, value: Self.randomDigest(&generator)) }
        let build = try Self.time { _ = try tree.update(leaves, from: source) }
        var first = Round()
        freeze(&first)
        let rounds = try (0..<rounds).map { _ in try round() }
        return [Figure("leaves into the empty tree in one batch", [Double(paths.count) / build * 1e6], "leaves/s")]
            + figures(of: rounds)
    }

    private mutating func round() throws -> Round {
        var round = Round()
        for _ in 0..<Self.batchesToFreeze {
            let changes = randomUpdates()
            round.updates.append(try Self.time { _ = try tree.update(changes, from: source) })
            round.nodeHashes.append(nodeHash())
        }
        freeze(&round)
        return round
    }

    private func figures(of rounds: [Round]) -> [Figure] {
        let count = Double(batchCount)
        let all = Double(Self.batchesToFreeze) * count
        let batches = rounds.flatMap { zip($0.updates, $0.nodeHashes) }
        return [
            Figure("leaf updates", batches.map { 1e6 * count / $0.0 }, "leaves/s"),
            Figure(
                "the same with giving out and storing pages",
                rounds.map { 1e6 * all / ($0.updates.reduce(0, +) + $0.givingOut + $0.storing) }, "leaves/s"),
            Figure("pages given out a leaf", rounds.map { $0.pageCount / all }, "pages"),
            Figure("giving out a page", rounds.map { 1000 * $0.givingOut / $0.pageCount }, "ns"),
            Figure("storing it in a dictionary", rounds.map { 1000 * $0.storing / $0.pageCount }, "ns"),
            Figure("a node hash, one by one", batches.map { 1000 * $0.1 }, "ns"),
            Figure("a leaf update in such hashes", batches.map { $0.0 / count / $0.1 }, "hashes"),
        ]
    }

    private mutating func randomUpdates() -> [LeafChange] {
        var chosen: Set<Int> = []
        while chosen.count < batchCount { chosen.insert(Int(generator.next() % UInt64(paths.count))) }
        return chosen.sorted().map { LeafChange(path: paths[$0], value: Self.randomDigest(&generator)) }
    }

    /// Sets apart what has changed, and stores it part by part.
    private mutating func freeze(_ round: inout Round) {
        tree.freeze()
        while tree.hasFrozenPages {
            var pages: [PageChange] = []
            round.givingOut += Self.time { pages = tree.takeFrozenPages(atMost: Self.pagesTogetherMax) }
            round.storing += Self.time { source.apply(pages) }
            round.pageCount += Double(pages.count)
        }
    }

    /// The time of one node's hash when many are hashed: what the updates are held against.
    private mutating func nodeHash() -> Double {
        let count = 10_000
        var node = Self.randomDigest(&generator)
        let duration = Self.time {
            for _ in 0..<count { node = suite.hash(tag: 1, node, node) }
        }
        return duration / Double(count) + (node == .zero ? 1 : 0)
    }

    private static func randomDigest(_ generator: inout SeededGenerator) -> Digest {
        Digest(words: [generator.next(), generator.next(), generator.next(), generator.next()])
    }

    /// How many microseconds the thread has run for `body`: other processes on the machine do not count.
    private static func time(_ body: () throws -> Void) rethrows -> Double {
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
        }
        let start = now()
        try body()
        return now() - start
    }
}

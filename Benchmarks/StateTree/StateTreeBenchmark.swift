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

/// Builds a tree, updates random leaves of it batch by batch on one core, and prints medians.
struct StateTreeBenchmark {
    private let suite = Suite.international
    private let source = PageDictionary()
    private let batchCount: Int
    private let paths: [Digest]
    private var tree: StateTree
    private var generator = SeededGenerator(seed: 1)

    /// Times in microseconds of the processor.
    private struct Batch {
        var update, nodeHash: Double
    }

    /// Updates between two freezes: about as many as change a million keys.
    private static let batchesToFreeze = 25

    init(leafCount: Int, batchCount: Int, cachedPagesMax: Int) {
        self.batchCount = batchCount
        tree = StateTree(suite: suite, cachedPagesMax: cachedPagesMax)
        var generator = generator
        paths = (0..<leafCount).map { _ in Self.randomDigest(&generator) }.sorted()
        self.generator = generator
    }

    mutating func run(freezes: Int) throws {
        let build = try measure(paths.map { LeafChange(path: $0, value: Self.randomDigest(&generator)) })
        print("\(paths.count) leaves in one batch: \(Int(Double(paths.count) / build.update * 1e6)) leaves/s")
        _ = freeze()
        var batches: [Batch] = []
        var frozen: [(time: Double, pageCount: Int)] = []
        for _ in 0..<freezes {
            for _ in 0..<Self.batchesToFreeze { batches.append(try measure(randomUpdates())) }
            frozen.append(freeze())
        }
        report(batches, frozen)
    }

    private func report(_ batches: [Batch], _ frozen: [(time: Double, pageCount: Int)]) {
        let updates = batches.map { $0.update / Double(batchCount) }.sorted()
        let (update, nodeHash) = (updates[updates.count / 2], batches.map(\.nodeHash).sorted()[batches.count / 2])
        print("batches of \(batchCount), by processor time of one thread, \(batches.count) batches:")
        print("median \(Int(1e6 / update)), best \(Int(1e6 / updates[0])) leaf updates/s")
        let hashes = update / nodeHash
        print("a leaf takes as long as \(hashes) node hashes one by one, of \(Int(nodeHash * 1000)) ns each")
        let leafCount = Double(Self.batchesToFreeze * batchCount)
        let freeze = frozen.map { $0.time / leafCount }.sorted()[frozen.count / 2]
        let pageCount = Double(frozen.map(\.pageCount).sorted()[frozen.count / 2])
        let share = pageCount / leafCount
        print("giving out and storing pages after \(Self.batchesToFreeze) batches: \(share) pages a leaf,")
        print(
            "\(freeze * leafCount / pageCount * 1000) ns a page; with it \(Int(1e6 / (update + freeze))) leaf updates/s"
        )
    }

    private mutating func randomUpdates() -> [LeafChange] {
        var chosen: Set<Int> = []
        while chosen.count < batchCount { chosen.insert(Int(generator.next() % UInt64(paths.count))) }
        return chosen.sorted().map { LeafChange(path: paths[$0], value: Self.randomDigest(&generator)) }
    }

    private mutating func measure(_ changes: [LeafChange]) throws -> Batch {
        let update = try Self.time { _ = try tree.update(changes, from: source) }
        return Batch(update: update, nodeHash: nodeHash())
    }

    private mutating func freeze() -> (time: Double, pageCount: Int) {
        var pages: [PageChange] = []
        let time = Self.time {
            tree.freeze()
            pages = tree.takeFrozenPages(atMost: .max)
            source.apply(pages)
        }
        return (time, pages.count)
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

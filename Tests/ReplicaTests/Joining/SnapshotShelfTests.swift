import Cryptography
import Ledger
import Primitives
import Storage
import TestSupport
import Testing

@testable import Replica

/// What a node keeps for those who join, and what it answers.
@Suite struct SnapshotShelfTests {
    private let chain: JoiningChain

    init() throws { chain = try .long() }

    private func open() throws -> SnapshotShelf { try SnapshotShelf(genesis: chain.genesis, on: chain.shelfDisk) }

    private func offer(of shelf: SnapshotShelf) throws -> SnapshotOffer? {
        guard case .offer(let offer)? = try shelf.answer(.fetchOffer, log: chain.log, state: chain.ledger.state) else {
            return nil
        }
        return offer
    }

    // MARK: Keeping

    @Test func `the last two are kept, and opened again`() throws {
        #expect(chain.shelf.heights.count == 2)
        let first = try #require(chain.shelf.heights.first)
        #expect(try open().heights == chain.shelf.heights)
        #expect(try offer(of: open()) == offer(of: chain.shelf))
        try chain.decide(2, cuts: [1])
        #expect(chain.shelf.heights.count == 2 && !chain.shelf.heights.contains(first))
        #expect(try open().heights == chain.shelf.heights)
        // Of a height that is there nothing is cut again.
        var shelf = try open()
        let newest = try #require(shelf.heights.last)
        #expect(try shelf.prepare(chain.certificate(newest)) == nil)
        #expect(shelf.heights == chain.shelf.heights)
    }

    @Test func `while one is cut the other is given`() throws {
        let heights = chain.shelf.heights
        var shelf = try open()
        try chain.decide(1)
        let cut = try #require(try shelf.prepare(chain.certificate(UInt64(chain.ledger.blocks.count))))
        #expect(shelf.heights == [heights[1]])
        #expect(try offer(of: shelf)?.snapshot?.oldest == heights[1])
        try chain.cut()
        shelf.add(try cut.run(chain.ledger.store, chunkByteCount: JoiningChain.chunkByteCount))
        #expect(shelf.heights == [heights[1], UInt64(chain.ledger.blocks.count)])
        #expect(try offer(of: shelf) == offer(of: chain.shelf))
    }

    @Test func `a cut that dies anywhere leaves the other`() throws {
        let before = chain.shelf.heights
        try chain.decide(1)
        let certificate = try chain.flushed()
        let image = chain.shelfDisk.image
        var (limit, isDone) = (0, false)
        while !isDone {
            chain.shelfDisk.restore(image)
            var shelf = try open()
            chain.shelfDisk.faults.bytesUntilFailure = limit
            do {
                try shelf.cut(certificate, chain.ledger.store, chunkByteCount: JoiningChain.chunkByteCount)
                isDone = true
            } catch {}
            var generator = SeededGenerator(seed: UInt64(limit))
            chain.shelfDisk.faults = .init()
            chain.shelfDisk.crash(using: &generator)
            let heights = try open().heights
            let height = certificate.statement.height
            #expect(heights == before || heights == [before[1]] || heights == [before[1], height])
            #expect(!isDone || heights.last == height)
            limit += 23
        }
        #expect(limit > 500)
    }

    @Test func `a damaged one is none, and is said to be damaged`() throws {
        let places = try chain.shelfDisk.list("snapshots/7").filter { $0.hasSuffix(".certificate") }
        #expect(places.count == 2)
        let image = chain.shelfDisk.image
        for name in ["snapshots/7/0.certificate", "snapshots/7/0/contents"] {
            chain.shelfDisk.restore(image)
            try chain.shelfDisk.cut(name, to: 20)
            let shelf = try open()
            #expect(shelf.heights == [chain.shelf.heights[1]] && shelf.damage.count == 1)
        }
        chain.shelfDisk.restore(image)
        // A chunk that the disk has changed is not given out.
        let shelf = try open()
        try chain.shelfDisk.flip("snapshots/7/0/chunks", at: 60, mask: 1)
        let height = shelf.heights[0]
        #expect(throws: JoiningError.self) {
            try shelf.answer(.fetchChunk(height: height, index: 0), log: chain.log, state: chain.ledger.state)
        }
    }

    // MARK: Answers

    @Test func `what it does not have it answers with what it has`() throws {
        let offer = try #require(try chain.answer(.fetchOffer))
        #expect(try chain.answer(.fetchManifest(height: 5)) == offer)
        #expect(try chain.answer(.fetchChunk(height: 5, index: 0)) == offer)
        #expect(try chain.answer(.fetchChunk(height: chain.shelf.heights[0], index: 9999)) == offer)
        #expect(try chain.answer(.fetchTail(from: 0)) == .tail(FetchedTail(height: 0, blocks: [])))
        #expect(try chain.answer(.fetchTail(from: .max)) == .tail(FetchedTail(height: .max, blocks: [])))
        #expect(try chain.answer(.engine([1])) == nil)
        for height in chain.shelf.heights {
            guard case .manifest(_, let bytes)? = try chain.answer(.fetchManifest(height: height)) else {
                Issue.record("no manifest of \(height)")
                continue
            }
            try SnapshotManifest(canonicalBytes: bytes).check(
                against: chain.certificate(height).statement, in: chain.genesis.suite)
        }
    }

    @Test func `a tail goes down, as far as one answer holds`() throws {
        let last = UInt64(chain.ledger.blocks.count)
        guard case .tail(let tail)? = try chain.answer(.fetchTail(from: last)) else { return }
        #expect(tail.blocks.count == min(Int(last), ReplicaLimits.servedTailBlocksMax))
        #expect(tail.blocks.map(\.block.header.height) == (0..<UInt64(tail.blocks.count)).map { last - $0 })
        for block in tail.blocks {
            #expect(try block.certified(in: chain.genesis.suite) == chain[block.block.header.height].certified)
        }
        #expect(
            try chain.answer(.fetchTail(from: 2)).map { if case .tail(let tail) = $0 { tail.blocks.count } else { 0 } }
                == 2)
    }

    @Test func `hand-overs from each epoch on`() throws {
        for first in 0...3 {
            guard case .handOvers(let answer)? = try chain.answer(.fetchHandOvers(from: UInt64(first))) else {
                continue
            }
            #expect(answer.first == UInt64(first) && answer.configuration == chain.ledger.epochs[first])
            #expect(answer.handOvers.map(\.next) == Array(chain.ledger.epochs[(first + 1)...]))
            for (offset, handOver) in answer.handOvers.enumerated() {
                #expect(
                    handOver.certificate
                        == chain.ledger.blocks[chain.ledger.starts[first + offset + 1] - 1].certified.certificate)
            }
        }
        for first in [4, UInt64.max] {
            let none = FetchedHandOvers(first: first, configuration: nil, handOvers: [])
            #expect(try chain.answer(.fetchHandOvers(from: first)) == .handOvers(none))
        }
    }

    /// It may still become another one.
    @Test func `an epoch that is only planned is not told of`() throws {
        let votes = try [7, 3, 5].map { try chain.vote(for: EpochLedger.epoch(4, .fbft, [1, 7, 3]), by: $0) }
        try chain.decide(votes)
        let none = FetchedHandOvers(first: 4, configuration: nil, handOvers: [])
        #expect(try chain.answer(.fetchHandOvers(from: 4)) == .handOvers(none))
        guard case .handOvers(let answer)? = try chain.answer(.fetchHandOvers(from: 3)) else { return }
        #expect(answer.handOvers.isEmpty && answer.configuration == chain.ledger.epochs[3])
    }

    @Test func `a log that begins later gives what it has`() throws {
        let log = try BlockLog.open(disk: MemoryDisk(), group: 7).log
        let start = chain.ledger.starts[2]
        for block in chain.ledger.blocks[start...] { try log.append(block) }
        try log.sync()
        func handOvers(_ first: UInt64) throws -> FetchedHandOvers? {
            guard
                case .handOvers(let answer)? = try chain.shelf.answer(
                    .fetchHandOvers(from: first), log: log, state: chain.ledger.state)
            else { return nil }
            return answer
        }
        #expect(try handOvers(2)?.handOvers.map(\.next.number) == [3])
        #expect(try handOvers(0)?.handOvers.isEmpty == true)
        guard
            case .tail(let tail)? = try chain.shelf.answer(
                .fetchTail(from: UInt64(start + 2)), log: log, state: chain.ledger.state)
        else { return }
        #expect(tail.blocks.count == 2)
        let empty = try BlockLog.open(disk: MemoryDisk(), group: 7).log
        #expect(
            try chain.shelf.answer(.fetchHandOvers(from: 0), log: empty, state: chain.ledger.state)
                == .handOvers(FetchedHandOvers(first: 0, configuration: nil, handOvers: [])))
    }

    /// Its log begins long after the hand-overs that it was shown.
    @Test func `who has joined shows others by what`() throws {
        try chain.decide(6, cuts: [5])
        let bench = JoinerBench(chain, invitation: chain.invitation(to: 1))
        let state = try #require(bench.run())
        #expect(state.handOvers.map(\.next.number) == [2, 3])
        _ = try bench.disk.finish(state)
        try JoiningDisk.settle(chain.genesis.group, disk: bench.node.disk)
        let log = try BlockLog.open(disk: bench.node.disk, group: 7, segmentBytes: 4096).log
        #expect(log.heights?.lowerBound ?? 0 > UInt64(chain.ledger.starts[3]))

        func handOvers(_ first: UInt64, _ shelf: SnapshotShelf) throws -> ReplicaMessage? {
            try shelf.answer(.fetchHandOvers(from: first), log: log, state: chain.ledger.state)
        }
        let shelf = try SnapshotShelf(genesis: chain.genesis, on: bench.node.disk)
        for first in 1...3 as ClosedRange<UInt64> {
            #expect(try handOvers(first, shelf) == chain.answer(.fetchHandOvers(from: first)))
        }
        let unproven = FetchedHandOvers(first: 0, configuration: chain.genesis.epoch, handOvers: [])
        #expect(try handOvers(0, shelf) == .handOvers(unproven))

        // Without them it says what it can.
        try bench.node.disk.cut("joined/7.handovers", to: 30)
        let damaged = try SnapshotShelf(genesis: chain.genesis, on: bench.node.disk)
        #expect(damaged.damage.count == 1)
        let known = FetchedHandOvers(first: 1, configuration: chain.ledger.epochs[1], handOvers: [])
        #expect(try handOvers(1, damaged) == .handOvers(known))
    }
}

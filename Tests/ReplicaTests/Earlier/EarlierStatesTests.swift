import Contracts
import Ledger
import Primitives
import Replica
import Storage
import TestSupport
import Testing

/// The states after earlier blocks.
@Suite struct EarlierStatesTests {
    /// Blocks of random actions, with a checkpoint wherever the chain has one.
    private struct History {
        let chain: SimulatedChain
        let store: MemoryKeyValueStore
        let checkpoints: MemoryCheckpoints
        var maker: LedgerMaker
        var records: [[UInt8]] = []

        init(seed: UInt64, decisions: Int) throws {
            chain = try .with()
            store = try MemoryKeyValueStore()
            checkpoints = MemoryCheckpoints(of: store)
            maker = try LedgerMaker(chain, over: store)
            var generator = SeededGenerator(seed: seed)
            for number in 0..<decisions {
                var transactions = number == 0 ? try chain.opening.map { try maker.transaction($0) } : []
                for _ in 0..<Int.random(in: 0...9, using: &generator) {
                    transactions.append(
                        try maker.transaction(
                            .random(symbols: chain.symbols, addresses: chain.addresses, using: &generator)))
                }
                let blocks = try maker.decide(transactions)
                records += blocks.map(\.record)
                guard let (first, last) = blocks.first.flatMap({ first in blocks.last.map { (first, $0) } }),
                    chain.genesis.limits.holdsCheckpoint(first.height...last.height),
                    let batch = maker.executor.freeze()
                else { continue }
                try batch.write(to: store)
                maker.state.store.flushed(batch)
                try checkpoints.keep(batch.height)
            }
        }

        var kept: Checkpoints { Checkpoints(store: checkpoints, countMax: 1000) }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `every height answers as a naive model of all states`(_ seed: UInt64) throws {
        let history = try History(seed: seed, decisions: 30)
        let checker = try EarlierChecker(history.chain, told: history.records)
        #expect(try checker.check(history.checkpoints) > 5)
        try checker.checkAnswers(from: history.kept)
        // Of few checkpoints more is added; of none everything.
        try Checkpoints(store: history.checkpoints, countMax: 2).prune()
        #expect(try history.checkpoints.heights().count == 2)
        try checker.checkAnswers(from: history.kept)
        try Checkpoints(store: history.checkpoints, countMax: 0).prune()
        try checker.checkAnswers(from: history.kept)
    }

    @Test func `a height too far from what is kept is refused, with what is near`() throws {
        let history = try History(seed: 20, decisions: 12)
        let heights = try history.checkpoints.heights()
        for height in heights.dropFirst(2).dropLast() { try history.checkpoints.remove(height) }
        let (below, above) = (heights[1], try #require(heights.last))
        let checker = try EarlierChecker(history.chain, told: history.records)
        var limits = EarlierLimits()
        limits.blocksMax = 3
        var states = try checker.states(from: history.kept, limits)
        for height in below...below + 3 { try checker.checkAnswers(&states, at: height) }
        for tried in below + 4..<above { try expectRefusal(&states, at: tried, nearest: [below, above]) }
        try checker.checkAnswers(&states, at: above)

        limits = EarlierLimits()
        limits.writesMax = 1
        states = try checker.states(from: history.kept, limits)
        try expectRefusal(&states, at: 1, nearest: [0, heights[0]])
        limits = EarlierLimits()
        limits.byteCountMax = 10
        states = try checker.states(from: history.kept, limits)
        try expectRefusal(&states, at: 1, nearest: [0, heights[0]])
        try checker.checkAnswers(&states, at: below)
    }

    private func expectRefusal(_ states: inout EarlierStates, at tried: UInt64, nearest expected: [UInt64]) throws {
        let error = #expect(throws: EarlierStateError.self) {
            try states.ask(at: tried) { executor throws(StateUnavailable) in executor.head.height }
        }
        guard case .notKept(tried, nearest: expected)? = error else {
            Issue.record("\(tried): \(String(describing: error))")
            return
        }
    }

    @Test func `a checkpoint that is not what its name says is refused and let go`() throws {
        let history = try History(seed: 21, decisions: 12)
        let heights = try history.checkpoints.heights()
        let checker = try EarlierChecker(history.chain, told: history.records)
        // The newest state under an older name, and a state whose tree lacks its root.
        let (wrong, damaged) = (heights[1], heights[2])
        for height in [wrong, damaged] { try history.checkpoints.remove(height) }
        try history.checkpoints.keep(wrong)
        let other = try MemoryKeyValueStore()
        var height = StoreKey.empty
        height.append(ReservedKeys.group)
        height.append(UInt8(ascii: "h"))
        height.append(history.chain.genesis.group)
        let little = (0..<8).map { UInt8(truncatingIfNeeded: damaged >> (8 * UInt64($0))) }
        try other.apply([KeyValueChange(height, little)], flush: true)
        let withOther = MemoryCheckpoints(of: other, with: history.checkpoints)
        try withOther.keep(damaged)
        var states = try checker.states(from: Checkpoints(store: withOther, countMax: 1000))
        for tried in [wrong, damaged] {
            let error = #expect(throws: EarlierStateError.self) {
                try states.ask(at: tried) { executor throws(StateUnavailable) in executor.head.height }
            }
            guard case .unavailable(tried, _)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            // The one below then serves.
            try checker.checkAnswers(&states, at: tried)
        }
        #expect(try withOther.heights() == heights.filter { $0 != wrong && $0 != damaged })
    }

    @Test func `recovery keeps what it would have kept`() throws {
        let history = try History(seed: 22, decisions: 12)
        let expected = try history.checkpoints.heights()
        let log = try LedgerMaker.log(history.records)
        // From nothing, and from a state that was written but not yet kept.
        for isStored in [false, true] {
            let store = isStored ? MemoryKeyValueStore(copying: history.store) : try MemoryKeyValueStore()
            let checkpoints = Checkpoints(store: MemoryCheckpoints(of: store), countMax: 2)
            _ = try LedgerMaker.recover(history.chain, log: log, store: store, checkpoints: checkpoints)
            let kept = try checkpoints.store.heights()
            #expect(kept.last == expected.last && kept.count == (isStored ? 1 : 2))
            #expect(Set(kept).isSubset(of: expected))
            let checker = try EarlierChecker(history.chain, told: history.records)
            try checker.checkAnswers(from: checkpoints)
        }
    }
}

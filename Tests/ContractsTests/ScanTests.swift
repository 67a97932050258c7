import Contracts
import Ledger
import Primitives
import TestSupport
import Testing

/// Scans of a state with the block's own writes over it, held against a naive one.
@Suite struct ScanTests {
    /// Short keys of few different bytes, so that keys often are prefixes of others.
    private func key(using generator: inout SeededGenerator) -> [UInt8] {
        (0..<Int.random(in: 0...4, using: &generator)).map { _ in
            [0, 1, 254, 255].randomElement(using: &generator) ?? 0
        }
    }

    private func stateKey(_ key: [UInt8]) -> StateKey { StateKey(contract: Prober.address, key: key) }

    @Test(arguments: 0..<60) func `scans agree with a naive state`(_ seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let (view, naive) = (NaiveState(), NaiveState())
        // Neighbours that no scan may show.
        for contract in [Address.system(0x8FF), Address.system(0x901)] {
            let change = [(key: StateKey(contract: contract, key: [1]), value: [1] as [UInt8]?)]
            view.apply(change)
            naive.apply(change)
        }
        for _ in 0..<Int.random(in: 0...300, using: &generator) {
            let change = [(key: stateKey(key(using: &generator)), value: [9] as [UInt8]?)]
            view.apply(change)
            naive.apply(change)
        }
        var state = JournalledState(over: view)
        var checkpoint = (state: state.checkpoint, values: naive.values)
        for step in 0..<120 {
            let (first, second) = (stateKey(key(using: &generator)), stateKey(key(using: &generator)))
            switch Int.random(in: 0..<8, using: &generator) {
            case 0...2:
                let value: [UInt8]? = Bool.random(using: &generator) ? [UInt8(step)] : nil
                try state.set(value.map { StoreValue($0) }, at: first)
                naive.apply([(first, value)])
            case 3: #expect(try state.value(at: first)?.bytes == naive.value(at: first))
            case 4: checkpoint = (state.checkpoint, naive.values)
            case 5 where Int.random(in: 0..<3, using: &generator) == 0:
                state.rollBack(to: checkpoint.state)
                let now = naive.values
                naive.apply(now.keys.map { ($0, nil) })
                naive.apply(checkpoint.values.map { ($0.key, $0.value) })
            case 6 where Int.random(in: 0..<3, using: &generator) == 0:
                var writes = BlockWrites()
                state.seal(into: &writes)
                checkpoint = (state.checkpoint, naive.values)
            default:
                let limit = [0, 1, 2, 64, 65, 1000].randomElement(using: &generator) ?? 1
                let found = try state.scan(prefix: first, from: second, limit: limit)
                let expected = try naive.scan(prefix: first, from: max(first, second), limit: limit)
                #expect(found.map(\.key) == expected.map(\.0) && found.map(\.value) == expected.map(\.1))
            }
        }
        view.apply(state.changes())
        #expect(view.values == naive.values)
    }

    @Test func `own keys stand between pages, and deletions take whole pages`() throws {
        let view = NaiveState()
        func number(_ value: Int) -> StateKey { stateKey([UInt8(value >> 8), UInt8(value & 255)]) }
        let page = ContractLimits.scanPageItems
        view.apply((0..<4 * page).map { (number(2 * $0), [0]) })
        var state = JournalledState(over: view)
        // Deletes the second page, and writes around each page's end.
        for index in page..<2 * page { try state.set(nil, at: number(2 * index)) }
        for index in [page - 1, page, 2 * page - 1, 2 * page, 4 * page - 1] {
            try state.set(StoreValue([1]), at: number(2 * index + 1))
        }
        let found = try state.scan(prefix: stateKey([]), from: stateKey([]), limit: 1000)
        var expected = (0..<4 * page).filter { !(page..<2 * page).contains($0) }.map { 2 * $0 }
        expected += [page - 1, page, 2 * page - 1, 2 * page, 4 * page - 1].map { 2 * $0 + 1 }
        #expect(found.map(\.key) == expected.sorted().map(number))
        for limit in 0...found.count {
            #expect(try state.scan(prefix: stateKey([]), from: stateKey([]), limit: limit).count == limit)
        }
    }

    @Test func `through the host: limits of every kind, negative ones too`() throws {
        var blocks = TestBlocks([Prober.self])
        let sender = TestBlocks.address(1)
        let writes = (0..<5).map { Prober.Step.write([1, $0], [$0]) }
        _ = try blocks.run(Prober.address, "run", Prober.encode(writes), by: sender)
        func scan(_ start: [UInt8]?, _ limit: Int) throws -> Outcome {
            let steps = [Prober.Step.scan(prefix: [1], from: start, limit: limit)]
            return try blocks.ask(Prober.address, "run", Prober.encode(steps)).outcome
        }
        let all = (0..<5).map { Prober.pair([1, $0], [$0]) }
        #expect(try scan(nil, .max) == .success(all.flatMap { $0 }))
        #expect(try scan([1, 3], 1000) == .success(all[3] + all[4]))
        #expect(try scan([], 2) == .success(all[0] + all[1]))
        #expect(try scan([2], 2) == .success([]))
        for limit in [0, -1, .min] { #expect(try scan(nil, limit) == .success([])) }
    }
}

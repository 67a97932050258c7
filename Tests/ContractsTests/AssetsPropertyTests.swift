import Contracts
import Ledger
import Primitives
import TestSupport
import Testing

/// Random operations, held against a naive model.
@Suite struct AssetsPropertyTests {
    private static let symbols = ["GOLD", "OIL", "Z-9"]
    private static let addresses = (1...5).map { TestBlocks.address($0) }

    private struct Operation {
        let action: AssetAction
        let sender: Address
        let transaction: SignedTransaction
    }

    private func operations(_ count: Int, seed: UInt64) -> [Operation] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { index in
            let action =
                index < Self.symbols.count
                ? .create(Self.symbols[index])
                : AssetAction.random(symbols: Self.symbols, addresses: Self.addresses, using: &generator)
            // The first account is the issuer, and does the most.
            let sender = Self.addresses[min(Int.random(in: 0..<8, using: &generator), 4)]
            return Operation(
                action: action, sender: index < 2 ? Self.addresses[0] : sender,
                transaction: TestBlocks.transaction(
                    Assets.address, action.call.method, action.call.arguments,
                    by: index < 2 ? Self.addresses[0] : sender, salt: UInt64(index)))
        }
    }

    /// Supply, balances and frozen accounts as the contract tells them.
    private func check(_ blocks: TestBlocks, _ model: NaiveAssets) throws {
        for symbol in Self.symbols {
            let name = CanonicalEncoder.text(symbol)
            guard let supply = model.supplies[symbol] else { continue }
            let bytes = try #require(try blocks.ask(Assets.address, "kind", name).outcome.value)
            #expect(try AssetKind(canonicalBytes: bytes).supply == supply)
            #expect(model.sumOfBalances(symbol) == supply)
            var sum: UInt256? = .zero
            for address in Self.addresses {
                let bytes = try #require(
                    try blocks.ask(Assets.address, "balance", name + address.canonicalBytes).outcome.value)
                let holding = try Holding(canonicalBytes: bytes)
                #expect(holding.balance == model.balance(symbol, address))
                #expect(holding.isFrozen == model.frozen.contains(NaiveAssets.Account(symbol, address)))
                sum = sum?.adding(holding.balance)
            }
            #expect(sum == supply)
        }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `supply is the sum of balances, and the model agrees`(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &* 77)
        var (blocks, model) = (TestBlocks(), NaiveAssets())
        var rest = operations(3000, seed: seed)[...]
        var outcomes: [String: Int] = [:]
        while !rest.isEmpty {
            let block = rest.prefix(Int.random(in: 1...40, using: &generator))
            rest = rest.dropFirst(block.count)
            let result = try blocks.execute(block.map(\.transaction))
            for (operation, receipt) in zip(block, result.receipts) {
                let expected = model.apply(operation.action, by: operation.sender)
                #expect(receipt.outcome.code == expected, "\(operation.action)")
                #expect(receipt.events.count == (expected == nil ? 1 : 0))
                outcomes[expected ?? "success", default: 0] += 1
            }
            try check(blocks, model)
        }
        for outcome in [
            "success", "exists", "notIssuer", "frozen", "balanceTooSmall", "allowanceTooSmall", "overflow",
        ] {
            #expect(outcomes[outcome, default: 0] > 10, "\(outcome) hardly ever happened")
        }
    }

    @Test func `the same transactions give the same receipts and state, however they are cut into blocks`() throws {
        let all = operations(1200, seed: 9).map(\.transaction)
        var states: [[StateKey: [UInt8]]] = []
        var receipts: [[Receipt]] = []
        for size in [1200, 1200, 1, 7, 100] {
            var blocks = TestBlocks()
            var found: [Receipt] = []
            for start in stride(from: 0, to: all.count, by: size) {
                found += try blocks.execute(Array(all[start..<min(start + size, all.count)])).receipts
            }
            states.append(blocks.state.values)
            receipts.append(found)
        }
        #expect(states.allSatisfy { $0 == states[0] })
        #expect(receipts.allSatisfy { $0 == receipts[0] })
    }

    @Test func `changes hold each key once, and only what differs`() throws {
        var blocks = TestBlocks()
        let all = operations(400, seed: 5).map(\.transaction)
        for start in stride(from: 0, to: all.count, by: 50) {
            let before = blocks.state.values
            let changes = try blocks.execute(Array(all[start..<start + 50])).changes
            #expect(Set(changes.map(\.key)).count == changes.count)
            #expect(changes.allSatisfy { before[$0.key] != $0.value })
        }
    }
}

import Contracts
import Ledger
import Primitives
import TestSupport
import Testing

/// The contract for assets, method by method and failure by failure.
@Suite struct AssetsTests {
    private var blocks = TestBlocks()
    private let issuer = TestBlocks.address(1)
    private let alice = TestBlocks.address(2)
    private let bob = TestBlocks.address(3)

    private mutating func run(_ action: AssetAction, by sender: Address) throws -> Receipt {
        try blocks.run(Assets.address, action.call.method, action.call.arguments, by: sender)
    }

    /// The failure's code, or nil.
    private mutating func code(_ action: AssetAction, by sender: Address) throws -> String? {
        try run(action, by: sender).outcome.code
    }

    private mutating func succeed(_ action: AssetAction, by sender: Address) throws {
        let receipt = try run(action, by: sender)
        try #require(receipt.outcome == .success([]), "\(receipt.outcome)")
    }

    private func ask<Value: CanonicalDecodable>(
        _ method: String, _ arguments: [UInt8], as type: Value.Type = Value.self
    ) throws -> Value {
        let outcome = try blocks.ask(Assets.address, method, arguments).outcome
        return try Value(canonicalBytes: try #require(outcome.value, "\(outcome)"))
    }

    private func holding(_ account: Address, _ symbol: String = "GOLD") throws -> Holding {
        try ask("balance", CanonicalEncoder.text(symbol) + account.canonicalBytes)
    }

    private func supply(_ symbol: String = "GOLD") throws -> UInt256 {
        try ask("kind", CanonicalEncoder.text(symbol), as: AssetKind.self).supply
    }

    private func amount(_ value: UInt64) -> UInt256 { UInt256(value) }

    private mutating func open() throws {
        try succeed(.create("GOLD"), by: issuer)
        try succeed(.issue("GOLD", to: alice, amount(100)), by: issuer)
    }

    // MARK: Create and issue

    @Test mutating func creates() throws {
        let receipt = try run(.create("GOLD"), by: issuer)
        #expect(receipt.outcome == .success([]))
        #expect(receipt.events.map(\.name) == ["Created"])
        let kind: AssetKind = try ask("kind", CanonicalEncoder.text("GOLD"))
        #expect(kind == AssetKind(issuer: issuer, name: "name", decimals: 2, supply: .zero))
        #expect(try code(.create("GOLD"), by: issuer) == "exists")
        #expect(try code(.create("GOLD"), by: alice) == "exists")
    }

    @Test(arguments: [
        "", "gold", "1GOLD", "-A", "GO LD", "GÖLD", "ABCDEFGHIJKLMNOPQ", "GOLD\u{0}", "\u{212A}",
    ])
    mutating func refusesASymbol(_ symbol: String) throws {
        #expect(try code(.create(symbol), by: issuer) == "badArguments")
        #expect(AssetSymbol(symbol) == nil)
    }

    @Test(arguments: ["A", "ABCDEFGHIJKLMNOP", "A-1.B", "Z9"]) mutating func takesASymbol(_ symbol: String) throws {
        #expect(try code(.create(symbol), by: issuer) == nil)
    }

    @Test mutating func refusesArgumentsThatDoNotFit() throws {
        try open()
        let long = CanonicalEncoder.text("OIL") + CanonicalEncoder.text(String(repeating: "n", count: 65)) + [2]
        let decimals = CanonicalEncoder.text("OIL") + CanonicalEncoder.text("n") + [37]
        for arguments in [long, decimals, [], [255, 255, 255, 255, 255]] {
            #expect(try blocks.run(Assets.address, "create", arguments, by: issuer).outcome.code == "badArguments")
        }
        let good = AssetAction.transfer("GOLD", to: bob, amount(1)).call.arguments
        for arguments in [good + [0], Array(good.dropLast())] {
            #expect(try blocks.run(Assets.address, "transfer", arguments, by: alice).outcome.code == "badArguments")
        }
        #expect(try blocks.run(Assets.address, "transfers", good, by: alice).outcome.code == "noMethod")
        #expect(try blocks.run(TestBlocks.address(77), "transfer", good, by: alice).outcome.code == "noContract")
        #expect(try holding(alice).balance == amount(100))
    }

    @Test mutating func issues() throws {
        try open()
        #expect(try holding(alice) == Holding(balance: amount(100), isFrozen: false))
        #expect(try supply() == amount(100))
        #expect(try code(.issue("GOLD", to: alice, amount(1)), by: alice) == "notIssuer")
        #expect(try code(.issue("OIL", to: alice, amount(1)), by: issuer) == "noAsset")
        #expect(try code(.issue("GOLD", to: bob, .max), by: issuer) == "overflow")
        let rest = try #require(UInt256.max.subtracting(amount(100)))
        try succeed(.issue("GOLD", to: bob, rest), by: issuer)
        #expect(try supply() == .max)
        #expect(try code(.issue("GOLD", to: bob, amount(1)), by: issuer) == "overflow")
        try succeed(.transfer("GOLD", to: alice, rest), by: bob)
        #expect(try holding(alice).balance == .max)
    }

    // MARK: Transfer and burn

    @Test mutating func transfers() throws {
        try open()
        let receipt = try run(.transfer("GOLD", to: bob, amount(30)), by: alice)
        #expect(receipt.events.map(\.name) == ["Transferred"])
        #expect(try holding(alice).balance == amount(70))
        #expect(try holding(bob).balance == amount(30))
        #expect(try code(.transfer("GOLD", to: bob, amount(71)), by: alice) == "balanceTooSmall")
        #expect(try code(.transfer("GOLD", to: bob, .max), by: alice) == "balanceTooSmall")
        #expect(try code(.transfer("OIL", to: bob, amount(1)), by: alice) == "balanceTooSmall")
        #expect(try code(.transfer("OIL", to: bob, .zero), by: alice) == "noAsset")
        #expect(try supply() == amount(100))
    }

    @Test mutating func aTransferToOneselfChangesNothing() throws {
        try open()
        let before = blocks.state.values
        try succeed(.transfer("GOLD", to: alice, amount(100)), by: alice)
        #expect(blocks.state.values == before)
        #expect(try code(.transfer("GOLD", to: alice, amount(101)), by: alice) == "balanceTooSmall")
    }

    @Test mutating func nothingIsAnAmount() throws {
        try open()
        let before = blocks.state.values
        try succeed(.transfer("GOLD", to: bob, .zero), by: alice)
        try succeed(.transfer("GOLD", to: alice, .zero), by: bob)
        try succeed(.burn("GOLD", .zero), by: bob)
        try succeed(.issue("GOLD", to: bob, .zero), by: issuer)
        try succeed(.transferFrom("GOLD", from: alice, to: bob, .zero), by: bob)
        #expect(blocks.state.values == before, "no empty holding or allowance is kept")
    }

    @Test mutating func burns() throws {
        try open()
        #expect(try run(.burn("GOLD", amount(40)), by: alice).events.map(\.name) == ["Burned"])
        #expect(try supply() == amount(60))
        #expect(try code(.burn("GOLD", amount(61)), by: alice) == "balanceTooSmall")
        #expect(try code(.burn("GOLD", amount(1)), by: issuer) == "balanceTooSmall")
        #expect(try code(.burn("OIL", amount(1)), by: alice) == "noAsset")
        try succeed(.burn("GOLD", amount(60)), by: alice)
        #expect(try supply() == .zero)
        #expect(blocks.state.values.count == 1, "only the kind is left")
    }

    // MARK: Allowances

    @Test mutating func approves() throws {
        try open()
        #expect(try run(.approve("GOLD", spender: bob, amount(50)), by: alice).events.map(\.name) == ["Approved"])
        let arguments = CanonicalEncoder.text("GOLD") + CanonicalEncoder.arguments(alice, bob)
        #expect(try ask("allowance", arguments) == amount(50))
        #expect(try run(.transferFrom("GOLD", from: alice, to: issuer, amount(20)), by: bob).outcome.code == nil)
        #expect(try ask("allowance", arguments) == amount(30))
        #expect(try holding(issuer).balance == amount(20))
        #expect(try code(.transferFrom("GOLD", from: alice, to: bob, amount(31)), by: bob) == "allowanceTooSmall")
        #expect(try code(.transferFrom("GOLD", from: alice, to: bob, amount(1)), by: issuer) == "allowanceTooSmall")
        try succeed(.approve("GOLD", spender: bob, .max), by: alice)
        #expect(try ask("allowance", arguments) == UInt256.max, "approving sets, and does not add")
        #expect(try code(.transferFrom("GOLD", from: alice, to: bob, amount(81)), by: bob) == "balanceTooSmall")
        #expect(try ask("allowance", arguments) == UInt256.max, "a failure gives the allowance back")
        try succeed(.approve("GOLD", spender: bob, .zero), by: alice)
        #expect(try code(.transferFrom("GOLD", from: alice, to: bob, amount(1)), by: bob) == "allowanceTooSmall")
        #expect(try code(.approve("OIL", spender: bob, amount(1)), by: alice) == "noAsset")
        #expect(try code(.transferFrom("OIL", from: alice, to: bob, .zero), by: bob) == "noAsset")
    }

    @Test mutating func theOwnerNeedsAnAllowanceToo() throws {
        try open()
        #expect(try code(.transferFrom("GOLD", from: alice, to: bob, amount(1)), by: alice) == "allowanceTooSmall")
        try succeed(.approve("GOLD", spender: alice, amount(5)), by: alice)
        try succeed(.transferFrom("GOLD", from: alice, to: bob, amount(5)), by: alice)
        #expect(try holding(bob).balance == amount(5))
    }

    // MARK: Frozen accounts

    @Test mutating func freezes() throws {
        try open()
        try succeed(.approve("GOLD", spender: bob, amount(50)), by: alice)
        #expect(try run(.freeze("GOLD", alice), by: issuer).events.map(\.name) == ["Frozen"])
        #expect(try holding(alice) == Holding(balance: amount(100), isFrozen: true))
        #expect(try code(.transfer("GOLD", to: bob, amount(1)), by: alice) == "frozen")
        #expect(try code(.transferFrom("GOLD", from: alice, to: bob, amount(1)), by: bob) == "frozen")
        #expect(try code(.burn("GOLD", amount(1)), by: alice) == "frozen")
        #expect(try code(.issue("GOLD", to: alice, amount(1)), by: issuer) == "frozen")
        #expect(try supply() == amount(100), "what failed half-way is undone")
        try succeed(.issue("GOLD", to: bob, amount(9)), by: issuer)
        #expect(try code(.transfer("GOLD", to: alice, amount(1)), by: bob) == "frozen")
        #expect(try holding(bob).balance == amount(9))
        #expect(try code(.freeze("GOLD", bob), by: alice) == "notIssuer")
        #expect(try code(.unfreeze("GOLD", alice), by: alice) == "notIssuer")
        #expect(try code(.freeze("OIL", bob), by: issuer) == "noAsset")
        #expect(try run(.unfreeze("GOLD", alice), by: issuer).events.map(\.name) == ["Unfrozen"])
        try succeed(.transfer("GOLD", to: bob, amount(1)), by: alice)
    }

    @Test mutating func anEmptyAccountCanBeFrozenAndLeavesNothingBehind() throws {
        try open()
        let before = blocks.state.values
        try succeed(.freeze("GOLD", bob), by: issuer)
        #expect(try holding(bob) == Holding(balance: .zero, isFrozen: true))
        #expect(try code(.transfer("GOLD", to: bob, .zero), by: alice) == "frozen")
        try succeed(.unfreeze("GOLD", bob), by: issuer)
        #expect(blocks.state.values == before)
    }

    // MARK: Questions

    @Test mutating func listsHoldings() throws {
        for symbol in ["OIL", "GOLD", "A"] {
            try succeed(.create(symbol), by: issuer)
            try succeed(.issue(symbol, to: alice, amount(7)), by: issuer)
        }
        let outcome = try blocks.ask(Assets.address, "holdings", alice.canonicalBytes).outcome
        var decoder = CanonicalDecoder(try #require(outcome.value))
        let holdings: [NamedHolding] = try decoder.decodeSequence(maximum: 10)
        #expect(holdings.map(\.symbol.description) == ["A", "GOLD", "OIL"])
        #expect(try blocks.ask(Assets.address, "holdings", bob.canonicalBytes).outcome == .success([0]))
    }

    @Test mutating func questionsNameWhatIsNotThere() throws {
        #expect(try blocks.ask(Assets.address, "kind", CanonicalEncoder.text("GOLD")).outcome.code == "noAsset")
        let arguments = CanonicalEncoder.text("GOLD") + alice.canonicalBytes
        #expect(try blocks.ask(Assets.address, "balance", arguments).outcome.code == "noAsset")
    }

    @Test mutating func whoOnlyAsksChangesNothing() throws {
        try open()
        let before = blocks.state.values
        let actions: [AssetAction] = [
            .create("OIL"), .issue("GOLD", to: alice, amount(1)), .transfer("GOLD", to: bob, .zero),
            .approve("GOLD", spender: bob, amount(1)), .burn("GOLD", .zero), .freeze("GOLD", bob),
        ]
        for action in actions {
            let outcome = try blocks.ask(Assets.address, action.call.method, action.call.arguments).outcome
            #expect(["readOnly", "notIssuer"].contains(outcome.code))
        }
        #expect(blocks.state.values == before)
    }

    @Test func holdingsAreFoundByTheirKeys() throws {
        let symbol = try #require(AssetSymbol("GOLD"))
        let key = AssetStore.holdingKey(symbol, alice)
        #expect(AssetStore.holding(ofKey: key)?.symbol == symbol)
        #expect(AssetStore.holding(ofKey: key)?.account == alice)
        for other in [
            [], Array(key.prefix(21)), AssetStore.kindKey(symbol), [104] + [UInt8](repeating: 255, count: 40),
        ] {
            #expect(AssetStore.holding(ofKey: other) == nil)
        }
    }
}

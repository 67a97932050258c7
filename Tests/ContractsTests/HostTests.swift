import Contracts
import Ledger
import Primitives
import TestSupport
import Testing

/// The host, by a contract that does whatever its argument says.
@Suite struct HostTests {
    private var blocks = TestBlocks([Prober.self, Assets.self])
    private let sender = TestBlocks.address(1)
    private static let plenty: UInt64 = 1 << 40

    private mutating func run(_ steps: Prober.Step..., gasLimit: UInt64 = plenty) throws -> Receipt {
        try blocks.run(Prober.address, "run", Prober.encode(steps), by: sender, gasLimit: gasLimit)
    }

    private func value(_ key: [UInt8]) -> [UInt8]? {
        blocks.state.values[StateKey(contract: Prober.address, key: key)]
    }

    // MARK: Calls and what is undone

    @Test mutating func `a failed call is undone, and its caller goes on`() throws {
        let receipt = try run(
            .write([1], [10]), .emit("before", topics: 0, data: []),
            .attempt([
                .write([1], [11]), .write([2], [12]), .emit("within", topics: 0, data: []),
                .call([.write([3], [13]), .emit("deep", topics: 0, data: [])]), .fail("no"),
            ]), .read([1]), .emit("after", topics: 0, data: []))
        #expect(receipt.outcome == .success([1, 10]))
        #expect(receipt.events.map(\.name) == ["before", "after"])
        #expect(value([1]) == [10] && value([2]) == nil && value([3]) == nil)
    }

    @Test mutating func `what a call did stands if it succeeds, until its caller fails`() throws {
        let receipt = try run(.attempt([.write([1], [1]), .emit("a", topics: 0, data: [])]), .read([1]))
        #expect(receipt.outcome == .success([0, 1]) && receipt.events.count == 1)
        let failed = try run(.call([.write([1], [2]), .emit("a", topics: 0, data: [])]), .fail("late"))
        #expect(failed.outcome.code == "late" && failed.events.isEmpty)
        #expect(value([1]) == [1])
    }

    @Test mutating func `a failed transaction leaves nothing for the next one in its block`() throws {
        let transactions = [
            [.write([1], [1]), .fail("x")], [.read([1]), .write([2], [2])], [.read([2]), .write([2], nil)],
            [.read([2])],
        ].enumerated().map { (index: Int, steps: [Prober.Step]) in
            TestBlocks.transaction(
                Prober.address, "run", Prober.encode(steps), by: sender, salt: UInt64(index), gasLimit: Self.plenty)
        }
        let result = try blocks.execute(transactions)
        #expect(result.receipts.map(\.outcome.value) == [nil, [], [2], []])
        #expect(result.changes.isEmpty, "what was written and removed again is no change")
    }

    @Test mutating func `a contract knows who called it, through any number of calls`() throws {
        let receipt = try run(.who, .call([.who]), .who)
        let (own, height) = (Prober.address.bytes, UInt64(1).canonicalBytes)
        let outer = sender.bytes + own + sender.bytes + height
        let inner = own + own + sender.bytes + height
        #expect(receipt.outcome == .success(outer + inner + outer))
    }

    @Test mutating func `after a failed call the contract is itself again`() throws {
        let receipt = try run(.attempt([.callOther(Assets.address, "burn", [])]), .who, .write([5], [5]))
        #expect(
            receipt.outcome
                == .success([1] + sender.bytes + Prober.address.bytes + sender.bytes + [1, 0, 0, 0, 0, 0, 0, 0]))
        #expect(value([5]) == [5])
    }

    @Test mutating func `the caller of the contract for assets is the contract, not the sender`() throws {
        let create = AssetAction.create("GOLD").call
        #expect(try run(.callOther(Assets.address, create.method, create.arguments)).outcome.code == nil)
        let kind = try blocks.ask(Assets.address, "kind", CanonicalEncoder.text("GOLD")).outcome.value
        #expect(try AssetKind(canonicalBytes: kind ?? []).issuer == Prober.address)
    }

    @Test mutating func `calls end at their depth, and who swallows that goes on`() throws {
        #expect(try run(.recurse).outcome.code == "callDepth")
        #expect(try run(.attempt([.recurse]), .give([9])).outcome == .success([1, 9]))
        var steps: [Prober.Step] = [.give([7])]
        for _ in 1..<ContractLimits.callDepthMax { steps = [.call(steps)] }
        #expect(try blocks.run(Prober.address, "run", Prober.encode(steps), by: sender).outcome == .success([7]))
        steps = [.call(steps)]
        #expect(
            try blocks.run(Prober.address, "run", Prober.encode(steps), by: sender).outcome.code == "callDepth")
    }

    // MARK: What ends a transaction

    @Test mutating func `out of gas ends the transaction, whoever swallows it`() throws {
        let costly = Prober.Step.write([1], [UInt8](repeating: 1, count: 100_000))
        let attempts: [[Prober.Step]] = [
            [.attempt([costly]), .give([1])], [.disguise([costly])], [.attempt([.disguise([costly])]), .give([1])],
            [.attempt([.attempt([costly])])],
        ]
        for steps in attempts {
            var unlimited = TestBlocks([Prober.self])
            let program = Prober.encode([.write([2], [2])] + steps)
            let needed = try unlimited.run(Prober.address, "run", program, by: sender, gasLimit: Self.plenty).gasUsed
            // The last that it pays for is the write.
            let gasLimit = needed - 100
            let receipt = try blocks.run(Prober.address, "run", program, by: sender, gasLimit: gasLimit)
            #expect(receipt.outcome.code == "outOfGas" && receipt.gasUsed == gasLimit)
            #expect(receipt.events.isEmpty && blocks.state.values.isEmpty)
        }
    }

    @Test mutating func `a state that can't be read gives no receipt, whoever swallows it`() throws {
        let reads: [Prober.Step] = [
            .read([1]), .write([1], [1]), .scan(prefix: [], from: nil, limit: 1),
        ]
        for read in reads {
            for steps in [
                [read], [.attempt([read])], [.disguise([read])], [.attempt([.disguise([read])]), .give([1])],
            ] {
                blocks.state.isBroken = true
                #expect(throws: StateUnavailable.self) {
                    try blocks.run(Prober.address, "run", Prober.encode(steps), by: sender)
                }
                #expect(throws: StateUnavailable.self) {
                    try blocks.ask(Prober.address, "run", Prober.encode([.attempt([.read([1])])]))
                }
                blocks.state.isBroken = false
            }
        }
    }

    /// Every gas limit from nothing to enough, over programs that use every part of the host.
    @Test mutating func `with too little gas nothing happens, at whatever step it ends`() throws {
        let program: [Prober.Step] = [
            .write([1], [1, 2, 3]), .emit("e", topics: 1, data: [1]), .read([1]),
            .attempt([.write([2], [2]), .fail("x")]), .scan(prefix: [], from: nil, limit: 2),
            .call([.write([3], [3]), .write([1], nil)]), .give([4, 4]),
        ]
        let bytes = Prober.encode(program)
        let before = blocks.state.values
        var enough = TestBlocks([Prober.self])
        let needed = try enough.run(Prober.address, "run", bytes, by: sender, gasLimit: Self.plenty).gasUsed
        var used: UInt64 = 0
        // A prime for the step meets every charge at another distance.
        for limit in Array(stride(from: 0, to: needed, by: 7)) + [needed - 2, needed - 1] {
            let receipt = try blocks.run(Prober.address, "run", bytes, by: sender, gasLimit: limit)
            #expect(receipt.outcome.code == "outOfGas" && receipt.gasUsed == limit && receipt.events.isEmpty)
            #expect(blocks.state.values == before)
            used = max(used, receipt.gasUsed)
        }
        for limit in needed...needed + 2 {
            var fresh = TestBlocks([Prober.self])
            let receipt = try fresh.run(Prober.address, "run", bytes, by: sender, gasLimit: limit)
            #expect(receipt.outcome.code == nil && receipt.gasUsed == needed && receipt.events.count == 1)
        }
        #expect(used == needed - 1)
    }

    @Test mutating func `every gas limit of a transfer`() throws {
        let (create, issue) = (AssetAction.create("GOLD"), AssetAction.issue("GOLD", to: sender, UInt256(50)))
        let transfer = AssetAction.transfer("GOLD", to: TestBlocks.address(2), UInt256(5)).call
        for action in [create, issue] {
            _ = try blocks.run(Assets.address, action.call.method, action.call.arguments, by: sender)
        }
        let before = blocks.state.values
        var limit: UInt64 = 0
        while true {
            let receipt = try blocks.run(Assets.address, "transfer", transfer.arguments, by: sender, gasLimit: limit)
            if receipt.outcome.code == nil {
                #expect(receipt.gasUsed == limit)
                break
            }
            #expect(receipt.outcome.code == "outOfGas" && receipt.gasUsed == limit && receipt.events.isEmpty)
            guard blocks.state.values == before, limit < 100_000 else {
                Issue.record("with \(limit) gas something changed")
                break
            }
            limit += 1
        }
        #expect(limit > 5000)
    }

    // MARK: Limits

    @Test mutating func `keys and values end at their limits`() throws {
        let (key, value) = (LedgerLimits.stateKeyByteCountMax, LedgerLimits.stateValueByteCountMax)
        func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 7, count: count) }
        #expect(try run(.write(bytes(key), [1])).outcome.code == nil)
        #expect(try run(.read(bytes(key))).outcome == .success([1]))
        #expect(try run(.write(bytes(key + 1), [1])).outcome.code == "keyTooLong")
        #expect(try run(.read(bytes(key + 1))).outcome.code == "keyTooLong")
        #expect(try run(.scan(prefix: bytes(key + 1), from: nil, limit: 1)).outcome.code == "keyTooLong")
        #expect(try run(.scan(prefix: [], from: bytes(key + 1), limit: 1)).outcome.code == "keyTooLong")
        #expect(try run(.write([1], bytes(value))).outcome.code == nil)
        #expect(try run(.write([1], bytes(value + 1))).outcome.code == "valueTooLong")
        #expect(try run(.write([], [5]), .read([])).outcome == .success([5]), "the empty key is a key")
        #expect(try run(.write([9], []), .scan(prefix: [9], from: nil, limit: 1)).outcome == .success([1, 9, 0]))
    }

    @Test mutating func `events end at their limits`() throws {
        func code(_ steps: [Prober.Step]) throws -> String? {
            try blocks.run(Prober.address, "run", Prober.encode(steps), by: sender, gasLimit: Self.plenty).outcome.code
        }
        let name = String(repeating: "n", count: LedgerLimits.eventNameByteCountMax)
        #expect(try code([.emit(name, topics: LedgerLimits.topicsMax, data: [])]) == nil)
        #expect(try code([.emit(name + "n", topics: 0, data: [])]) == "eventTooLarge")
        #expect(try code([.emit("n", topics: LedgerLimits.topicsMax + 1, data: [])]) == "eventTooLarge")
        let payload = LedgerLimits.payloadByteCountMax
        #expect(try code([.emit("n", topics: 0, data: [UInt8](repeating: 0, count: payload))]) == nil)
        #expect(try code([.emit("n", topics: 0, data: [UInt8](repeating: 0, count: payload + 1))]) == "eventTooLarge")
        let many = [Prober.Step](repeating: .emit("n", topics: 0, data: []), count: LedgerLimits.eventsMax)
        #expect(try code(many) == nil)
        #expect(try code(many + [.emit("n", topics: 0, data: [])]) == "eventTooLarge")
    }

    @Test mutating func `results end at their limit`() throws {
        let limit = LedgerLimits.payloadByteCountMax
        #expect(try run(.give([UInt8](repeating: 0, count: limit))).outcome.code == nil)
        #expect(try run(.give([UInt8](repeating: 0, count: limit + 1))).outcome.code == "resultTooLong")
    }

    @Test mutating func `a block's receipts are bounded, whatever gas would buy`() throws {
        let data = [UInt8](repeating: 0, count: LedgerLimits.payloadByteCountMax - 100)
        let programs: [[Prober.Step]] = [[.emit("n", topics: 0, data: data)], [.give(data)]]
        for program in programs {
            let transactions = (0..<20).map {
                TestBlocks.transaction(
                    Prober.address, "run", Prober.encode(program), by: sender, salt: $0, gasLimit: Self.plenty)
            }
            let receipts = try blocks.execute(transactions).receipts
            let fit = ContractLimits.blockOutputByteCountMax / LedgerLimits.payloadByteCountMax
            #expect(receipts.prefix(fit).allSatisfy { $0.outcome.code == nil })
            #expect(receipts.dropFirst(fit).allSatisfy { $0.outcome.code == "outputTooLong" })
            #expect(
                receipts.reduce(0) { $0 + $1.canonicalBytes.count } < ContractLimits.blockOutputByteCountMax + 20_000)
        }
        // What is undone takes no room.
        let undone = [Prober.Step](repeating: .attempt([.emit("n", topics: 0, data: data), .fail("x")]), count: 20)
        #expect(
            try blocks.run(Prober.address, "run", Prober.encode(undone), by: sender, gasLimit: Self.plenty).outcome.code
                == nil)
    }

    @Test mutating func `who only asks may do everything but write`() throws {
        _ = try run(.write([1], [5]))
        func ask(_ steps: Prober.Step...) throws -> Outcome {
            try blocks.ask(Prober.address, "run", Prober.encode(steps)).outcome
        }
        #expect(try ask(.read([1]), .call([.read([1])])) == .success([5, 5]))
        #expect(try ask(.write([1], [6])).code == "readOnly")
        #expect(try ask(.write([1], nil)).code == "readOnly")
        #expect(try ask(.emit("e", topics: 0, data: [])).code == "readOnly")
        #expect(try ask(.attempt([.write([1], [6])]), .read([1])) == .success([1, 5]))
        #expect(
            try blocks.ask(Prober.address, "run", Prober.encode([.read([1])]), gasLimit: 100).outcome.code == "outOfGas"
        )
        // The call that only asks leaves no mark on the next transaction.
        #expect(try run(.write([1], [7])).outcome.code == nil)
    }
}

internal import Contracts
internal import Cryptography
internal import Ledger
internal import Primitives

extension FuzzTarget {
    /// Programs on the host, block by block, against a model of it.
    static let host = FuzzTarget("host", seeds: { seedsOfPrograms }) { bytes throws(FuzzFailure) in
        var input = FuzzInput(bytes)
        var (blocks, model) = (FuzzBlocks([HostContract.self]), HostModel())
        for _ in 0..<3 where !input.isEmpty {
            let programs = (0...Int(input.byte() & 3)).map { _ in input.bytes(Int(input.number(byteCount: 2)) % 2048) }
            try check(programs, &blocks, &model)
            try starve(programs[0], gas: input.byte(), blocks)
        }
    }

    /// One block of programs with all the gas they want.
    private static func check(
        _ programs: [[UInt8]], _ blocks: inout FuzzBlocks, _ model: inout HostModel
    ) throws(FuzzFailure) {
        let result = try blocks.execute(programs.enumerated().map { transaction($1, gasLimit: 1 << 40, salt: $0) })
        for (receipt, program) in zip(result.receipts, programs) {
            switch (receipt.outcome, model.transact(program)) {
            case (.success(let value), .success(let expected)):
                try demand(value == expected, "a program gives \(value), not \(expected)")
                let events = receipt.events.map { "\($0.name) \($0.topics.count) \($0.data)" }
                try demand(
                    events == model.events.map { "\($0.name) \($0.topicCount) \($0.data)" }, "events: \(events)")
            case (.failure(let failure), .failure(let expected)):
                try demand(failure.code == expected.code, "a program fails by \(failure.code), not \(expected.code)")
            case (let outcome, let expected): throw FuzzFailure("a program ends as \(outcome), not as \(expected)")
            }
        }
        let values = blocks.state.values.reduce(into: [[UInt8]: [UInt8]]()) { $0[$1.key.key] = $1.value }
        try demand(values == model.values, "the state is not the model's")
    }

    /// The same program with less gas: all of it happens or, when gas runs out, nothing.
    private static func starve(_ program: [UInt8], gas share: UInt8, _ blocks: FuzzBlocks) throws(FuzzFailure) {
        func receipt(_ gasLimit: UInt64) throws(FuzzFailure) -> (Receipt, isUnchanged: Bool) {
            var copy = FuzzBlocks([HostContract.self])
            copy.state.values = blocks.state.values
            let result = try copy.execute([transaction(program, gasLimit: gasLimit, salt: 0)])
            return (result.receipts[0], result.changes.isEmpty)
        }
        let (whole, _) = try receipt(1 << 40)
        let limit = whole.gasUsed * UInt64(share) / 240
        let (starved, isUnchanged) = try receipt(limit)
        if limit >= whole.gasUsed {
            try demand(starved.outcome == whole.outcome && starved.gasUsed == whole.gasUsed, "enough gas is not enough")
        } else {
            guard case .failure(let failure) = starved.outcome else { throw FuzzFailure("too little gas suffices") }
            // A program that fails before its gas runs out can't come here: that failure is its last charge.
            try demand(failure.code == "outOfGas" && starved.gasUsed == limit && isUnchanged, "\(starved)")
        }
    }

    private static func transaction(_ program: [UInt8], gasLimit: UInt64, salt: Int) -> SignedTransaction {
        FuzzBlocks.transaction(
            HostContract.address, "run", HostContract.arguments(program), gasLimit: gasLimit, salt: salt)
    }

    private static var seedsOfPrograms: [[UInt8]] {
        let writes: [UInt8] = [2, 1, 0x25, 3, 5, 0x11, 5, 0, 0, 9, 0, 1, 4, 1, 6, 9, 1]
        let nested: [UInt8] = [7, 6, 2, 1, 0x33, 10, 0, 0, 9, 3, 2, 6, 1, 5, 0, 0, 5]
        let block = [1, UInt8(writes.count), 0] + writes + [UInt8(nested.count), 0] + nested + [100]
        let deep = (0..<70).reduce([UInt8]()) { program, _ in [9, UInt8(min(255, program.count))] + program }
        return [block, block + block, [0, UInt8(deep.count), 0] + deep + [240]]
    }

    /// The contracts that come with the node, called with any bytes.
    static let contracts = FuzzTarget("contracts", seeds: { seedsOfCalls }) { bytes throws(FuzzFailure) in
        var input = FuzzInput(bytes)
        var blocks = FuzzBlocks([Assets.self, Accounts.self])
        for _ in 0..<4 where !input.isEmpty {
            let calls = (0...Int(input.byte() & 3)).map { call(&input, salt: $0) }
            _ = try blocks.execute(calls)
            try checkSupplies(blocks.state)
        }
    }

    private static let methods = [
        "create", "issue", "transfer", "approve", "transferFrom", "burn", "freeze", "unfreeze", "kind", "balance",
        "allowance", "holdings", "setAuthentication", "authentication", "none",
    ]

    private static func call(_ input: inout FuzzInput, salt: Int) -> SignedTransaction {
        let method = methods[Int(input.byte()) % methods.count]
        let (sender, other) = (Int(input.byte()), FuzzBlocks.accounts[Int(input.byte()) % FuzzBlocks.accounts.count])
        let isOfAccounts = method.hasSuffix("uthentication")
        var arguments = CanonicalEncoder()
        if input.byte() & 7 != 0 {
            if !isOfAccounts { arguments.encode(input.byte() & 3 == 0 ? "OIL" : "GOLD") }
            if method != "create", method != "burn" { arguments.encode(other.address) }
        }
        arguments.bytes += input.bytes(Int(input.byte()))
        return FuzzBlocks.transaction(
            isOfAccounts ? Accounts.address : Assets.address, method, arguments.bytes, by: sender,
            gasLimit: 10_000_000, salt: salt)
    }

    /// Of each kind the balances add up to the supply.
    private static func checkSupplies(_ state: FuzzState) throws(FuzzFailure) {
        let assets = state.values.filter { $0.key.hasPrefix(StateKey(contract: Assets.address, key: [UInt8]())) }
        for (key, bytes) in assets where key.key.first == UInt8(ascii: "k") {
            guard let kind = try? AssetKind(canonicalBytes: bytes) else { throw FuzzFailure("a damaged kind") }
            let holdings = assets.filter {
                $0.key.key.first == UInt8(ascii: "h") && Array($0.key.key.dropFirst(21)) == Array(key.key.dropFirst())
            }
            var sum = UInt256.zero
            for (_, bytes) in holdings {
                guard let balance = try? Holding(canonicalBytes: bytes).balance, let next = sum.adding(balance) else {
                    throw FuzzFailure("a damaged holding, or balances beyond their range")
                }
                sum = next
            }
            try demand(sum == kind.supply, "balances of \(sum), but a supply of \(kind.supply)")
        }
    }

    private static var seedsOfCalls: [[UInt8]] {
        let create: [UInt8] = [0, 0, 0, 1, 1, 6, 4, 110, 97, 109, 101, 2]
        let amount = [5] + [UInt8](repeating: 0, count: 31)
        let moves = [1, 2, 3].map { [UInt8($0), UInt8($0 / 2), 1, 1, 1, 32] + amount }
        let burn: [UInt8] = [5, 1, 0, 1, 1, 32] + amount
        let record = AuthenticationRecord(key: FuzzBlocks.accounts[0].key).canonicalBytes
        let set: [UInt8] = [12, 0, 0, 0, UInt8(record.count)] + record
        return [[3] + create + moves[0] + moves[1] + burn, [1] + create + set, [1] + set + create]
    }
}

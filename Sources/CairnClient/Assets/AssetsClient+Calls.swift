internal import Contracts
internal import Primitives

extension AssetsClient {
    /// The call that does something with an asset. The node is asked for the asset's decimals.
    public func call(for action: AssetAction) async throws(ClientError) -> ContractCall {
        switch action {
        case .create(let symbol, let name, let decimals): try Self.creation(symbol, name, decimals)
        case .issue(let symbol, let amount, let account):
            try await movement("issue", symbol, [account], amount)
        case .transfer(let symbol, let amount, let account):
            try await movement("transfer", symbol, [account], amount)
        case .approve(let symbol, let amount, let spender):
            try await movement("approve", symbol, [spender], amount)
        case .transferFrom(let symbol, let amount, let from, let to):
            try await movement("transferFrom", symbol, [from, to], amount)
        case .burn(let symbol, let amount): try await movement("burn", symbol, [], amount)
        case .freeze(let symbol, let account): try Self.call("freeze", symbol, [account])
        case .unfreeze(let symbol, let account): try Self.call("unfreeze", symbol, [account])
        }
    }

    private static func creation(
        _ symbol: String, _ name: String, _ decimals: UInt8
    ) throws(ClientError) -> ContractCall {
        guard name.utf8.count <= AssetKind.nameByteCountMax else {
            throw .invalid("an asset's name has at most \(AssetKind.nameByteCountMax) bytes")
        }
        return try call("create", symbol, []) { arguments in
            arguments.encode(name)
            arguments.encode(decimals)
        }
    }

    private func movement(
        _ method: String, _ symbol: String, _ accounts: [AccountAddress], _ amount: String
    ) async throws(ClientError) -> ContractCall {
        let decimals = try await kind(symbol).decimals
        guard let value = AmountText.value(of: amount, decimals: decimals) else {
            throw .invalid("\"\(amount)\" is not an amount of an asset with \(decimals) decimals")
        }
        return try Self.call(method, symbol, accounts) { $0.encode(value) }
    }

    /// A call with a symbol, accounts, and more.
    private static func call(
        _ method: String, _ symbol: String, _ accounts: [AccountAddress],
        _ encodeMore: (inout CanonicalEncoder) -> Void = { _ in }
    ) throws(ClientError) -> ContractCall {
        var arguments = CanonicalEncoder()
        arguments.encode(try Self.symbol(symbol))
        for account in accounts { arguments.encode(account.value) }
        encodeMore(&arguments)
        return ContractCall(contract: Assets.address, method: method, arguments: arguments.bytes)
    }
}

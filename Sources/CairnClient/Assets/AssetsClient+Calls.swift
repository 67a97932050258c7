internal import Contracts
internal import Primitives

extension AssetsClient {
    /// The call that does something with an asset. The node is asked for the asset's decimals.
    public func call(for action: AssetAction) async throws(ClientError) -> ContractCall {
        let decimals = if let symbol = action.movedSymbol { try await kind(symbol).decimals } else { 0 as UInt8 }
        return try Self.call(for: action, decimals: decimals)
    }

    /// The same for an asset whose decimals are known, which never change: nobody is asked.
    public static func call(for action: AssetAction, decimals: UInt8) throws(ClientError) -> ContractCall {
        switch action {
        case .create(let symbol, let name, let decimals): try creation(symbol, name, decimals)
        case .issue(let symbol, let amount, let account): try movement("issue", symbol, [account], amount, decimals)
        case .transfer(let symbol, let amount, let account):
            try movement("transfer", symbol, [account], amount, decimals)
        case .approve(let symbol, let amount, let spender):
            try movement("approve", symbol, [spender], amount, decimals)
        case .transferFrom(let symbol, let amount, let from, let to):
            try movement("transferFrom", symbol, [from, to], amount, decimals)
        case .burn(let symbol, let amount): try movement("burn", symbol, [], amount, decimals)
        case .freeze(let symbol, let account): try call("freeze", symbol, [account])
        case .unfreeze(let symbol, let account): try call("unfreeze", symbol, [account])
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

    private static func movement(
        _ method: String, _ symbol: String, _ accounts: [AccountAddress], _ amount: String, _ decimals: UInt8
    ) throws(ClientError) -> ContractCall {
        guard let value = AmountText.value(of: amount, decimals: decimals) else {
            throw .invalid("\"\(amount)\" is not an amount of an asset with \(decimals) decimals")
        }
        return try call(method, symbol, accounts) { $0.encode(value) }
    }

    /// A call with a symbol, accounts, and more.
    private static func call(
        _ method: String, _ symbol: String, _ accounts: [AccountAddress],
        _ encodeMore: (inout CanonicalEncoder) -> Void = { _ in }
    ) throws(ClientError) -> ContractCall {
        var arguments = CanonicalEncoder()
        arguments.encode(try self.symbol(symbol))
        for account in accounts { arguments.encode(account.value) }
        encodeMore(&arguments)
        return ContractCall(contract: Assets.address, method: method, arguments: arguments.bytes)
    }
}

extension AssetAction {
    /// The asset of which an amount is named; nil if none is.
    fileprivate var movedSymbol: String? {
        switch self {
        case .issue(let symbol, _, _), .transfer(let symbol, _, _), .approve(let symbol, _, _),
            .transferFrom(let symbol, _, _, _), .burn(let symbol, _):
            symbol
        case .create, .freeze, .unfreeze: nil
        }
    }
}

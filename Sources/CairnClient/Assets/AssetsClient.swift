package import Contracts
internal import Ledger
package import Primitives

/// What an account holds of an asset.
public struct AssetBalance: Sendable {
    /// In units, with a point where the asset has decimals.
    public let amount: String
    /// In the asset's smallest unit.
    public let smallestUnits: String
    /// Whether the issuer has frozen the account for the asset.
    public let isFrozen: Bool
}

/// The chain's assets: each method sends one transaction and waits for its result, or asks one question.
///
/// Amounts are decimal texts in the asset's units: "12.50" of an asset with two decimals is 1250 of its smallest unit.
public struct AssetsClient: Sendable {
    let client: CairnClient

    /// Does something with an asset: sends one transaction and waits for its result.
    public func perform(
        _ action: AssetAction, from account: Account
    ) async throws(ClientError) -> TransactionResult {
        try await client.submit(try await call(for: action), from: account)
    }

    /// Creates an asset kind, of which `issuer` becomes the issuer.
    public func create(
        _ symbol: String, name: String, decimals: UInt8, issuer: Account
    ) async throws(ClientError) -> TransactionResult {
        try await perform(.create(symbol, name: name, decimals: decimals), from: issuer)
    }

    /// Issues an amount to an account.
    public func issue(
        _ symbol: String, amount: String, to account: AccountAddress, issuer: Account
    ) async throws(ClientError) -> TransactionResult {
        try await perform(.issue(symbol, amount: amount, to: account), from: issuer)
    }

    /// Transfers an amount to another account.
    public func transfer(
        _ symbol: String, amount: String, to account: AccountAddress, from sender: Account
    ) async throws(ClientError) -> TransactionResult {
        try await perform(.transfer(symbol, amount: amount, to: account), from: sender)
    }

    /// How much of what `owner` holds `spender` may transfer, in the asset's units.
    public func allowance(
        _ symbol: String, owner: AccountAddress, spender: AccountAddress
    ) async throws(ClientError) -> String {
        let kind = try await kind(symbol)
        var arguments = CanonicalEncoder()
        arguments.encode(try Self.symbol(symbol))
        arguments.encode(owner.value)
        arguments.encode(spender.value)
        let allowed: UInt256 = try await ask("allowance", arguments)
        return AmountText.text(of: allowed, decimals: kind.decimals)
    }

    /// What an account holds: now, or after the block of a height whose state the node keeps.
    public func balance(
        _ symbol: String, of account: AccountAddress, at height: UInt64? = nil
    ) async throws(ClientError) -> AssetBalance {
        let kind = try await kind(symbol)
        var arguments = CanonicalEncoder()
        arguments.encode(try Self.symbol(symbol))
        arguments.encode(account.value)
        let holding: Holding = try await ask("balance", arguments, at: height)
        return AssetBalance(
            amount: AmountText.text(of: holding.balance, decimals: kind.decimals),
            smallestUnits: holding.balance.description, isFrozen: holding.isFrozen)
    }

    package func kind(_ symbol: String) async throws(ClientError) -> AssetKind {
        var arguments = CanonicalEncoder()
        arguments.encode(try Self.symbol(symbol))
        return try await ask("kind", arguments)
    }

    package static func symbol(_ text: String) throws(ClientError) -> AssetSymbol {
        guard let symbol = AssetSymbol(text) else {
            throw .invalid(
                "\"\(text)\" is not an asset's symbol: 1 to 16 of A-Z, 0-9, \"-\" and \".\", a letter first")
        }
        return symbol
    }

    private func ask<Value: CanonicalDecodable>(
        _ method: String, _ arguments: CanonicalEncoder, at height: UInt64? = nil
    ) async throws(ClientError) -> Value {
        let bytes = try await client.ask(Assets.address, method, arguments.bytes, at: height)
        guard let value = try? Value(canonicalBytes: bytes) else { throw CairnClient.malformed("cairn_call") }
        return value
    }
}

/// Amounts as people write them.
package enum AmountText {
    /// "12.50" with two decimals is 1250; nil if the text is malformed, too fine or too large.
    package static func value(of text: String, decimals: UInt8) -> UInt256? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty else { return nil }
        let fraction = parts.count > 1 ? parts[1] : ""
        guard fraction.utf8.count <= Int(decimals), parts.count == 1 || !fraction.isEmpty else { return nil }
        let padding = String(repeating: "0", count: Int(decimals) - fraction.utf8.count)
        return UInt256(decimal: whole + fraction + padding)
    }

    /// 1250 with two decimals is "12.50".
    package static func text(of value: UInt256, decimals: UInt8) -> String {
        let digits = value.description
        guard decimals > 0 else { return digits }
        let padded = String(repeating: "0", count: max(0, Int(decimals) + 1 - digits.count)) + digits
        return "\(padded.dropLast(Int(decimals))).\(padded.suffix(Int(decimals)))"
    }
}

package import Primitives

/// Where the contract for assets keeps what. Keys are part of the state's format.
///
/// | key | value |
/// |---|---|
/// | `k` symbol | `AssetKind` |
/// | `h` account symbol | `Holding`; absent if empty |
/// | `a` owner spender symbol | allowance, u256; absent if zero |
package enum AssetStore {
    package static func kindKey(_ symbol: AssetSymbol) -> [UInt8] { key(ofKind: symbol).bytes }

    package static func holdingKey(_ symbol: AssetSymbol, _ account: Address) -> [UInt8] {
        key(ofHolding: symbol, account).bytes
    }

    package static func allowanceKey(_ symbol: AssetSymbol, owner: Address, spender: Address) -> [UInt8] {
        key(ofAllowance: symbol, owner: owner, spender: spender).bytes
    }

    private static func key(ofKind symbol: AssetSymbol) -> StoreKey {
        var key = StoreKey.empty
        key.append(UInt8(ascii: "k"))
        symbol.append(to: &key)
        return key
    }

    private static func key(ofHolding symbol: AssetSymbol, _ account: Address) -> StoreKey {
        var key = StoreKey.empty
        key.append(UInt8(ascii: "h"))
        key.append(account.storeKey)
        symbol.append(to: &key)
        return key
    }

    private static func key(ofAllowance symbol: AssetSymbol, owner: Address, spender: Address) -> StoreKey {
        var key = StoreKey.empty
        key.append(UInt8(ascii: "a"))
        key.append(owner.storeKey)
        key.append(spender.storeKey)
        symbol.append(to: &key)
        return key
    }

    /// Whose holding of what stands at a key, or nil if no holding does.
    package static func holding(ofKey key: [UInt8]) -> (symbol: AssetSymbol, account: Address)? {
        guard key.count > 1 + Address.byteCount, key[0] == UInt8(ascii: "h"),
            let account = Address(Array(key[1..<1 + Address.byteCount])),
            let text = String(validating: key[(1 + Address.byteCount)...], as: UTF8.self),
            let symbol = AssetSymbol(text)
        else { return nil }
        return (symbol, account)
    }

    static func kind(_ symbol: AssetSymbol, host: inout Host) throws(ContractError) -> AssetKind? {
        try decode(try host.read(key(ofKind: symbol)))
    }

    static func set(_ kind: AssetKind, of symbol: AssetSymbol, host: inout Host) throws(ContractError) {
        try host.write(kind.canonicalBytes, at: key(ofKind: symbol))
    }

    static func holding(
        of symbol: AssetSymbol, account: Address, host: inout Host
    ) throws(ContractError) -> Holding {
        try decode(try host.read(key(ofHolding: symbol, account))) ?? .none
    }

    static func set(
        _ holding: Holding, of symbol: AssetSymbol, account: Address, host: inout Host
    ) throws(ContractError) {
        guard holding != .none else { return try host.write(nil, at: key(ofHolding: symbol, account)) }
        // Values stay in memory for long: no more is reserved than is used.
        var encoder = CanonicalEncoder(reservingCapacity: Holding.byteCount)
        holding.encode(to: &encoder)
        try host.write(encoder.bytes, at: key(ofHolding: symbol, account))
    }

    static func allowance(
        of symbol: AssetSymbol, owner: Address, spender: Address, host: inout Host
    ) throws(ContractError) -> UInt256 {
        try decode(try host.read(key(ofAllowance: symbol, owner: owner, spender: spender))) ?? .zero
    }

    static func setAllowance(
        _ amount: UInt256, of symbol: AssetSymbol, owner: Address, spender: Address, host: inout Host
    ) throws(ContractError) {
        let key = key(ofAllowance: symbol, owner: owner, spender: spender)
        try host.write(amount.isZero ? nil : amount.canonicalBytes, at: key)
    }

    /// The first holdings of an account, ascending by symbol.
    static func holdings(of account: Address, host: inout Host) throws(ContractError) -> [NamedHolding] {
        var prefix: [UInt8] = [UInt8(ascii: "h")]
        account.append(to: &prefix)
        var holdings: [NamedHolding] = []
        for (key, value) in try host.scan(prefix: prefix, limit: ContractLimits.scanItemsMax) {
            let text = String(decoding: key.dropFirst(prefix.count), as: UTF8.self)
            guard let symbol = AssetSymbol(text), let holding: Holding = try decode(value) else {
                throw damaged
            }
            holdings.append(NamedHolding(symbol: symbol, holding: holding))
        }
        return holdings
    }

    /// What this contract itself wrote; anything else is a bug that must not become a result that differs by node.
    private static func decode<Value: CanonicalDecodable>(_ bytes: [UInt8]?) throws(ContractError) -> Value? {
        guard let bytes else { return nil }
        do throws(CodingError) { return try Value(canonicalBytes: bytes) } catch { throw damaged }
    }

    private static let damaged = ContractError.failed("damaged", "the contract's storage does not decode")
}

/// The payloads of the contract's events.
package enum AssetEvent {
    /// Symbol, then the kind.
    static func kind(_ symbol: AssetSymbol, _ kind: AssetKind) -> [UInt8] {
        symbol.canonicalBytes + kind.canonicalBytes
    }

    /// Symbol, from (option), to (option), amount.
    static func transfer(_ symbol: AssetSymbol, from: Address?, to: Address?, _ amount: UInt256) -> [UInt8] {
        var encoder = CanonicalEncoder(reservingCapacity: 96)
        encoder.encode(symbol)
        encoder.encode(from)
        encoder.encode(to)
        encoder.encode(amount)
        return encoder.bytes
    }

    /// Symbol, account.
    static func account(_ symbol: AssetSymbol, _ account: Address) -> [UInt8] {
        symbol.canonicalBytes + account.canonicalBytes
    }
}

internal import Ledger
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
        account.append(to: &key)
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
    ) throws(ContractError) -> Holding { try holdingToChange(of: symbol, account: account, host: &host).holding }

    /// The same, with where it stands.
    static func holdingToChange(
        of symbol: AssetSymbol, account: Address, host: inout Host
    ) throws(ContractError) -> (holding: Holding, slot: StorageSlot) {
        let slot = try host.readSlot(key(ofHolding: symbol, account))
        guard let value = slot.value else { return (.none, slot) }
        guard let holding = Holding(value) else { throw damaged }
        return (holding, slot)
    }

    static func set(_ holding: Holding, at slot: StorageSlot, host: inout Host) throws(ContractError) {
        try host.write(holding == .none ? nil : holding.storeValue, at: slot)
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

/// The events of the contract for assets. Accounts stand in topics, by which events are found; zero where there is
/// none.
extension Host {
    /// Topic: the issuer. Data: symbol, then the kind.
    mutating func emit(_ name: String, _ symbol: AssetSymbol, _ kind: AssetKind) throws(ContractError) {
        try emit(name, topics: [kind.issuer.topic], data: symbol.canonicalBytes + kind.canonicalBytes)
    }

    /// Topics: from, to. Data: symbol, amount.
    mutating func emit(
        _ name: String, _ symbol: AssetSymbol, from: Address, to: Address, _ amount: UInt256
    ) throws(ContractError) {
        let topics: [2 of Digest] = [from.topic, to.topic]
        try emit(name, topics: topics.span) { encoder in
            symbol.encode(to: &encoder)
            encoder.encode(amount)
        }
    }

    /// Topic: the account. Data: symbol.
    mutating func emit(_ name: String, _ symbol: AssetSymbol, account: Address) throws(ContractError) {
        try emit(name, topics: [account.topic], data: symbol.canonicalBytes)
    }
}

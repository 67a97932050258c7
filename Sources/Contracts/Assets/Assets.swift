package import Primitives

/// The system contract for assets on accounts.
///
/// Whoever creates an asset kind is its issuer and alone may issue it and freeze accounts for it. Amounts are
/// unsigned integers of 256 bits in the kind's smallest unit; nothing overflows, and the supply of a kind is always
/// the sum of its balances.
///
/// | method | arguments | returns |
/// |---|---|---|
/// | `create` | symbol, name, decimals (u8) | |
/// | `issue` | symbol, to, amount | |
/// | `transfer` | symbol, to, amount | |
/// | `approve` | symbol, spender, amount | |
/// | `transferFrom` | symbol, from, to, amount | |
/// | `burn` | symbol, amount | |
/// | `freeze`, `unfreeze` | symbol, account | |
/// | `kind` | symbol | `AssetKind` |
/// | `balance` | symbol, account | `Holding` |
/// | `allowance` | symbol, owner, spender | u256 |
/// | `holdings` | account | sequence of `NamedHolding` |
package enum Assets: NativeContract {
    package static let address = Address.system(0x100)

    package static func execute(
        _ method: String, _ arguments: inout CanonicalDecoder, in host: inout Host
    ) throws(ContractError) -> [UInt8] {
        switch method {
        case "create": try create(&arguments, &host)
        case "issue": try issue(&arguments, &host)
        case "transfer": try transfer(&arguments, &host)
        case "approve": try approve(&arguments, &host)
        case "transferFrom": try transferFrom(&arguments, &host)
        case "burn": try burn(&arguments, &host)
        case "freeze": try setFrozen(true, &arguments, &host)
        case "unfreeze": try setFrozen(false, &arguments, &host)
        case "kind": return try kind(&arguments, &host)
        case "balance": return try balance(&arguments, &host)
        case "allowance": return try allowance(&arguments, &host)
        case "holdings": return try holdings(&arguments, &host)
        default: throw .failed("noMethod", "the contract for assets has no method \"\(method)\"")
        }
        return []
    }
}

// MARK: - Methods that change something

extension Assets {
    private static func create(_ arguments: inout CanonicalDecoder, _ host: inout Host) throws(ContractError) {
        let (symbol, name, decimals) = try arguments.arguments { decoder throws(CodingError) in
            (
                try decoder.decode(AssetSymbol.self), try decoder.decodeString(maximum: AssetKind.nameByteCountMax),
                try decoder.decode(UInt8.self)
            )
        }
        guard decimals <= AssetKind.decimalsMax else {
            throw .failed("badArguments", "an asset has at most \(AssetKind.decimalsMax) decimals")
        }
        guard try AssetStore.kind(symbol, host: &host) == nil else {
            throw .failed("exists", "there is an asset \(symbol) already")
        }
        let kind = AssetKind(issuer: host.caller, name: name, decimals: decimals, supply: .zero)
        try AssetStore.set(kind, of: symbol, host: &host)
        try host.emit("Created", symbol, kind)
    }

    private static func issue(_ arguments: inout CanonicalDecoder, _ host: inout Host) throws(ContractError) {
        let (symbol, to, amount) = try arguments.arguments(symbolAddressAmount)
        var kind = try issuedByCaller(symbol, &host)
        guard let supply = kind.supply.adding(amount) else {
            throw .failed("overflow", "the supply of \(symbol) would pass 2^256 - 1")
        }
        kind.supply = supply
        try AssetStore.set(kind, of: symbol, host: &host)
        try credit(to, amount, symbol, &host)
        try host.emit("Issued", symbol, from: .zero, to: to, amount)
    }

    private static func transfer(_ arguments: inout CanonicalDecoder, _ host: inout Host) throws(ContractError) {
        let (symbol, to, amount) = try arguments.arguments(symbolAddressAmount)
        try move(amount, symbol, from: host.caller, to: to, &host)
    }

    private static func approve(_ arguments: inout CanonicalDecoder, _ host: inout Host) throws(ContractError) {
        let (symbol, spender, amount) = try arguments.arguments(symbolAddressAmount)
        try requireKind(symbol, &host)
        try AssetStore.setAllowance(amount, of: symbol, owner: host.caller, spender: spender, host: &host)
        try host.emit("Approved", symbol, from: host.caller, to: spender, amount)
    }

    private static func transferFrom(
        _ arguments: inout CanonicalDecoder, _ host: inout Host
    ) throws(ContractError) {
        let (symbol, from, to, amount) = try arguments.arguments { decoder throws(CodingError) in
            (
                try decoder.decode(AssetSymbol.self), try decoder.decode(Address.self),
                try decoder.decode(Address.self), try decoder.decode(UInt256.self)
            )
        }
        let allowed = try AssetStore.allowance(of: symbol, owner: from, spender: host.caller, host: &host)
        guard let rest = allowed.subtracting(amount) else {
            throw .failed("allowanceTooSmall", "\(from) allows \(host.caller) \(allowed) of \(symbol), not \(amount)")
        }
        try AssetStore.setAllowance(rest, of: symbol, owner: from, spender: host.caller, host: &host)
        try move(amount, symbol, from: from, to: to, &host)
    }

    private static func burn(_ arguments: inout CanonicalDecoder, _ host: inout Host) throws(ContractError) {
        let (symbol, amount) = try arguments.arguments { decoder throws(CodingError) in
            (try decoder.decode(AssetSymbol.self), try decoder.decode(UInt256.self))
        }
        var kind = try requireKind(symbol, &host)
        try debit(host.caller, amount, symbol, &host)
        guard let supply = kind.supply.subtracting(amount) else {
            throw .failed("invariant", "the supply of \(symbol) is below a balance")
        }
        kind.supply = supply
        try AssetStore.set(kind, of: symbol, host: &host)
        try host.emit("Burned", symbol, from: host.caller, to: .zero, amount)
    }

    private static func setFrozen(
        _ isFrozen: Bool, _ arguments: inout CanonicalDecoder, _ host: inout Host
    ) throws(ContractError) {
        let (symbol, account) = try arguments.arguments(symbolAddress)
        _ = try issuedByCaller(symbol, &host)
        var (holding, slot) = try AssetStore.holdingToChange(of: symbol, account: account, host: &host)
        holding.isFrozen = isFrozen
        try AssetStore.set(holding, at: slot, host: &host)
        try host.emit(isFrozen ? "Frozen" : "Unfrozen", symbol, account: account)
    }
}

// MARK: - Methods that only ask

extension Assets {
    private static func kind(_ arguments: inout CanonicalDecoder, _ host: inout Host) throws(ContractError) -> [UInt8] {
        let symbol = try arguments.arguments { decoder throws(CodingError) in try decoder.decode(AssetSymbol.self) }
        return try requireKind(symbol, &host).canonicalBytes
    }

    private static func balance(
        _ arguments: inout CanonicalDecoder, _ host: inout Host
    ) throws(ContractError) -> [UInt8] {
        let (symbol, account) = try arguments.arguments(symbolAddress)
        try requireKind(symbol, &host)
        return try AssetStore.holding(of: symbol, account: account, host: &host).canonicalBytes
    }

    private static func allowance(
        _ arguments: inout CanonicalDecoder, _ host: inout Host
    ) throws(ContractError) -> [UInt8] {
        let (symbol, owner, spender) = try arguments.arguments { decoder throws(CodingError) in
            (
                try decoder.decode(AssetSymbol.self), try decoder.decode(Address.self),
                try decoder.decode(Address.self)
            )
        }
        return try AssetStore.allowance(of: symbol, owner: owner, spender: spender, host: &host).canonicalBytes
    }

    private static func holdings(
        _ arguments: inout CanonicalDecoder, _ host: inout Host
    ) throws(ContractError) -> [UInt8] {
        let account = try arguments.arguments { decoder throws(CodingError) in try decoder.decode(Address.self) }
        var encoder = CanonicalEncoder()
        encoder.encode(sequence: try AssetStore.holdings(of: account, host: &host))
        return encoder.bytes
    }
}

// MARK: - Steps

extension Assets {
    private static func move(
        _ amount: UInt256, _ symbol: AssetSymbol, from: Address, to: Address, _ host: inout Host
    ) throws(ContractError) {
        // Any other amount of an asset that does not exist is more than the sender has.
        if amount.isZero { try requireKind(symbol, &host) }
        try debit(from, amount, symbol, &host)
        try credit(to, amount, symbol, &host)
        try host.emit("Transferred", symbol, from: from, to: to, amount)
    }

    private static func debit(
        _ account: Address, _ amount: UInt256, _ symbol: AssetSymbol, _ host: inout Host
    ) throws(ContractError) {
        var (holding, slot) = try usable(account, symbol, &host)
        guard let rest = holding.balance.subtracting(amount) else {
            throw .failed("balanceTooSmall", "\(account) has \(holding.balance) of \(symbol), not \(amount)")
        }
        holding.balance = rest
        try AssetStore.set(holding, at: slot, host: &host)
    }

    private static func credit(
        _ account: Address, _ amount: UInt256, _ symbol: AssetSymbol, _ host: inout Host
    ) throws(ContractError) {
        var (holding, slot) = try usable(account, symbol, &host)
        guard let sum = holding.balance.adding(amount) else {
            throw .failed("overflow", "the balance of \(account) would pass 2^256 - 1")
        }
        holding.balance = sum
        try AssetStore.set(holding, at: slot, host: &host)
    }

    private static func usable(
        _ account: Address, _ symbol: AssetSymbol, _ host: inout Host
    ) throws(ContractError) -> (Holding, StorageSlot) {
        let found = try AssetStore.holdingToChange(of: symbol, account: account, host: &host)
        guard !found.holding.isFrozen else { throw .failed("frozen", "\(account) is frozen for \(symbol)") }
        return found
    }

    @discardableResult
    private static func requireKind(
        _ symbol: AssetSymbol, _ host: inout Host
    ) throws(ContractError) -> AssetKind {
        guard let kind = try AssetStore.kind(symbol, host: &host) else {
            throw .failed("noAsset", "there is no asset \(symbol)")
        }
        return kind
    }

    private static func issuedByCaller(
        _ symbol: AssetSymbol, _ host: inout Host
    ) throws(ContractError) -> AssetKind {
        let kind = try requireKind(symbol, &host)
        guard kind.issuer == host.caller else {
            throw .failed("notIssuer", "only the issuer of \(symbol), \(kind.issuer), may do this")
        }
        return kind
    }

    private static func symbolAddress(
        _ decoder: inout CanonicalDecoder
    ) throws(CodingError) -> (AssetSymbol, Address) {
        (try AssetSymbol(from: &decoder), try decoder.decode())
    }

    private static func symbolAddressAmount(
        _ decoder: inout CanonicalDecoder
    ) throws(CodingError) -> (AssetSymbol, Address, UInt256) {
        // Not by the generic `decode`, which looks types up at run time.
        (try AssetSymbol(from: &decoder), try decoder.decode(), try decoder.decode())
    }
}

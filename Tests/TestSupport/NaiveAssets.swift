package import Primitives

/// What an account may ask of the contract for assets, in words of the tests' own.
package enum AssetAction: Hashable, Sendable {
    case create(String)
    case issue(String, to: Address, UInt256)
    case transfer(String, to: Address, UInt256)
    case approve(String, spender: Address, UInt256)
    case transferFrom(String, from: Address, to: Address, UInt256)
    case burn(String, UInt256)
    case freeze(String, Address)
    case unfreeze(String, Address)

    package var symbol: String {
        switch self {
        case .create(let symbol), .issue(let symbol, _, _), .transfer(let symbol, _, _), .approve(let symbol, _, _),
            .transferFrom(let symbol, _, _, _), .burn(let symbol, _), .freeze(let symbol, _), .unfreeze(let symbol, _):
            symbol
        }
    }
}

/// The contract for assets as one would write it on a napkin: dictionaries of whole values, nothing undone because
/// everything is checked first. What the real one does is held against it.
package struct NaiveAssets: Hashable, Sendable {
    package struct Account: Hashable, Sendable {
        package let symbol: String
        package let address: Address

        package init(_ symbol: String, _ address: Address) { (self.symbol, self.address) = (symbol, address) }
    }

    private struct Allowance: Hashable {
        let symbol: String
        let owner, spender: Address
    }

    package private(set) var issuers: [String: Address] = [:]
    package private(set) var supplies: [String: UInt256] = [:]
    package private(set) var balances: [Account: UInt256] = [:]
    package private(set) var frozen: Set<Account> = []
    private var allowances: [Allowance: UInt256] = [:]

    package init() {}

    package func balance(_ symbol: String, _ address: Address) -> UInt256 {
        balances[Account(symbol, address)] ?? .zero
    }

    package func allowance(_ symbol: String, owner: Address, spender: Address) -> UInt256 {
        allowances[Allowance(symbol: symbol, owner: owner, spender: spender)] ?? .zero
    }

    /// Does what `caller` asks, or nothing, and then gives back the failure's code.
    package mutating func apply(_ action: AssetAction, by caller: Address) -> String? {
        var after = self
        let failure = after.attempt(action, caller)
        if failure == nil { self = after }
        return failure
    }

    private mutating func attempt(_ action: AssetAction, _ caller: Address) -> String? {
        let symbol = action.symbol
        if case .create = action {
            guard issuers[symbol] == nil else { return "exists" }
            (issuers[symbol], supplies[symbol]) = (caller, .zero)
            return nil
        }
        if case .transferFrom(_, let from, let to, let amount) = action {
            guard let rest = allowance(symbol, owner: from, spender: caller).subtracting(amount) else {
                return "allowanceTooSmall"
            }
            allowances[Allowance(symbol: symbol, owner: from, spender: caller)] = rest
            return issuers[symbol] == nil ? "noAsset" : move(symbol, from, to, amount)
        }
        if case .transfer(_, let to, let amount) = action {
            if issuers[symbol] == nil { return amount.isZero ? "noAsset" : "balanceTooSmall" }
            return move(symbol, caller, to, amount)
        }
        guard let issuer = issuers[symbol], let supply = supplies[symbol] else { return "noAsset" }
        switch action {
        case .approve(_, let spender, let amount):
            allowances[Allowance(symbol: symbol, owner: caller, spender: spender)] = amount
        case .burn(_, let amount):
            if let failure = take(symbol, caller, amount) { return failure }
            supplies[symbol] = supply.subtracting(amount)
        case .issue(_, let to, let amount):
            guard issuer == caller else { return "notIssuer" }
            guard let sum = supply.adding(amount) else { return "overflow" }
            supplies[symbol] = sum
            return give(symbol, to, amount)
        case .freeze(_, let address), .unfreeze(_, let address):
            guard issuer == caller else { return "notIssuer" }
            if case .freeze = action {
                frozen.insert(Account(symbol, address))
            } else {
                frozen.remove(Account(symbol, address))
            }
        case .create, .transfer, .transferFrom: break
        }
        return nil
    }

    private mutating func move(_ symbol: String, _ from: Address, _ to: Address, _ amount: UInt256) -> String? {
        take(symbol, from, amount) ?? give(symbol, to, amount)
    }

    private mutating func take(_ symbol: String, _ from: Address, _ amount: UInt256) -> String? {
        guard !frozen.contains(Account(symbol, from)) else { return "frozen" }
        guard let rest = balance(symbol, from).subtracting(amount) else { return "balanceTooSmall" }
        balances[Account(symbol, from)] = rest
        return nil
    }

    private mutating func give(_ symbol: String, _ to: Address, _ amount: UInt256) -> String? {
        guard !frozen.contains(Account(symbol, to)) else { return "frozen" }
        guard let sum = balance(symbol, to).adding(amount) else { return "overflow" }
        balances[Account(symbol, to)] = sum
        return nil
    }

    /// The sum of a kind's balances; nil if it overflows.
    package func sumOfBalances(_ symbol: String) -> UInt256? {
        balances.filter { $0.key.symbol == symbol }.values.reduce(UInt256.zero) { $0?.adding($1) }
    }
}

extension AssetAction {
    /// An action on a few accounts and symbols, whose amounts are small, or near the ends of the range.
    package static func random(
        symbols: [String], addresses: [Address], using generator: inout SeededGenerator
    ) -> AssetAction {
        let symbol = symbols[Int.random(in: 0..<symbols.count, using: &generator)]
        let first = addresses[Int.random(in: 0..<addresses.count, using: &generator)]
        let second = addresses[Int.random(in: 0..<addresses.count, using: &generator)]
        let amount = UInt256.randomAmount(using: &generator)
        switch Int.random(in: 0..<30, using: &generator) {
        case 0: return .create(symbol)
        case 1...6: return .issue(symbol, to: first, amount)
        case 7...14: return .transfer(symbol, to: first, amount)
        case 15...18: return .approve(symbol, spender: first, amount)
        case 19...22: return .transferFrom(symbol, from: first, to: second, amount)
        case 23...25: return .burn(symbol, amount)
        case 26: return .freeze(symbol, first)
        default: return .unfreeze(symbol, first)
        }
    }
}

extension UInt256 {
    fileprivate static func randomAmount(using generator: inout SeededGenerator) -> UInt256 {
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: .zero
        case 1: UInt256.max.subtracting(UInt256(UInt64.random(in: 0..<4, using: &generator))) ?? .max
        case 2: UInt256(limbs: .max, .max, .max, generator.next())
        case 3: UInt256(limbs: generator.next(), generator.next(), generator.next() % 8, 0)
        case 4: UInt256(UInt64.random(in: 100...1000, using: &generator))
        default: UInt256(UInt64.random(in: 0...20, using: &generator))
        }
    }
}

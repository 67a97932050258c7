package import Cryptography
internal import Primitives

/// An account with keys that sign for it at hand.
public struct Account: Sendable {
    /// Its name in the store.
    public let name: String
    /// Its address, which stays when its keys change.
    public let address: AccountAddress
    /// At least one.
    package let keys: [any SigningKey]

    package init(name: String, address: AccountAddress, key: any SigningKey) {
        self.init(name: name, address: address, keys: [key])
    }

    package init(name: String, address: AccountAddress, keys: [any SigningKey]) {
        self.name = name
        self.address = address
        self.keys = keys
    }
}

/// An account in a store, without secrets.
public struct AccountEntry: Sendable {
    /// Its name in the store.
    public let name: String
    /// Its address.
    public let address: AccountAddress
    /// The suite of the chains that the address is for; nil where it serves on all.
    public let suite: ChainSuite?
    /// The key of that name in the store; nil if only the address is known here.
    public let publicKey: AccountPublicKey?
    /// How the key signs; nil if only the address is known here.
    public var scheme: String? { publicKey.map { "\($0.key.scheme)" } }
}

/// A public key with its scheme, written as `sm2:0x` and the key's hexadecimal digits.
public struct AccountPublicKey: Hashable, Sendable, LosslessStringConvertible {
    package let key: PublicKey

    package init(_ key: PublicKey) { self.key = key }

    /// Reads a key; nil if it is malformed.
    public init?(_ description: String) {
        let parts = description.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let scheme = AccountScheme(rawValue: String(parts[0])),
            let bytes = [UInt8](hexadecimal: String(parts[1])),
            let key = PublicKey(scheme: scheme.scheme, bytes: bytes)
        else { return nil }
        self.key = key
    }

    /// The scheme, a colon, and the hexadecimal digits.
    public var description: String { key.description }

    /// The key's bytes in hexadecimal digits.
    public var hexadecimal: String { key.bytes.hexadecimal }

    /// The address of the account that the key alone controls; nil if the key is not a point of its curve.
    public func address(in suite: ChainSuite) -> AccountAddress? {
        key.address(in: suite.suite).map(AccountAddress.init)
    }
}

package import Cryptography
internal import Primitives

/// An account whose key is at hand.
public struct Account: Sendable {
    /// Its name in the store.
    public let name: String
    /// Its address.
    public let address: AccountAddress
    package let key: any SigningKey

    package init(name: String, address: AccountAddress, key: any SigningKey) {
        self.name = name
        self.address = address
        self.key = key
    }
}

/// How an account signs.
public enum AccountScheme: String, Sendable, CaseIterable {
    /// Ed25519.
    case ed25519
    /// ECDSA on secp256k1, as Ethereum's accounts.
    case secp256k1

    var scheme: SignatureScheme {
        switch self {
        case .ed25519: .ed25519
        case .secp256k1: .secp256k1
        }
    }
}

/// An account in a store, without its secret.
public struct AccountEntry: Sendable {
    /// Its name in the store.
    public let name: String
    /// Its address.
    public let address: AccountAddress
    package let publicKey: PublicKey
    /// How it signs.
    public var scheme: String { "\(publicKey.scheme)" }
    /// Its public key in hexadecimal digits.
    public var publicKeyText: String { publicKey.bytes.hexadecimal }
}

/// Accounts in a folder of encrypted key files.
public struct AccountStore: Sendable {
    private let store: KeyStore

    /// Takes the folder, or makes it. It must be open to nobody but its owner.
    public init(directory: String) throws(ClientError) {
        store = try Self.keys { () throws(KeyError) in try KeyStore(directory: directory) }
    }

    /// Makes a new account.
    package func create(
        _ name: String, scheme: AccountScheme, passphrase: Passphrase
    ) throws(ClientError) -> Account {
        try account(
            name, try Self.keys { () throws(KeyError) in try store.create(name, scheme.scheme, passphrase: passphrase) }
        )
    }

    /// Keeps the account of a secret that was made elsewhere: 32 bytes, which are the caller's to wipe.
    package func add(
        _ name: String, scheme: AccountScheme, secret: [UInt8], passphrase: Passphrase
    ) throws(ClientError) -> Account {
        let key = try Self.keys { () throws(KeyError) in
            let key = try SoftwareKey(scheme: scheme.scheme, seed: secret)
            try store.add(name, key, passphrase: passphrase)
            return key
        }
        return try account(name, key)
    }

    /// Opens an account for signing.
    package func open(_ name: String, passphrase: Passphrase) throws(ClientError) -> Account {
        try account(name, try Self.keys { () throws(KeyError) in try store.open(name, passphrase: passphrase) })
    }

    /// Opens an account for signing.
    public func open(_ name: String, passphrase: String) throws(ClientError) -> Account {
        try open(name, passphrase: try Self.keys { () throws(KeyError) in try Passphrase(copying: passphrase) })
    }

    /// Makes a new account.
    public func create(_ name: String, scheme: AccountScheme, passphrase: String) throws(ClientError) -> Account {
        let passphrase = try Self.keys { () throws(KeyError) in try Passphrase(copying: passphrase) }
        return try create(name, scheme: scheme, passphrase: passphrase)
    }

    /// The accounts by name, and the files that could not be taken, each with the reason.
    public func list() throws(ClientError) -> (accounts: [AccountEntry], refused: [(file: String, reason: String)]) {
        let listing = try Self.keys { () throws(KeyError) in try store.list() }
        let entries = listing.keys.compactMap { stored in
            stored.publicKey.address(in: .international).map {
                AccountEntry(name: stored.name, address: AccountAddress($0), publicKey: stored.publicKey)
            }
        }
        return (entries, listing.refused.map { ($0.file, $0.error.description) })
    }

    private func account(_ name: String, _ key: SoftwareKey) throws(ClientError) -> Account {
        guard let address = key.publicKey.address(in: .international) else {
            throw .key("the key \"\(name)\" is not a point of its curve")
        }
        return Account(name: name, address: AccountAddress(address), key: key)
    }

    package static func keys<Value>(_ body: () throws(KeyError) -> Value) throws(ClientError) -> Value {
        do throws(KeyError) { return try body() } catch { throw .key(error.description) }
    }
}

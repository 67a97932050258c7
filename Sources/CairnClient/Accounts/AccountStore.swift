package import Cryptography
internal import Foundation
internal import Primitives

/// Accounts in a folder: encrypted key files, and files that say which address a name stands for.
public struct AccountStore: Sendable {
    private let store: KeyStore
    private let directory: String

    /// Takes the folder, or makes it. It must be open to nobody but its owner.
    public init(directory: String) throws(ClientError) {
        self.directory = directory
        store = try Self.keys { () throws(KeyError) in try KeyStore(directory: directory) }
    }

    private func file(_ name: String) -> String { "\(directory)/\(name)\(AccountFile.suffix)" }

    package static func keys<Value>(_ body: () throws(KeyError) -> Value) throws(ClientError) -> Value {
        do throws(KeyError) { return try body() } catch { throw .key(error.description) }
    }
}

// MARK: - Making accounts

extension AccountStore {
    /// Makes a new account for chains of a suite.
    public func create(
        _ name: String, scheme: AccountScheme, suite: ChainSuite = .international, passphrase: String
    ) throws(ClientError) -> Account {
        let passphrase = try Self.keys { () throws(KeyError) in try Passphrase(copying: passphrase) }
        return try create(name, scheme: scheme, suite: suite, passphrase: passphrase)
    }

    /// Makes a new account for chains of a suite.
    package func create(
        _ name: String, scheme: AccountScheme, suite: ChainSuite, passphrase: Passphrase,
        derivation: KeyDerivation = .standard
    ) throws(ClientError) -> Account {
        let key = try Self.keys { () throws(KeyError) in try SoftwareKey.generate(scheme.scheme) }
        return try add(name, key, suite, passphrase, derivation)
    }

    /// Keeps the account of a secret that was made elsewhere: 32 bytes, which are the caller's to wipe.
    package func add(
        _ name: String, scheme: AccountScheme, suite: ChainSuite, secret: [UInt8], passphrase: Passphrase
    ) throws(ClientError) -> Account {
        let key = try Self.keys { () throws(KeyError) in try SoftwareKey(scheme: scheme.scheme, seed: secret) }
        return try add(name, key, suite, passphrase, .standard)
    }

    private func add(
        _ name: String, _ key: SoftwareKey, _ suite: ChainSuite, _ passphrase: Passphrase,
        _ derivation: KeyDerivation
    ) throws(ClientError) -> Account {
        guard let address = key.publicKey.address(in: suite.suite).map(AccountAddress.init) else {
            throw .key("the key \"\(name)\" is not a point of its curve")
        }
        try requireNew(name)
        try Self.keys { () throws(KeyError) in
            try store.add(name, key, passphrase: passphrase, derivation: derivation)
        }
        if key.publicKey.address(in: .international) != address.value {
            try AccountFile(address: address, suite: suite).write(to: file(name))
        }
        return Account(name: name, address: address, key: key)
    }

    /// Gives a name to an account whose keys are elsewhere, or have other names here.
    public func add(_ name: String, address: AccountAddress) throws(ClientError) {
        try Self.keys { () throws(KeyError) in try KeyStore.requireUsable(name) }
        try requireNew(name)
        guard try !list().accounts.contains(where: { $0.name == name }) else { throw Self.taken(name) }
        try AccountFile(address: address, suite: nil).write(to: file(name))
    }

    /// Has the account's name stand for its address even if the key of that name goes.
    public func keepAddress(of entry: AccountEntry) throws(ClientError) {
        guard try AccountFile.read(file(entry.name)) == nil else { return }
        try AccountFile(address: entry.address, suite: entry.suite).write(to: file(entry.name))
    }

    private func requireNew(_ name: String) throws(ClientError) {
        guard !FileManager.default.fileExists(atPath: file(name)) else { throw Self.taken(name) }
    }

    private static func taken(_ name: String) -> ClientError {
        .key("there is an account \"\(name)\" already; choose another name")
    }
}

// MARK: - Finding accounts

extension AccountStore {
    /// The accounts by name, and the files that could not be taken, each with the reason.
    public func list() throws(ClientError) -> (accounts: [AccountEntry], refused: [(file: String, reason: String)]) {
        let listing = try Self.keys { () throws(KeyError) in try store.list() }
        var refused = listing.refused.map { ($0.file, $0.error.description) }
        var entries: [AccountEntry] = []
        let named =
            listing.keys.map(\.name) + addressNames.filter { name in !listing.keys.contains { $0.name == name } }
        for name in named.sorted() {
            let key = listing.keys.first { $0.name == name }?.publicKey
            do throws(ClientError) {
                if let entry = try entry(name, key) { entries.append(entry) }
            } catch { refused.append((name + AccountFile.suffix, error.description)) }
        }
        return (entries, refused)
    }

    private func entry(_ name: String, _ key: PublicKey?) throws(ClientError) -> AccountEntry? {
        let publicKey = key.map(AccountPublicKey.init)
        if let known = try AccountFile.read(file(name)) {
            return AccountEntry(name: name, address: known.address, suite: known.suite, publicKey: publicKey)
        }
        guard let key, let address = publicKey?.address(in: .international) else { return nil }
        return AccountEntry(
            name: name, address: address, suite: key.scheme == .secp256k1 ? nil : .international,
            publicKey: publicKey)
    }

    /// The names that files of accounts are for.
    private var addressNames: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return files.filter { $0.hasSuffix(AccountFile.suffix) && !$0.hasPrefix(".") }.prefix(KeyLimits.filesMax)
            .map { String($0.dropLast(AccountFile.suffix.count)) }
    }

    /// The account of a name, or of an address that may have none.
    public func find(_ text: String) throws(ClientError) -> AccountEntry {
        if let entry = try list().accounts.first(where: { $0.name == text }) { return entry }
        guard let address = AccountAddress(text) else {
            throw .invalid(
                "\"\(text)\" is neither an address (0x and 40 hexadecimal digits) nor the name of an account here; "
                    + "see: cairn account list")
        }
        return AccountEntry(name: text, address: address, suite: nil, publicKey: nil)
    }
}

// MARK: - Opening accounts

extension AccountStore {
    /// Opens an account that is signed for by the key of its own name.
    public func open(_ name: String, passphrase: String) throws(ClientError) -> Account {
        let passphrase = try Self.keys { () throws(KeyError) in try Passphrase(copying: passphrase) }
        return try open(name, keys: [name], passphrase: passphrase)
    }

    /// Opens an account, given by its name or its address, that is signed for by keys of other names as well.
    public func open(_ account: String, keys: [String], passphrase: String) throws(ClientError) -> Account {
        let passphrase = try Self.keys { () throws(KeyError) in try Passphrase(copying: passphrase) }
        return try open(account, keys: keys, passphrase: passphrase)
    }

    private func open(
        _ account: String, keys names: [String], passphrase: Passphrase
    ) throws(ClientError) -> Account {
        var keys: [any SigningKey] = []
        for name in names { keys.append(try openKey(name, passphrase: passphrase)) }
        return Account(name: account, address: try find(account).address, keys: keys)
    }

    /// Opens a key.
    package func openKey(_ name: String, passphrase: Passphrase) throws(ClientError) -> SoftwareKey {
        try Self.keys { () throws(KeyError) in try store.open(name, passphrase: passphrase) }
    }
}

/// A key of a store, without its secret.
package struct StoredKey: Hashable, Sendable {
    package let name: String
    package let publicKey: PublicKey
}

/// What a store holds.
package struct KeyStoreListing: Sendable {
    /// In the order of their names.
    package let keys: [StoredKey]
    /// The files that could not be taken, each with the reason and the remedy.
    package let refused: [(file: String, error: KeyError)]
}

/// Key files in a directory of their own, which nobody but the owner may enter.
package struct KeyStore: Sendable {
    private static let suffix = ".key.json"
    private let directory: PrivateDirectory

    /// Takes the directory, or makes it. Throws if others may enter it.
    package init(directory path: String) throws(KeyError) { directory = try PrivateDirectory(path: path) }

    /// Makes a new key and keeps it; when this returns it is on the disk.
    package func create(
        _ name: String, _ scheme: SignatureScheme, passphrase: Passphrase, derivation: KeyDerivation = .standard
    ) throws(KeyError) -> SoftwareKey {
        let key = try SoftwareKey.generate(scheme)
        try add(name, key, passphrase: passphrase, derivation: derivation)
        return key
    }

    /// Keeps a key that was made elsewhere.
    package func add(
        _ name: String, _ key: SoftwareKey, passphrase: Passphrase, derivation: KeyDerivation = .standard
    ) throws(KeyError) {
        try add(name, try KeyFile(sealing: key, passphrase: passphrase, derivation: derivation))
    }

    /// Keeps a key file that was made elsewhere. Its passphrase is not asked for.
    package func add(_ name: String, _ file: KeyFile) throws(KeyError) {
        try directory.create(try Self.fileName(name), file.json)
    }

    /// The private key of that name.
    package func open(_ name: String, passphrase: Passphrase) throws(KeyError) -> SoftwareKey {
        try read(name).open(passphrase)
    }

    /// Every key of the store. Files with other endings are not looked at.
    package func list() throws(KeyError) -> KeyStoreListing {
        var keys: [StoredKey] = []
        var refused: [(file: String, error: KeyError)] = []
        for file in try directory.names(countMax: KeyLimits.filesMax) where file.hasSuffix(Self.suffix) {
            let name = String(file.dropLast(Self.suffix.count))
            do throws(KeyError) {
                keys.append(StoredKey(name: name, publicKey: try read(name).publicKey))
            } catch { refused.append((file, error)) }
        }
        return KeyStoreListing(keys: keys, refused: refused)
    }

    private func read(_ name: String) throws(KeyError) -> KeyFile {
        try KeyFile(json: try directory.read(try Self.fileName(name), byteCountMax: KeyLimits.fileByteCountMax))
    }

    private static func fileName(_ name: String) throws(KeyError) -> String {
        try requireUsable(name)
        return name + suffix
    }

    /// Names must not lead out of the directory, hide in it, or read differently on another system.
    package static func requireUsable(_ name: String) throws(KeyError) {
        let isUsable =
            (1...KeyLimits.nameByteCountMax).contains(name.utf8.count) && !name.hasPrefix(".")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
        guard isUsable else {
            throw KeyError(
                .nameUnusable,
                "\"\(name.prefix(KeyLimits.nameByteCountMax))\" can't name a key: use 1 to \(KeyLimits.nameByteCountMax) "
                    + "of a-z, 0-9, '-', '_' and '.', without a dot at the start")
        }
    }
}

import Foundation
import Primitives
import Testing

@testable import Cryptography

/// Real files in a directory that goes with the test.
@Suite final class KeyStoreTests {
    let root = FileManager.default.temporaryDirectory.appending(path: "cairn-keys-\(UUID().uuidString)")
    var path: String { root.appending(path: "keys").path }

    init() throws { try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: root) }

    private func mode(_ path: String) throws -> Int? {
        (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue
    }

    private func setMode(_ mode: Int, _ path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    @Test func keepsWhatItCreated() throws {
        let passphrase = try Passphrase(copying: "horse")
        let store = try KeyStore(directory: path)
        let node = try store.create("node-1", .ed25519, passphrase: passphrase, derivation: KeyFileTests.quick)
        let account = try SoftwareKey.generate(.secp256k1)
        try store.add("alice", account, passphrase: passphrase, derivation: KeyFileTests.quick)
        #expect(try mode(path) == 0o700)
        #expect(try mode(path + "/node-1.key.json") == 0o600)

        let again = try KeyStore(directory: path)
        let listing = try again.list()
        #expect(
            listing.keys == [
                StoredKey(name: "alice", publicKey: account.publicKey),
                StoredKey(name: "node-1", publicKey: node.publicKey),
            ])
        #expect(listing.refused.isEmpty)
        #expect(try again.open("node-1", passphrase: passphrase).publicKey == node.publicKey)
        let wrong = try Passphrase(copying: "cow")
        #expect(
            reason { _ = try again.open("alice", passphrase: wrong) }
                == .passphraseWrongOrFileDamaged)
        #expect(reason { _ = try again.open("bob", passphrase: wrong) } == .notFound)
    }

    @Test func aNameIsTakenOnce() throws {
        let passphrase = try Passphrase(copying: "horse")
        let store = try KeyStore(directory: path)
        let first = try store.create("node", .ed25519, passphrase: passphrase, derivation: KeyFileTests.quick)
        let file = try KeyFile(
            sealing: SoftwareKey.generate(.ed25519), passphrase: passphrase, derivation: KeyFileTests.quick)
        #expect(reason { try store.add("node", file) } == .alreadyExists)
        #expect(try store.open("node", passphrase: passphrase).publicKey == first.publicKey)
    }

    @Test(arguments: ["", ".hidden", "../up", "a/b", "a b", "Node", "é", "a\0b", String(repeating: "a", count: 65)])
    func unusableNamesAreRefused(name: String) throws {
        let store = try KeyStore(directory: path)
        let passphrase = try Passphrase(copying: "horse")
        #expect(reason { _ = try store.open(name, passphrase: passphrase) } == .nameUnusable)
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o601]) func exposedFilesAreRefusedWithTheRemedy(mode: Int) throws {
        let passphrase = try Passphrase(copying: "horse")
        let store = try KeyStore(directory: path)
        _ = try store.create("node", .ed25519, passphrase: passphrase, derivation: KeyFileTests.quick)
        let file = path + "/node.key.json"
        try setMode(mode, file)
        #expect(reason { _ = try store.open("node", passphrase: passphrase) } == .exposed)
        let listing = try store.list()
        #expect(listing.keys.isEmpty)
        #expect(listing.refused.first?.error.description.contains("chmod 600 '\(file)'") == true)
        try setMode(0o600, file)
        #expect(try store.list().refused.isEmpty)
    }

    @Test func anExposedDirectoryIsRefusedWithTheRemedy() throws {
        _ = try KeyStore(directory: path)
        try setMode(0o750, path)
        let path = path
        #expect(reason { _ = try KeyStore(directory: path) } == .exposed)
        try setMode(0o700, path)
        _ = try KeyStore(directory: path)
    }

    /// A named pipe would stop a reader that only opens it; a directory, a large and a torn file are no key files.
    @Test(.timeLimit(.minutes(3))) func whatIsNoKeyFileIsListedAsRefused() throws {
        let store = try KeyStore(directory: path)
        #expect(mkfifo(path + "/pipe.key.json", 0o600) == 0)
        #expect(mkdir(path + "/directory.key.json", 0o700) == 0)
        for (name, count) in [("large", KeyLimits.fileByteCountMax + 1), ("torn", 0)] {
            let file = path + "/\(name).key.json"
            try Data(repeating: 0x7B, count: count).write(to: URL(filePath: file))
            try setMode(0o600, file)
        }
        try Data().write(to: URL(filePath: path + "/notes.txt"))
        let listing = try store.list()
        #expect(listing.keys.isEmpty)
        #expect(
            listing.refused.map(\.file) == [
                "directory.key.json", "large.key.json", "pipe.key.json", "torn.key.json",
            ])
        #expect(
            listing.refused.map(\.error.reason) == [.fileMalformed, .limitExceeded, .fileMalformed, .fileMalformed])
    }

    @Test func anAbsentParentIsAnError() {
        let path = path
        #expect(reason { _ = try KeyStore(directory: path + "/a/b") } == .system)
    }
}

import Primitives
import Synchronization
import Testing

@testable import Cryptography

/// A token whose keys are in this process: the twin of a hardware token.
final class SoftwareToken: KeyToken {
    private let held = Mutex<[(label: String, key: SoftwareKey)]>([])

    func keys() throws(KeyError) -> [TokenKey] {
        held.withLock { held in held.indices.map { Self.describe(held[$0], $0) } }.sorted { $0.label < $1.label }
    }

    func generate(_ scheme: SignatureScheme, label: String) throws(KeyError) -> TokenKey {
        guard try !keys().contains(where: { $0.label == label }) else {
            throw KeyError(.alreadyExists, "the token holds a key \(label) already")
        }
        let key = try SoftwareKey.generate(scheme)
        return held.withLock { held in
            held.append((label, key))
            return Self.describe(held[held.count - 1], held.count - 1)
        }
    }

    func sign(_ digest: Digest, with handle: TokenKey.Handle) throws(KeyError) -> Signature {
        let index = Int(handle.bytes.first ?? .max)
        let key = held.withLock { held in held.indices.contains(index) ? held[index].key : nil }
        guard let key else { throw KeyError(.notFound, "the token holds no key \(handle.bytes.hexadecimal)") }
        return try key.sign(digest)
    }

    private static func describe(_ entry: (label: String, key: SoftwareKey), _ index: Int) -> TokenKey {
        TokenKey(handle: .init(bytes: [UInt8(index)]), label: entry.label, publicKey: entry.key.publicKey)
    }
}

@Suite struct KeyTokenTests {
    @Test(arguments: SignatureScheme.allCases) func aTokenSignsAsAnyKey(scheme: SignatureScheme) throws {
        let token = SoftwareToken()
        _ = try token.generate(.ed25519, label: "other")
        let made = try token.generate(scheme, label: "node")
        #expect(try token.keys().map(\.label) == ["node", "other"])
        let key = try TokenSigningKey(token: token, label: "node")
        #expect(key.publicKey == made.publicKey)
        let digest = Cryptography.Suite.international.hash([7])
        let check = SignatureCheck(publicKey: key.publicKey, digest: digest, signature: try key.sign(digest))
        #expect(check.isValid)
    }

    @Test func absentLabelsAndHandlesAreErrors() throws {
        let token = SoftwareToken()
        #expect(reason { _ = try TokenSigningKey(token: token, label: "node") } == .notFound)
        let handle = TokenKey.Handle(bytes: [3])
        #expect(reason { _ = try token.sign(.zero, with: handle) } == .notFound)
    }
}

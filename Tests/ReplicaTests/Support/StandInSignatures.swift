import Cryptography
import Primitives

/// Signs with a hash of key and digest. Anyone could forge it; it stands in for Ed25519 where thousands of signatures
/// would take the time.
struct StandInKey: SigningKey {
    let publicKey: PublicKey

    init(_ number: UInt8) throws {
        guard let key = PublicKey(scheme: .ed25519, bytes: [UInt8](repeating: number, count: 32)) else {
            throw SimulationFailure("an Ed25519 key has 32 bytes")
        }
        publicKey = key
    }

    func sign(_ digest: Digest) -> Signature { Self.signature(by: publicKey, of: digest) }

    static func signature(by key: PublicKey, of digest: Digest) -> Signature {
        let half = Suite.international.hash(key.bytes + digest.bytes).bytes
        return Signature(copying: (half + half).span, at: 0)
    }
}

struct StandInVerifier: SignatureVerifier {
    func verify(_ checks: [SignatureCheck]) -> [Bool] {
        checks.map { StandInKey.signature(by: $0.publicKey, of: $0.digest) == $0.signature }
    }
}

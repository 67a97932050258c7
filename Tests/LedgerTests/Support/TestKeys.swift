import Cryptography
import Primitives

enum TestKeys {
    /// An Ed25519 key, always the same for a number.
    static func key(_ number: UInt8) -> SoftwareKey {
        do {
            return try SoftwareKey(scheme: .ed25519, seed: [UInt8](repeating: number, count: 32))
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

/// A verifier that gives no answers: what it was asked must not pass.
struct SilentVerifier: SignatureVerifier {
    func verify(_ checks: [SignatureCheck]) -> [Bool] { [] }
}

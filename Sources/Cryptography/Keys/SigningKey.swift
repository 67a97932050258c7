package import Primitives

/// A private key in use, wherever it is kept: in memory, or in a token that never gives it out.
package protocol SigningKey: Sendable {
    var publicKey: PublicKey { get }
    func sign(_ digest: Digest) throws(KeyError) -> Signature
    /// Signs bytes of any number as X.509 does: with P-256 their SHA-256, with SM2 the bytes themselves, by the default
    /// identifier. Throws for keys of other schemes.
    func sign(document: [UInt8]) throws(KeyError) -> Signature
}

extension SigningKey {
    /// For keys that sign digests only. Such a key of SM2 hashes the digest again, which is no signature of the bytes.
    package func sign(document: [UInt8]) throws(KeyError) -> Signature {
        guard publicKey.scheme == .p256 else {
            throw KeyError(
                "this key of \(publicKey.scheme) can't sign certificates; use one of P-256, or SM2 in a file")
        }
        return try sign(Suite.international.hash(document))
    }
}

package import Primitives

/// A private key in use, wherever it is kept: in memory, or in a token that never gives it out.
package protocol SigningKey: Sendable {
    var publicKey: PublicKey { get }
    func sign(_ digest: Digest) throws(KeyError) -> Signature
}

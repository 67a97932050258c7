internal import Primitives

/// How an account or a node signs. The numbers are part of the ledger's format.
package enum SignatureScheme: UInt8, Sendable, CaseIterable {
    /// Ed25519 (RFC 8032), accepted by the rule of ZIP 215.
    case ed25519 = 1
    /// ECDSA on secp256k1 over a 32-byte digest, with low s.
    case secp256k1 = 2
}

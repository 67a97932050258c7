package import Cryptography
package import Primitives

/// A signature for an account, and the key that it is checked with.
package struct AccountSignature: Hashable, Sendable, CanonicalCodable {
    /// The fewest bytes that any takes: with the key of Ed25519.
    static let byteCountMin = 98

    /// The account, by its place among `Transaction.signers`.
    package let signer: UInt8
    package let publicKey: PublicKey
    package let signature: Signature

    package init(signer: UInt8, publicKey: PublicKey, signature: Signature) {
        self.signer = signer
        self.publicKey = publicKey
        self.signature = signature
    }

    /// By signer, then by the key's coding: the order in which a transaction holds its signatures.
    static func < (left: AccountSignature, right: AccountSignature) -> Bool {
        guard left.signer == right.signer else { return left.signer < right.signer }
        return left.publicKey.canonicalBytes.lexicographicallyPrecedes(right.publicKey.canonicalBytes)
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(signer)
        encoder.encode(publicKey)
        encoder.encode(signature)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        signer = try decoder.decode()
        publicKey = try PublicKey(from: &decoder)
        signature = try decoder.decode()
    }
}

/// A key that signs for an account, whether or not the account's address is made of it.
package struct AccountKey: Sendable {
    package let account: Address
    package let key: any SigningKey

    package init(account: Address, key: any SigningKey) {
        self.account = account
        self.key = key
    }
}

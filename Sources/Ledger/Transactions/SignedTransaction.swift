package import Cryptography
package import Primitives

/// A transaction with the signatures of all who must sign, in the order of `Transaction.signers`.
package struct SignedTransaction: Hashable, Sendable {
    package let transaction: Transaction
    package let signatures: [AccountSignature]
    /// The hash of the signed part.
    package let identity: Digest
    /// The fewest bytes that any takes: a transaction without method, arguments and fee payer, with one signer, and
    /// no signature.
    static let byteCountMin = 128

    /// How many bytes the coding takes.
    package let byteCount: Int

    /// Signs with one key for each of `transaction.signers`, in their order.
    package init(
        signing transaction: Transaction, with keys: [any SigningKey], suite: Suite
    ) throws(KeyError) {
        let identity = transaction.identity(in: suite)
        var signatures: [AccountSignature] = []
        for signer in transaction.signers {
            guard let key = keys.first(where: { $0.publicKey.address(in: suite) == signer }) else {
                throw KeyError("no key of account \(signer) is at hand, which must sign")
            }
            signatures.append(AccountSignature(publicKey: key.publicKey, signature: try key.sign(identity)))
        }
        self.init(transaction: transaction, signatures: signatures, identity: identity)
    }

    /// Joins a transaction with signatures made elsewhere. `identity` must be the transaction's.
    package init(transaction: Transaction, signatures: [AccountSignature], identity: Digest) {
        self.transaction = transaction
        self.signatures = signatures
        self.identity = identity
        var encoder = CanonicalEncoder(reservingCapacity: 384)
        transaction.encode(to: &encoder)
        encoder.encode(sequence: signatures)
        byteCount = encoder.bytes.count
    }

    /// Decodes `bytes`, hashing the signed part as it stands there.
    package init(canonicalBytes bytes: [UInt8], suite: Suite) throws(CodingError) {
        var decoder = CanonicalDecoder(bytes)
        try self.init(from: &decoder, suite: suite)
        try decoder.finish()
    }

    package init(from decoder: inout CanonicalDecoder, suite: Suite) throws(CodingError) {
        let start = decoder.offset
        transaction = try decoder.decode()
        // The coding is canonical, so hashing what was read is hashing what would be written.
        identity = suite.hash(Domain.transaction + decoder.slice(from: start))
        signatures = try decoder.decodeSequence(
            maximum: LedgerLimits.signersMax, elementByteCountMin: AccountSignature.byteCountMin)
        byteCount = decoder.offset - start
    }
}

extension SignedTransaction: CanonicalEncodable {
    package func encode(to encoder: inout CanonicalEncoder) {
        transaction.encode(to: &encoder)
        encoder.encode(sequence: signatures)
    }
}

/// A signature and the key that it is checked with.
package struct AccountSignature: Hashable, Sendable, CanonicalCodable {
    /// The fewest bytes that any takes: with the key of Ed25519.
    static let byteCountMin = 97

    package let publicKey: PublicKey
    package let signature: Signature

    package init(publicKey: PublicKey, signature: Signature) {
        self.publicKey = publicKey
        self.signature = signature
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(publicKey)
        encoder.encode(signature)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        publicKey = try decoder.decode()
        signature = try decoder.decode()
    }
}

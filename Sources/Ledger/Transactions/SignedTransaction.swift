package import Cryptography
package import Primitives

/// A transaction with the signatures of all who must sign, in the order of `Transaction.signers`.
///
/// It is passed from hand to hand often, so its contents stand behind one reference.
package struct SignedTransaction: Hashable, Sendable {
    private final class Contents: Sendable {
        let transaction: Transaction
        let signatures: [AccountSignature]
        let identity: Digest
        let bytes: [UInt8]
        // Beside the fields that execution reads, so that it need not touch the arrays' memory.
        let byteCount: Int
        let signatureCount: Int

        init(transaction: Transaction, signatures: [AccountSignature], identity: Digest, bytes: [UInt8]) {
            self.transaction = transaction
            self.signatures = signatures
            self.identity = identity
            self.bytes = bytes
            byteCount = bytes.count
            signatureCount = signatures.count
        }
    }

    /// The fewest bytes that any takes: a transaction without method, arguments and fee payer, with one signer, and
    /// no signature.
    static let byteCountMin = 128

    private let contents: Contents

    package var transaction: Transaction { contents.transaction }
    package var signatures: [AccountSignature] { contents.signatures }
    // One by one, as a copy of all fields costs more than most uses of one.
    package var sender: Address { contents.transaction.sender }
    package var contract: Address { contents.transaction.contract }
    package var method: String { contents.transaction.method }
    package var arguments: [UInt8] { contents.transaction.arguments }
    package var expiry: Timestamp { contents.transaction.expiry }
    package var gasLimit: UInt64 { contents.transaction.gasLimit }
    package var signers: [Address] { contents.transaction.signers }
    package var signatureCount: Int { contents.signatureCount }
    /// The hash of the signed part.
    package var identity: Digest { contents.identity }
    /// The canonical coding.
    package var canonicalBytes: [UInt8] { contents.bytes }
    /// How many bytes the coding takes.
    package var byteCount: Int { contents.byteCount }

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
        var encoder = CanonicalEncoder(reservingCapacity: 384)
        transaction.encode(to: &encoder)
        encoder.encode(sequence: signatures)
        contents = Contents(
            transaction: transaction, signatures: signatures, identity: identity, bytes: encoder.bytes)
    }

    /// Decodes `bytes`, hashing the signed part as it stands there.
    package init(canonicalBytes bytes: [UInt8], suite: Suite) throws(CodingError) {
        var decoder = CanonicalDecoder(bytes)
        try self.init(from: &decoder, suite: suite)
        try decoder.finish()
    }

    package init(from decoder: inout CanonicalDecoder, suite: Suite) throws(CodingError) {
        let start = decoder.offset
        let transaction: Transaction = try decoder.decode()
        // The coding is canonical, so hashing what was read is hashing what would be written.
        let identity = suite.hash(Domain.transaction + decoder.slice(from: start))
        let signatures: [AccountSignature] = try decoder.decodeSequence(
            maximum: LedgerLimits.signersMax, elementByteCountMin: AccountSignature.byteCountMin)
        contents = Contents(
            transaction: transaction, signatures: signatures, identity: identity,
            bytes: Array(decoder.slice(from: start)))
    }
}

extension SignedTransaction: CanonicalEncodable {
    package func encode(to encoder: inout CanonicalEncoder) { encoder.bytes.append(contentsOf: contents.bytes) }

    package static func == (left: SignedTransaction, right: SignedTransaction) -> Bool {
        left.contents === right.contents || left.contents.bytes == right.contents.bytes
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(identity) }
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

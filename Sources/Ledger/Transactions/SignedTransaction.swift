package import Cryptography
package import Primitives

/// A transaction with the signatures of all who must sign, ascending by the signer and the key.
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
        let holdsDerivedKeysOnly: Bool?

        init(
            transaction: Transaction, signatures: [AccountSignature], identity: Digest, bytes: [UInt8],
            holdsDerivedKeysOnly: Bool? = nil
        ) {
            self.transaction = transaction
            self.signatures = signatures
            self.identity = identity
            self.bytes = bytes
            self.holdsDerivedKeysOnly = holdsDerivedKeysOnly
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

    /// Asks for what execution will read of the transaction to come into the processor's cache.
    package func readAhead() { Cryptography.readAhead(contents, byteCount: Self.contentsByteCountUsual) }

    /// About what the contents take besides their arrays.
    private static let contentsByteCountUsual = 384

    /// Signs with every one of `keys` that a signer's address is made of.
    package init(
        signing transaction: Transaction, with keys: [any SigningKey], suite: Suite
    ) throws(KeyError) {
        try self.init(
            signing: transaction,
            with: keys.compactMap { key in
                key.publicKey.address(in: suite).map { AccountKey(account: $0, key: key) }
            }, in: suite)
    }

    /// Signs with every one of `keys` whose account is among the signers; each signer needs one at least.
    package init(
        signing transaction: Transaction, with keys: [AccountKey], in suite: Suite
    ) throws(KeyError) {
        let identity = transaction.identity(in: suite)
        var signatures: [AccountSignature] = []
        for (index, signer) in transaction.signers.enumerated() {
            let own = keys.filter { $0.account == signer }
            guard !own.isEmpty else { throw KeyError("no key of account \(signer) is at hand, which must sign") }
            for key in own {
                let signature = try key.key.sign(identity)
                signatures.append(
                    AccountSignature(signer: UInt8(index), publicKey: key.key.publicKey, signature: signature))
            }
        }
        self.init(transaction: transaction, signatures: Self.ordered(signatures), identity: identity)
    }

    /// Signatures in the order in which a transaction holds them.
    package static func ordered(_ signatures: [AccountSignature]) -> [AccountSignature] { signatures.sorted(by: <) }

    /// Joins a transaction with signatures made elsewhere. `identity` must be the transaction's.
    package init(transaction: Transaction, signatures: [AccountSignature], identity: Digest) {
        var encoder = CanonicalEncoder(reservingCapacity: 384)
        transaction.encode(to: &encoder)
        encoder.encode(sequence: signatures)
        contents = Contents(
            transaction: transaction, signatures: signatures, identity: identity, bytes: encoder.bytes)
    }

    /// Decodes `bytes`, hashing the signed part as it stands there.
    ///
    /// - Parameter remembersKeys: whether it is to know the answer to `holdsDerivedKeysOnly`.
    package init(canonicalBytes bytes: [UInt8], suite: Suite, remembersKeys: Bool = false) throws(CodingError) {
        var decoder = CanonicalDecoder(bytes)
        try self.init(from: &decoder, suite: suite, whole: bytes, remembersKeys: remembersKeys)
        try decoder.finish()
    }

    package init(from decoder: inout CanonicalDecoder, suite: Suite) throws(CodingError) {
        try self.init(from: &decoder, suite: suite, whole: nil, remembersKeys: false)
    }

    /// - Parameter whole: the coding, if it is at hand as an array of its own.
    private init(
        from decoder: inout CanonicalDecoder, suite: Suite, whole: [UInt8]?, remembersKeys: Bool
    ) throws(CodingError) {
        let start = decoder.offset
        let transaction = try Transaction(from: &decoder)
        // The coding is canonical, so hashing what was read is hashing what would be written.
        let identity = suite.hash(Domain.transaction, decoder.slice(from: start))
        let count = try decoder.decodeLength(
            maximum: LedgerLimits.signaturesMax, elementByteCountMin: AccountSignature.byteCountMin)
        var signatures: [AccountSignature] = []
        signatures.reserveCapacity(count)
        for _ in 0..<count { signatures.append(try AccountSignature(from: &decoder)) }
        contents = Contents(
            transaction: transaction, signatures: signatures, identity: identity,
            bytes: whole ?? Array(decoder.slice(from: start)),
            holdsDerivedKeysOnly: remembersKeys
                ? Self.holdsDerivedKeysOnly(signatures, of: transaction.signers, in: suite) : nil)
    }
}

// MARK: - Keys of signers

extension SignedTransaction {
    /// Whether each signer has signed once, with the key that its address is made of: what every account without an
    /// authentication record demands.
    ///
    /// Finding out costs a hash for each signature, and more for secp256k1, so it may be remembered.
    package func holdsDerivedKeysOnly(in suite: Suite) -> Bool {
        contents.holdsDerivedKeysOnly
            ?? Self.holdsDerivedKeysOnly(contents.signatures, of: contents.transaction.signers, in: suite)
    }

    private static func holdsDerivedKeysOnly(
        _ signatures: [AccountSignature], of signers: [Address], in suite: Suite
    ) -> Bool {
        guard signatures.count == signers.count else { return false }
        return signatures.indices.allSatisfy { index in
            Int(signatures[index].signer) == index
                && signatures[index].publicKey.address(in: suite) == signers[index]
        }
    }

    /// What tells copies apart that may not be the same at the door: the identity, unless a signer has used other keys
    /// than the one of its address. Whether those act for it only the state says, and until then one who signs another's
    /// transaction must not be able to take its place.
    package func copyIdentity(in suite: Suite) -> Digest {
        holdsDerivedKeysOnly(in: suite) ? identity : suite.hash(canonicalBytes)
    }

    /// The keys that signed for a signer, by its place among `transaction.signers`.
    package func keys(ofSigner index: Int) -> [PublicKey] {
        contents.signatures.filter { Int($0.signer) == index }.map(\.publicKey)
    }

    /// Whether signatures ascend by signer and key, none repeats, and each signer has one at least.
    var areSignaturesInOrder: Bool {
        let signatures = contents.signatures
        var next = 0
        for index in signatures.indices {
            if index > 0, !(signatures[index - 1] < signatures[index]) { return false }
            if Int(signatures[index].signer) == next { next += 1 }
            guard Int(signatures[index].signer) == next - 1 else { return false }
        }
        return next == contents.transaction.signers.count
    }
}

extension SignedTransaction: CanonicalEncodable {
    package func encode(to encoder: inout CanonicalEncoder) { encoder.bytes.append(contentsOf: contents.bytes) }

    package static func == (left: SignedTransaction, right: SignedTransaction) -> Bool {
        left.contents === right.contents || left.contents.bytes == right.contents.bytes
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(identity) }
}

package import Cryptography
package import Ledger
internal import Primitives

/// A transaction on its way through the hands of those who must sign it: what a file between them holds.
///
/// It names the keys that acted for each account when it was prepared, so that members sign without a node. What it
/// asks for stands in `summary`; signatures that others have put into it are checked when it is read.
public struct TransactionDocument: Sendable {
    private static let tag = "cairn.transaction-file"
    private static let formatVersion: UInt8 = 1

    /// The chain's name. Its digest is what is signed; the name is a help.
    public let chainName: String
    package let suite: Suite
    package let transaction: Transaction
    /// For each signer, the record at the time of preparing; nil where the address itself says whose key signs.
    package let records: [AuthenticationRecord?]
    package private(set) var signatures: [AccountSignature]

    init(chain: Genesis, transaction: Transaction, records: [AuthenticationRecord?]) {
        chainName = chain.name
        suite = chain.suite
        self.transaction = transaction
        self.records = records
        signatures = []
    }

    /// The transaction's identity, which its receipt is found by.
    public var identity: String { digest.description }
    /// The digest of the chain's genesis.
    public var genesisDigest: String { transaction.genesis.description }
    /// When the transaction ceases to be valid, in milliseconds since 1970.
    public var expiryMilliseconds: UInt64 { transaction.expiry.milliseconds }
    /// The accounts that must sign.
    public var signers: [AccountAddress] { transaction.signers.map(AccountAddress.init) }

    /// The chain's ciphers.
    public var chainSuite: ChainSuite { ChainSuite(suite) }
    /// Who signed for a signer, given by its place, when the transaction was prepared.
    public func authentication(ofSigner place: Int) -> AccountAuthentication { AccountAuthentication(records[place]) }

    var digest: Digest { transaction.identity(in: suite) }

    package var signed: SignedTransaction {
        SignedTransaction(transaction: transaction, signatures: signatures, identity: digest)
    }
}

// MARK: - Signing

extension TransactionDocument {
    /// Adds a key's signature for each of the signers that it acts for, and says for which. Throws if it acts for none.
    @discardableResult
    package mutating func sign(with key: any SigningKey) throws(ClientError) -> [AccountAddress] {
        let places = transaction.signers.indices.filter { acts(key.publicKey, forSigner: $0) }
        guard !places.isEmpty else {
            throw .key(
                "the key \(key.publicKey) acts for none of the accounts that must sign: "
                    + missing.joined(separator: "; "))
        }
        let signature = try AccountStore.keys { () throws(KeyError) in try key.sign(digest) }
        for place in places {
            add(AccountSignature(signer: UInt8(place), publicKey: key.publicKey, signature: signature))
        }
        return places.map { AccountAddress(transaction.signers[$0]) }
    }

    /// Adds the signatures with the account's keys, and says for which of the signers.
    @discardableResult
    public mutating func sign(with account: Account) throws(ClientError) -> [AccountAddress] {
        var signed: [AccountAddress] = []
        for key in account.keys { signed += try sign(with: key) }
        return signed
    }

    /// Adds the signatures of another copy.
    public mutating func join(_ other: TransactionDocument) throws(ClientError) {
        guard other.digest == digest else {
            throw .invalid("these are different transactions: \(identity) and \(other.identity)")
        }
        for signature in other.signatures { add(signature) }
    }

    private mutating func add(_ signature: AccountSignature) {
        let isThere = signatures.contains {
            $0.signer == signature.signer && $0.publicKey == signature.publicKey
        }
        if !isThere { signatures = SignedTransaction.ordered(signatures + [signature]) }
    }

    /// Whether a key acts for a signer, given by its place, as far as the document knows.
    public func acts(_ key: AccountPublicKey, forSigner place: Int) -> Bool { acts(key.key, forSigner: place) }

    private func acts(_ key: PublicKey, forSigner place: Int) -> Bool {
        if let record = records[place] { return record.weightedKeys.contains { $0.key == key } }
        return key.address(in: suite) == transaction.signers[place]
    }

    private func keys(ofSigner place: Int) -> [PublicKey] {
        signatures.filter { Int($0.signer) == place }.map(\.publicKey)
    }

    /// Whether all have signed who must.
    public var isComplete: Bool { missing.isEmpty }

    /// For each account that needs more signatures: what it needs.
    public var missing: [String] {
        transaction.signers.indices.compactMap { place in
            let (account, present) = (transaction.signers[place], keys(ofSigner: place))
            guard let record = records[place] else {
                return present.isEmpty ? "account \(account) has not signed" : nil
            }
            guard !record.accepts(present) else { return nil }
            let weight = record.weightedKeys.filter { present.contains($0.key) }.reduce(0) { $0 + UInt64($1.weight) }
            let others = record.weightedKeys.filter { !present.contains($0.key) }.map(\.key.description)
            return "account \(account) has \(weight) of \(record.threshold), and may be signed for by "
                + others.joined(separator: ", ")
        }
    }
}

// MARK: - As bytes

extension TransactionDocument {
    /// The document as a file holds it.
    public var bytes: [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.encode(Self.tag)
        encoder.encode(Self.formatVersion)
        encoder.encode(chainName)
        encoder.encode(suite.rawValue)
        encoder.encode(transaction)
        for record in records { encoder.encode(record) }
        encoder.encode(sequence: signatures)
        return encoder.bytes
    }

    /// Reads a document, whoever made it. Every signature in it is checked.
    public init(bytes: [UInt8]) throws(ClientError) {
        guard bytes.count <= ClientLimits.documentByteCountMax else {
            throw .invalid(
                "a file of \(bytes.count) bytes is no transaction; the largest has \(ClientLimits.documentByteCountMax)"
            )
        }
        do throws(CodingError) {
            var decoder = CanonicalDecoder(bytes)
            try self.init(from: &decoder)
            try decoder.finish()
        } catch {
            throw .invalid("this is not a transaction to sign: \(error)")
        }
        for signature in signatures {
            let check = SignatureCheck(
                publicKey: signature.publicKey, digest: digest, signature: signature.signature)
            guard Int(signature.signer) < records.count, check.isValid else {
                throw .invalid(
                    "the signature of the key \(signature.publicKey) is wrong: the file was changed after it was "
                        + "signed; ask for it again")
            }
        }
    }

    private init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        guard try decoder.decodeString(maximum: Self.tag.utf8.count) == Self.tag,
            try decoder.decode(UInt8.self) == Self.formatVersion
        else { throw CodingError(.invalid("its first bytes are those of another kind or version of file"), at: 0) }
        chainName = try decoder.decodeString(maximum: LedgerLimits.chainNameByteCountMax)
        let start = decoder.offset
        guard let suite = Suite(rawValue: try decoder.decode()) else {
            throw CodingError(.invalid("a cipher suite that is not known"), at: start)
        }
        self.suite = suite
        transaction = try decoder.decode()
        var records: [AuthenticationRecord?] = []
        for _ in transaction.signers { records.append(try decoder.decodeOption()) }
        self.records = records
        let signaturesStart = decoder.offset
        signatures = try decoder.decodeSequence(maximum: LedgerLimits.signaturesMax)
        guard SignedTransaction.ordered(signatures) == signatures else {
            throw CodingError(.notAscending, at: signaturesStart)
        }
    }
}

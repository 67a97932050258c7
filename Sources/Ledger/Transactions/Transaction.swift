package import Cryptography
package import Primitives

/// What an account asks the chain to do: the signed part of a transaction.
///
/// Its identity, by which receipts and duplicates are found, is the hash of these fields alone: whoever signs again
/// does not make another transaction.
package struct Transaction: Hashable, Sendable {
    package static let currentVersion: UInt16 = 1

    package var version: UInt16 = Self.currentVersion
    /// The chain, by the digest of its genesis.
    package var genesis: Digest
    package var group: GroupIdentifier
    package var sender: Address
    package var contract: Address
    /// Of visible ASCII characters; a transaction with another method is malformed.
    package var method: String
    /// In the coding of the contract's engine.
    package var arguments: [UInt8]
    /// Lets a sender make several transactions that are otherwise the same.
    package var salt: UInt64
    /// The block time from which on the transaction has no effect.
    package var expiry: Timestamp
    package var gasLimit: UInt64
    package var feePayer: FeePayer?
    /// Typed additions; one that the chain does not know makes the transaction malformed.
    package var extensions: [TransactionExtension] = []
    /// The accounts that must sign, ascending: the sender, the fee payer if there is one, and who else must agree.
    package var signers: [Address]

    package init(
        genesis: Digest, group: GroupIdentifier, sender: Address, contract: Address, method: String,
        arguments: [UInt8], salt: UInt64, expiry: Timestamp, gasLimit: UInt64, feePayer: FeePayer? = nil,
        additionalSigners: [Address] = []
    ) {
        self.genesis = genesis
        self.group = group
        self.sender = sender
        self.contract = contract
        self.method = method
        self.arguments = arguments
        self.salt = salt
        self.expiry = expiry
        self.gasLimit = gasLimit
        self.feePayer = feePayer
        var required = additionalSigners + [sender]
        if let feePayer { required.append(feePayer.account) }
        signers = required.sorted().removingRepeats()
    }

    /// The hash of the signed part: what is signed, and what names the transaction.
    package func identity(in suite: Suite) -> Digest {
        var encoder = CanonicalEncoder(reservingCapacity: 256)
        encode(to: &encoder)
        return suite.hash(Domain.transaction + encoder.bytes)
    }
}

/// The account that pays for a transaction in its sender's stead, and how much at most.
package struct FeePayer: Hashable, Sendable, CanonicalCodable {
    package let account: Address
    package let cap: UInt256

    package init(account: Address, cap: UInt256) {
        self.account = account
        self.cap = cap
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(account)
        encoder.encode(cap)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        account = try decoder.decode()
        cap = try decoder.decode()
    }
}

/// A typed addition to a transaction. No kind is known yet, so every decoder refuses one.
package enum TransactionExtension: Hashable, Sendable, CanonicalCodable {
    package func encode(to encoder: inout CanonicalEncoder) {}

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) { throw try Self.unknown(&decoder) }

    static func unknown(_ decoder: inout CanonicalDecoder) throws(CodingError) -> CodingError {
        let start = decoder.offset
        return CodingError(.unknownVariant(try decoder.decodeVariant()), at: start)
    }
}

extension Transaction: CanonicalCodable {
    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(version)
        encoder.encode(genesis)
        encoder.encode(group)
        encoder.encode(sender)
        encoder.encode(contract)
        encoder.encode(method)
        encoder.encode(bytes: arguments)
        encoder.encode(salt)
        encoder.encode(expiry)
        encoder.encode(gasLimit)
        encoder.encode(feePayer)
        encoder.encode(sequence: extensions)
        encoder.encode(sequence: signers)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        version = try decoder.decode()
        guard version == Self.currentVersion else {
            throw CodingError(.invalid("transaction version \(version) is not known"), at: start)
        }
        genesis = try decoder.decode()
        group = try decoder.decode()
        sender = try decoder.decode()
        contract = try decoder.decode()
        method = try decoder.decodeName(maximum: LedgerLimits.methodByteCountMax)
        arguments = try decoder.decodeBytes(maximum: LedgerLimits.transactionByteCountMax)
        salt = try decoder.decode()
        expiry = try decoder.decode()
        gasLimit = try decoder.decode()
        // Options and sequences are spelled out here and in `SignedTransaction`: generic code of another module looks
        // types up at run time, which took a quarter of the time.
        feePayer = try decoder.decodeBool() ? try FeePayer(from: &decoder) : nil
        guard try decoder.decodeLength(maximum: LedgerLimits.extensionsMax) == 0 else {
            throw try TransactionExtension.unknown(&decoder)
        }
        extensions = []
        let signersStart = decoder.offset
        let signerCount = try decoder.decodeLength(
            maximum: LedgerLimits.signersMax, elementByteCountMin: Address.byteCount)
        signers = []
        signers.reserveCapacity(signerCount)
        for _ in 0..<signerCount { signers.append(try decoder.decode(Address.self)) }
        guard signers.isStrictlyAscending else { throw CodingError(.notAscending, at: signersStart) }
        guard signers.contains(sender), feePayer.map({ signers.contains($0.account) }) ?? true else {
            throw CodingError(.invalid("the signers lack the sender or the fee payer"), at: signersStart)
        }
    }
}

/// The number of a group: a chain of its own among those that a node hosts.
package typealias GroupIdentifier = UInt32

extension Array where Element: Comparable {
    /// Whether each element is less than the next, so that none repeats.
    var isStrictlyAscending: Bool { zip(self, dropFirst()).allSatisfy { $0 < $1 } }

    /// The elements of a sorted array, each once.
    func removingRepeats() -> [Element] {
        var result: [Element] = []
        for element in self where result.last != element { result.append(element) }
        return result
    }
}

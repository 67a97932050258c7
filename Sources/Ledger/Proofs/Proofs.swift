package import Cryptography
package import Primitives

/// What the state holds at a contract's key, with the way from the state root to it.
package struct KeyProof: Hashable, Sendable, CanonicalCodable {
    package let contract: Address
    package let key: [UInt8]
    /// Nil where the state holds nothing at the key.
    package let value: StateValue?
    package let path: StateProof

    package init(contract: Address, key: [UInt8], value: [UInt8]?, path: StateProof) {
        self.contract = contract
        self.key = key
        self.value = value.map(StateValue.init)
        self.path = path
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(contract)
        encoder.encode(bytes: key)
        encoder.encode(value)
        encoder.encode(path)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        contract = try decoder.decode()
        key = try decoder.decodeBytes(maximum: LedgerLimits.stateKeyByteCountMax)
        value = try decoder.decodeOption()
        path = try decoder.decode()
    }
}

/// The bytes under a key, in the ledger's coding.
package struct StateValue: Hashable, Sendable, CanonicalCodable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package func encode(to encoder: inout CanonicalEncoder) { encoder.encode(bytes: bytes) }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        bytes = try decoder.decodeBytes(maximum: LedgerLimits.stateValueByteCountMax)
    }
}

/// That a transaction is in a block, and what became of it.
package struct ReceiptProof: Hashable, Sendable, CanonicalCodable {
    package let header: BlockHeader
    /// The signed transaction's bytes.
    package let transaction: [UInt8]
    package let receipt: Receipt
    package let transactionInclusion: InclusionProof
    package let receiptInclusion: InclusionProof

    /// The proof for the transaction at `index` of a block.
    package init(index: Int, of certified: CertifiedBlock, suite: Suite) {
        header = certified.block.header
        let transactions = certified.block.transactions.map(\.canonicalBytes)
        transaction = transactions[index]
        receipt = certified.receipts[index]
        transactionInclusion = MerkleList.proof(for: index, in: transactions, suite: suite)
        receiptInclusion = MerkleList.proof(
            for: index, in: certified.receipts.indices.map { Array(certified.receipts.coding(at: $0)) }, suite: suite)
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(header)
        encoder.encode(bytes: transaction)
        encoder.encode(receipt)
        encoder.encode(transactionInclusion)
        encoder.encode(receiptInclusion)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        header = try decoder.decode()
        transaction = try decoder.decodeBytes(maximum: LedgerLimits.transactionByteCountMax)
        receipt = try decoder.decode()
        transactionInclusion = try decoder.decode()
        receiptInclusion = try decoder.decode()
    }
}

/// A proof that stands on its own: a certificate and what it is to show. What a proof file holds.
package struct LedgerProof: Hashable, Sendable, CanonicalCodable {
    package static let formatVersion: UInt8 = 1

    package enum Subject: Hashable, Sendable {
        case key(KeyProof)
        case receipt(ReceiptProof)
    }

    package let certificate: BlockCertificate
    package let subject: Subject

    package init(certificate: BlockCertificate, subject: Subject) {
        self.certificate = certificate
        self.subject = subject
    }

    /// Checks everything against `client`'s genesis, and gives back the statement that the proof stands on.
    package func verify(with client: inout LightClient) throws(ProofError) -> ResultStatement {
        let statement = try client.accept(certificate)
        switch subject {
        case .key(let proof): try client.check(proof, against: statement)
        case .receipt(let proof): try client.check(proof, against: statement)
        }
        return statement
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(Self.formatVersion)
        encoder.encode(certificate)
        switch subject {
        case .key(let proof):
            encoder.encode(variant: 0)
            encoder.encode(proof)
        case .receipt(let proof):
            encoder.encode(variant: 1)
            encoder.encode(proof)
        }
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let versionStart = decoder.offset
        let version: UInt8 = try decoder.decode()
        guard version == Self.formatVersion else {
            throw CodingError(.invalid("proof version \(version) is not known"), at: versionStart)
        }
        certificate = try decoder.decode()
        let start = decoder.offset
        switch try decoder.decodeVariant() {
        case 0: subject = .key(try decoder.decode())
        case 1: subject = .receipt(try decoder.decode())
        case let variant: throw CodingError(.unknownVariant(variant), at: start)
        }
    }
}

package import Primitives

/// What a node tells in binary WebSocket messages to a client that submits in bulk.
package enum BulkReply: Hashable, Sendable, CanonicalCodable {
    package static let formatVersion: UInt8 = 1

    case answer(BulkAnswer)
    case receipts(BulkReceipts)

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(Self.formatVersion)
        switch self {
        case .answer(let answer):
            encoder.encode(variant: 0)
            encoder.encode(answer)
        case .receipts(let receipts):
            encoder.encode(variant: 1)
            encoder.encode(receipts)
        }
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        try decoder.decodeVersion(Self.formatVersion, of: "bulk reply")
        let start = decoder.offset
        switch try decoder.decodeVariant() {
        case 0: self = .answer(try decoder.decode())
        case 1: self = .receipts(try decoder.decode())
        case let variant: throw CodingError(.unknownVariant(variant), at: start)
        }
    }
}

extension BulkReply {
    /// The coding of `receipts` with some of a block's, straight from the block: making the values first, for every
    /// transaction that a node tells of, costs as much again.
    package static func codedReceipts(
        of block: CertifiedBlock, at indices: ArraySlice<UInt32>, expired: ArraySlice<Digest>
    ) -> [UInt8] {
        var encoder = CanonicalEncoder(
            reservingCapacity: 64 + indices.count * BulkReceipt.byteCountUsual + expired.count * Digest.byteCount)
        encoder.encode(Self.formatVersion)
        encoder.encode(variant: 1)
        encoder.encode(block.height)
        encoder.encode(block.block.header.time)
        encoder.encode(block.certificate.statement.blockHash)
        encoder.encode(length: indices.count)
        for index in indices {
            encoder.encode(index)
            encoder.bytes.append(contentsOf: block.receipts.coding(at: Int(index)))
        }
        encoder.encode(length: expired.count)
        for transaction in expired { encoder.encode(transaction) }
        return encoder.bytes
    }
}

/// The answer at the door to a bulk submission: what is not listed was taken.
package struct BulkAnswer: Hashable, Sendable, CanonicalCodable {
    package let request: UInt64
    /// Ascending by index.
    package let refused: [BulkRefusal]

    package init(request: UInt64, refused: [BulkRefusal]) {
        self.request = request
        self.refused = refused
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(request)
        encoder.encode(sequence: refused)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        request = try decoder.decode()
        let start = decoder.offset
        refused = try decoder.decodeSequence(
            maximum: LedgerLimits.bulkTransactionsMax, elementByteCountMin: BulkRefusal.byteCountMin)
        guard refused.map(\.index).isStrictlyAscending else { throw CodingError(.notAscending, at: start) }
    }
}

/// Why one transaction of a bulk submission was not taken.
package struct BulkRefusal: EqualByCoding, Sendable, CanonicalDecodable {
    /// The fewest bytes that any takes: without a text.
    static let byteCountMin = 9

    /// The transaction's place in the submission.
    package let index: UInt32
    /// `Rejection.code`.
    package let code: Int32
    package let text: String

    package init(index: UInt32, code: Int32, text: String) {
        self.index = index
        self.code = code
        self.text = text
    }

    package init(index: Int, _ rejection: Rejection) {
        self.init(index: UInt32(index), code: Int32(rejection.code), text: rejection.description)
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(index)
        encoder.encode(UInt32(bitPattern: code))
        encoder.encode(text)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        index = try decoder.decode()
        code = Int32(bitPattern: try decoder.decode(UInt32.self))
        text = try decoder.decodeString(maximum: LedgerLimits.refusalTextByteCountMax)
    }
}

/// What a block means for the transactions that were sent on one connection.
///
/// A block with many of them is told in several of these.
package struct BulkReceipts: Hashable, Sendable, CanonicalCodable {
    package let height: UInt64
    package let time: Timestamp
    package let blockHash: Digest
    /// Ascending by index.
    package let receipts: [BulkReceipt]
    /// Transactions that were in no block up to this one and have expired by its time: they never take effect.
    package let expired: [Digest]

    package init(
        height: UInt64, time: Timestamp, blockHash: Digest, receipts: [BulkReceipt], expired: [Digest] = []
    ) {
        self.height = height
        self.time = time
        self.blockHash = blockHash
        self.receipts = receipts
        self.expired = expired
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(height)
        encoder.encode(time)
        encoder.encode(blockHash)
        encoder.encode(sequence: receipts)
        encoder.encode(sequence: expired)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        height = try decoder.decode()
        time = try decoder.decode()
        blockHash = try decoder.decode()
        let start = decoder.offset
        receipts = try decoder.decodeSequence(
            maximum: LedgerLimits.blockTransactionCountMax, elementByteCountMin: BulkReceipt.byteCountMin)
        guard receipts.map(\.index).isStrictlyAscending else { throw CodingError(.notAscending, at: start) }
        expired = try decoder.decodeSequence(
            maximum: LedgerLimits.bulkExpiredMax, elementByteCountMin: Digest.byteCount)
    }
}

/// A receipt and its place in the block.
package struct BulkReceipt: Hashable, Sendable, CanonicalCodable {
    static let byteCountMin = 4 + Receipt.byteCountMin
    /// About what one takes whose transaction has one event with two topics.
    static let byteCountUsual = 208

    package let index: UInt32
    package let receipt: Receipt

    package init(index: UInt32, receipt: Receipt) {
        self.index = index
        self.receipt = receipt
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(index)
        receipt.encode(to: &encoder)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        index = try decoder.decode()
        receipt = try decoder.decode()
    }
}

package import Cryptography
internal import Ledger
package import Primitives

/// A batch of transactions in its lane, as its owner sends it.
package struct Batch: Hashable, Sendable, CanonicalCodable {
    package let header: BatchHeader
    /// The owner's, under the header's digest.
    package let signature: Signature
    package let link: BatchLink
    /// Signed transactions in their coding.
    package let transactions: [[UInt8]]

    package init(header: BatchHeader, signature: Signature, link: BatchLink, transactions: [[UInt8]]) {
        self.header = header
        self.signature = signature
        self.link = link
        self.transactions = transactions
    }

    /// The hash of transactions, each with its length.
    package static func payload(of transactions: [[UInt8]], in suite: Suite) -> Digest {
        var encoder = CanonicalEncoder(reservingCapacity: transactions.reduce(64) { $0 + $1.count + 5 })
        encoder.bytes.append(contentsOf: DisseminationDomain.payload)
        encoder.encode(length: transactions.count)
        for transaction in transactions { encoder.encode(bytes: transaction) }
        return suite.hash(encoder.bytes)
    }

    /// Whether the header says of the transactions what they are, but for their gas, and whether the link is that of the
    /// header's position. Who signed what is another question.
    package func isConsistent(in suite: Suite) -> Bool {
        guard header.transactionCount == UInt32(transactions.count), !transactions.isEmpty,
            header.byteCount == UInt64(transactions.reduce(0) { $0 + $1.count }),
            header.payload == Self.payload(of: transactions, in: suite)
        else { return false }
        switch link {
        case .first: return header.position == 1
        case .certified(let certificate):
            return certificate.place
                == LanePlace(lane: header.lane, position: header.position &- 1, digest: header.parent)
        case .decided: return header.position > 1
        }
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.bytes.reserveCapacity(encoder.bytes.count + transactions.reduce(512) { $0 + $1.count + 5 })
        encoder.encode(header)
        encoder.encode(signature)
        encoder.encode(link)
        encoder.encode(length: transactions.count)
        for transaction in transactions { encoder.encode(bytes: transaction) }
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        header = try decoder.decode()
        signature = try decoder.decode()
        link = try decoder.decode()
        let start = decoder.offset
        let count = try decoder.decodeLength(maximum: DisseminationLimits.batchTransactionsMax)
        var transactions: [[UInt8]] = []
        transactions.reserveCapacity(count)
        var byteCount = 0
        for _ in 0..<count {
            let transaction = try decoder.decodeBytes(maximum: LedgerLimits.transactionByteCountMax)
            byteCount += transaction.count
            guard byteCount <= DisseminationLimits.batchByteCountMax else {
                throw CodingError(.invalid("a batch of more than \(byteCount) bytes"), at: start)
            }
            transactions.append(transaction)
        }
        self.transactions = transactions
    }
}

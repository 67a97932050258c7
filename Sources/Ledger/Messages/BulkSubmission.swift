package import Primitives

/// Many transactions in one binary WebSocket message, from a client to a node.
///
/// They are coded one by one as sequences of bytes, so that a malformed one is refused without the others.
package struct BulkSubmission: Hashable, Sendable, CanonicalCodable {
    package static let formatVersion: UInt8 = 1

    /// The client's number, by which it knows the answer.
    package let request: UInt64
    /// Signed transactions in their coding, at most `LedgerLimits.bulkTransactionsMax`.
    package let transactions: [[UInt8]]

    package init(request: UInt64, transactions: [[UInt8]]) {
        self.request = request
        self.transactions = transactions
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.bytes.reserveCapacity(encoder.bytes.count + transactions.reduce(16) { $0 + $1.count + 5 })
        encoder.encode(Self.formatVersion)
        encoder.encode(request)
        encoder.encode(length: transactions.count)
        for transaction in transactions { encoder.encode(bytes: transaction) }
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        try decoder.decodeVersion(Self.formatVersion, of: "bulk submission")
        request = try decoder.decode()
        let count = try decoder.decodeLength(maximum: LedgerLimits.bulkTransactionsMax)
        var transactions: [[UInt8]] = []
        transactions.reserveCapacity(count)
        for _ in 0..<count {
            transactions.append(try decoder.decodeBytes(maximum: LedgerLimits.transactionByteCountMax))
        }
        self.transactions = transactions
    }
}

extension CanonicalDecoder {
    /// Demands the one version of a message that is known.
    mutating func decodeVersion(_ known: UInt8, of what: String) throws(CodingError) {
        let start = offset
        let version: UInt8 = try decode()
        guard version == known else {
            throw CodingError(.invalid("\(what) version \(version) is not known"), at: start)
        }
    }
}

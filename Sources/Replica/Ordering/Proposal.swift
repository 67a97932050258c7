package import Ledger
package import Primitives

/// The value of a decision: a clock reading and a batch of transactions, as the engine carries it.
package struct Proposal: Hashable, Sendable, CanonicalCodable {
    package static let formatVersion: UInt8 = 1

    /// The proposer's clock. The first block of the decision takes this time, unless its parent's is later.
    package let reading: Timestamp
    /// Signed transactions in their coding.
    package let transactions: [[UInt8]]

    package init(reading: Timestamp, transactions: [[UInt8]]) {
        self.reading = reading
        self.transactions = transactions
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        // Megabytes, which should not be moved again and again as the array grows.
        encoder.bytes.reserveCapacity(encoder.bytes.count + transactions.reduce(64) { $0 + $1.count + 5 })
        encoder.encode(Self.formatVersion)
        encoder.encode(reading)
        encoder.encode(length: transactions.count)
        for transaction in transactions { encoder.encode(bytes: transaction) }
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let version: UInt8 = try decoder.decode()
        guard version == Self.formatVersion else {
            throw CodingError(.invalid("proposal version \(version) is not known"), at: start)
        }
        reading = try decoder.decode()
        let count = try decoder.decodeLength(maximum: LedgerLimits.blockTransactionCountMax)
        var transactions: [[UInt8]] = []
        transactions.reserveCapacity(count)
        for _ in 0..<count {
            transactions.append(try decoder.decodeBytes(maximum: LedgerLimits.transactionByteCountMax))
        }
        self.transactions = transactions
    }
}

/// A decided batch, decoded, with everything checked that bytes alone decide.
package struct Decision: Sendable {
    package let number: UInt64
    package let reading: Timestamp
    package let transactions: [SignedTransaction]

    package init(number: UInt64, reading: Timestamp, transactions: [SignedTransaction]) {
        self.number = number
        self.reading = reading
        self.transactions = transactions
    }

    /// Decodes the value of a decision. What was decided is decided: a value that does not decode orders nothing, but
    /// still is a decision, and a transaction that does not decode or is of another chain has no effect.
    package init(number: UInt64, value: [UInt8], check: StatelessCheck) {
        let proposal = (try? Proposal(canonicalBytes: value)) ?? Proposal(reading: Self.noReading, transactions: [])
        self.number = number
        reading = proposal.reading
        transactions = proposal.transactions.compactMap { try? check.decode($0) }
    }

    /// Earlier than any block, so that the block takes its parent's time and one.
    private static let noReading = Timestamp(milliseconds: 0)
}

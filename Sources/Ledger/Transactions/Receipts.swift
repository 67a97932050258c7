package import Cryptography
package import Primitives

/// The receipts of a block, in their order, as their canonical coding.
///
/// The coding is what is hashed, stored and sent, so it is made once, when a block is executed. Whoever wants a receipt
/// as a value has it decoded; what is asked of every receipt can be had without.
package struct Receipts: Sendable {
    /// The codings, one behind the other.
    package private(set) var bytes: [UInt8] = []
    /// Where each coding ends. Invariant: ascending, the last is `bytes.count`.
    private var ends: [Int] = []

    package init() {}

    package init(_ receipts: some Sequence<Receipt>) {
        for receipt in receipts { append(receipt) }
    }

    package mutating func reserveCapacity(_ count: Int, byteCount: Int) {
        ends.reserveCapacity(count)
        bytes.reserveCapacity(byteCount)
    }

    package mutating func append(_ receipt: Receipt) {
        var encoder = CanonicalEncoder()
        receipt.encode(to: &encoder)
        bytes.append(contentsOf: encoder.bytes)
        ends.append(bytes.count)
    }

    /// Appends the receipt of a transaction whose events are coded already, one behind the other.
    package mutating func append(
        transaction: Digest, outcome: Outcome, gasUsed: UInt64, eventCount: Int, codedEvents: [UInt8]
    ) {
        // The encoder takes the array and gives it back, so that it grows in place.
        var encoder = CanonicalEncoder(continuing: bytes)
        bytes = []
        encoder.encode(transaction)
        outcome.encode(to: &encoder)
        encoder.encode(gasUsed)
        encoder.encode(length: eventCount)
        encoder.bytes.append(contentsOf: codedEvents)
        swap(&bytes, &encoder.bytes)
        ends.append(bytes.count)
    }

    // MARK: Without decoding

    /// Where the coding of a receipt stands in `bytes`.
    package func range(at index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

    /// The coding of a receipt.
    package func coding(at index: Int) -> ArraySlice<UInt8> { bytes[range(at: index)] }

    /// The coding of a receipt without the identity, as `Receipt.encodeResult` writes it.
    package func resultCoding(at index: Int) -> ArraySlice<UInt8> { coding(at: index).dropFirst(Digest.byteCount) }

    /// The identity of the transaction that a receipt is of.
    package func transaction(at index: Int) -> Digest {
        Digest(copying: bytes.span, at: range(at: index).lowerBound)
    }
}

extension Receipts: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { ends.count }

    package subscript(index: Int) -> Receipt {
        var decoder = CanonicalDecoder(bytes, in: range(at: index))
        guard let receipt = try? Receipt(from: &decoder) else {
            preconditionFailure("receipts hold nothing but what was coded here")
        }
        return receipt
    }
}

extension Receipts: Hashable {
    // Where one coding ends follows from the coding.
    package static func == (left: Receipts, right: Receipts) -> Bool { left.bytes == right.bytes }
    package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

extension Receipts {
    /// The root of their hashes, as a block's certificate states it.
    package func root(in suite: Suite) -> Digest {
        MerkleList.root(ofElements: indices.map { suite.hash(coding(at: $0)) }, in: suite)
    }
}

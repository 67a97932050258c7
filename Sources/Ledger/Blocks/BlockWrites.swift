package import Primitives

/// What each transaction of a block wrote, in the block's order: the history of the keys.
///
/// It follows from the block by execution, so nobody signs it; it is kept so that the past can be read without
/// executing it again. The writes are held as the block log holds them, so that they are coded once.
package struct BlockWrites: Hashable, Sendable {
    /// The codings of all transactions' writes, one behind the other.
    private var bytes: [UInt8] = []
    /// For each transaction the end of its writes. Invariant: ascending, the last is `bytes.count`.
    private var ends: [Int] = []
    /// For each transaction the contract that it called, after whose address the first key is coded.
    private var contracts: [Address] = []

    package init() {}

    package var transactionCount: Int { ends.count }

    package mutating func reserveCapacity(transactions: Int, byteCount: Int) {
        ends.reserveCapacity(transactions)
        contracts.reserveCapacity(transactions)
        bytes.reserveCapacity(byteCount)
    }

    /// Appends the writes of the next transaction, each key once, in the order of first writes.
    package mutating func append(_ writes: some Collection<StateWrite>, ofCallTo contract: Address) {
        append(count: writes.count, ofCallTo: contract) { encoder in
            for write in writes { encoder.append(write.key.storeKey, write.stored) }
        }
    }

    /// The same, for who has no such values at hand; `encode` must append as many writes as it says.
    package mutating func append(count: Int, ofCallTo contract: Address, _ encode: (inout WriteEncoder) -> Void) {
        // The encoder takes the array and gives it back, so that it grows in place.
        var encoder = WriteEncoder(after: contract, continuing: bytes)
        bytes = []
        encoder.begin(count: count)
        encode(&encoder)
        bytes = encoder.finish()
        ends.append(bytes.count)
        contracts.append(contract)
    }

    // MARK: Reading

    /// The writes of one transaction.
    package subscript(transaction index: Int) -> [StateWrite] {
        var decoder = CanonicalDecoder(bytes, in: range(ofTransaction: index))
        guard let writes = try? StateWrite.decode(after: contracts[index], from: &decoder) else {
            preconditionFailure("writes hold nothing but what was coded here")
        }
        return writes
    }

    /// The writes of all transactions, in the block's order.
    package var all: [StateWrite] { (0..<transactionCount).flatMap { self[transaction: $0] } }

    /// Goes through the keys that one transaction wrote.
    package func forEachKey(ofTransaction index: Int, _ take: (StoreKey) -> Void) {
        var decoder = CanonicalDecoder(bytes, in: range(ofTransaction: index))
        do throws(CodingError) {
            try StateWrite.decodeKeys(after: contracts[index], from: &decoder, take)
        } catch {
            preconditionFailure("writes hold nothing but what was coded here")
        }
    }

    /// Their coding, as `WriteEncoder` makes it.
    package func coding(ofTransaction index: Int) -> ArraySlice<UInt8> { bytes[range(ofTransaction: index)] }

    private func range(ofTransaction index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }
}

/// What a transaction left under a key; nil if it removed it.
package struct StateWrite: Hashable, Sendable {
    package let key: StateKey
    package let stored: StoreValue?
    package var value: [UInt8]? { stored?.bytes }

    package init(key: StateKey, stored: StoreValue?) {
        self.key = key
        self.stored = stored
    }

    package init(key: StateKey, value: [UInt8]?) { self.init(key: key, stored: value.map { StoreValue($0) }) }
}

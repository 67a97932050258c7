package import Primitives

/// The coding of what one transaction wrote: the number of writes, then each.
///
/// A write is how many bytes its key shares with the key before it (the first one with the address of the contract that
/// the transaction called), the rest of the key, and the value, if there is one.
package enum WriteCoding {
    package static func encode(
        _ writes: ArraySlice<StateWrite>, after contract: Address, to encoder: inout CanonicalEncoder
    ) {
        encoder.encode(length: writes.count)
        var previous = contract.storeKey
        for write in writes {
            let key = write.key.storeKey
            let shared = key.commonPrefixCount(with: previous)
            encoder.encode(length: shared)
            encoder.encode(length: key.count - shared)
            key.appendBytes(from: shared, to: &encoder.bytes)
            encoder.encode(write.stored != nil)
            if let value = write.stored { encoder.encode(bytes: value) }
            previous = key
        }
    }

    /// The fewest bytes that any write takes: two lengths, and that there is no value.
    private static let byteCountMin = 3

    /// Decodes what `encode` made of a transaction that called `contract`.
    package static func decode(
        after contract: Address, from decoder: inout CanonicalDecoder
    ) throws(CodingError) -> [StateWrite] {
        let count = try decoder.decodeLength(maximum: CodingLimits.lengthMax, elementByteCountMin: byteCountMin)
        var writes: [StateWrite] = []
        var previous = contract.storeKey
        for _ in 0..<count {
            let key = try decodeKey(after: previous, from: &decoder)
            let isSet = try decoder.decodeBool()
            let value = isSet ? try decoder.decodeBytes(maximum: LedgerLimits.stateValueByteCountMax) : nil
            writes.append(StateWrite(key: StateKey(key), value: value))
            previous = key
        }
        return writes
    }

    private static func decodeKey(
        after previous: StoreKey, from decoder: inout CanonicalDecoder
    ) throws(CodingError) -> StoreKey {
        let start = decoder.offset
        // A length of what stands before, not of what follows.
        let shared = Int(try decoder.decodeVariant())
        guard shared <= previous.count else {
            throw CodingError(.lengthAboveLimit(length: shared, maximum: previous.count), at: start)
        }
        var key = previous.prefix(shared)
        // Others put more before a key: it must be no longer than any that a contract could write.
        try decoder.decodeBytes(appendingTo: &key, maximum: LedgerLimits.wholeStateKeyByteCountMax - shared)
        guard key.count >= Address.byteCount else {
            throw CodingError(.invalid("a key that begins with no address"), at: start)
        }
        return key
    }
}

/// Writes recursive length prefixes (Ethereum yellow paper, appendix B).
///
///     var encoder = RLPEncoder()
///     encoder.encodeList { list in
///         list.encode(nonce)
///         list.encode(fixed: receiver)
///     }
package struct RLPEncoder: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init(reservingCapacity capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    package mutating func encode(bytes string: [UInt8]) { encode(string[...]) }

    package mutating func encode(_ string: ArraySlice<UInt8>) {
        if string.count != 1 || string[string.startIndex] >= RLPHeader.bytesStart {
            bytes.append(contentsOf: Self.header(RLPHeader.bytesStart, byteCount: string.count))
        }
        bytes.append(contentsOf: string)
    }

    package mutating func encode<Value: FixedBytes>(fixed value: Value) { encode(bytes: value.bytes) }

    /// A value of fixed length, or the empty byte string for nil.
    package mutating func encode<Value: FixedBytes>(option value: Value?) { encode(bytes: value?.bytes ?? []) }

    /// An integer: its bytes, the most significant first, without leading zeros. Zero has none.
    package mutating func encode(_ value: UInt64) { encode(UInt256(value)) }

    package mutating func encode(_ value: UInt256) { encode(value.bigEndianBytes.drop { $0 == 0 }) }

    /// A list of the items that `body` encodes.
    package mutating func encodeList(_ body: (inout RLPEncoder) -> Void) {
        let start = bytes.count
        body(&self)
        // The header's length depends on the payload's, which is known only now.
        bytes.insert(contentsOf: Self.header(RLPHeader.listStart, byteCount: bytes.count - start), at: start)
    }

    /// Appends items that are encoded already.
    package mutating func append(encoded items: ArraySlice<UInt8>) { bytes.append(contentsOf: items) }

    private static func header(_ start: UInt8, byteCount: Int) -> [UInt8] {
        if byteCount <= RLPHeader.shortByteCountMax { return [start + UInt8(byteCount)] }
        let length = UInt256(UInt64(byteCount)).bigEndianBytes.drop { $0 == 0 }
        return [start + UInt8(RLPHeader.shortByteCountMax + length.count)] + length
    }
}

/// What the first bytes of an item say: whether it is a list, and where its payload lies.
package struct RLPHeader: Hashable, Sendable {
    package let isList: Bool
    /// The item's payload in the input. A single byte below 0x80 is its own payload.
    /// Invariant: it lies within the bounds that the header was read in.
    package let payload: Range<Int>

    /// The first bytes of the four kinds of headers, and the longest payload of the short ones.
    static let bytesStart: UInt8 = 0x80
    static let listStart: UInt8 = 0xC0
    static let shortByteCountMax = 55

    /// Reads the header at `offset` of an item that ends at `end` at the latest.
    init(in bytes: [UInt8], at offset: Int, end: Int) throws(RLPError) {
        guard offset < end else { throw RLPError(.truncated, at: offset) }
        let first = bytes[offset]
        isList = first >= Self.listStart
        guard first >= Self.bytesStart else {
            payload = offset..<offset + 1
            return
        }
        let length = Int(first - (isList ? Self.listStart : Self.bytesStart))
        if length <= Self.shortByteCountMax {
            guard length < end - offset else { throw RLPError(.truncated, at: offset) }
            payload = offset + 1..<offset + 1 + length
        } else {
            payload = try Self.longPayload(
                in: bytes, at: offset, end: end, lengthByteCount: length - Self.shortByteCountMax)
        }
        if !isList, payload.count == 1, bytes[payload.lowerBound] < Self.bytesStart {
            throw RLPError(.headerOfSingleByte, at: offset)
        }
    }

    private static func longPayload(
        in bytes: [UInt8], at offset: Int, end: Int, lengthByteCount: Int
    ) throws(RLPError) -> Range<Int> {
        let start = offset + 1 + lengthByteCount
        guard start <= end else { throw RLPError(.truncated, at: offset) }
        guard bytes[offset + 1] != 0 else { throw RLPError(.leadingZeroInLength, at: offset) }
        let length = bytes[offset + 1..<start].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length > UInt64(shortByteCountMax) else { throw RLPError(.longFormOfShortLength, at: offset) }
        guard length <= UInt64(end - start) else { throw RLPError(.truncated, at: offset) }
        return start..<start + Int(length)
    }
}

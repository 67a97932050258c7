/// Reads the canonical binary coding from bytes that anyone may have made.
///
/// Whatever the bytes, it neither traps nor reserves more memory than a small multiple of their number: a length is
/// checked against its field's limit and against what is left before anything is reserved.
package struct CanonicalDecoder: Sendable {
    let bytes: [UInt8]
    /// Invariant: `0 <= offset <= end <= bytes.count`.
    package internal(set) var offset: Int
    let end: Int
    private var depth = 0

    package init(_ bytes: [UInt8]) { self.init(bytes, in: 0..<bytes.count) }

    package init(_ bytes: [UInt8], in range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        self.bytes = bytes
        offset = range.lowerBound
        end = range.upperBound
    }

    package var remaining: Int { end - offset }

    package func error(_ reason: CodingError.Reason) -> CodingError { CodingError(reason, at: offset) }

    /// All that is left.
    package mutating func takeRest() -> [UInt8] {
        defer { offset = end }
        return Array(bytes[offset..<end])
    }

    /// Demands that nothing is left.
    package func finish() throws(CodingError) {
        guard offset == end else { throw error(.trailingBytes(end - offset)) }
    }

    /// The bytes from `start` to where the decoder is now: what a digest of the decoded value covers.
    package func slice(from start: Int) -> ArraySlice<UInt8> { bytes[start..<offset] }

    // One method for each width, for the encoder's reason.
    package mutating func decode(_ type: UInt8.Type = UInt8.self) throws(CodingError) -> UInt8 {
        UInt8(truncatingIfNeeded: try decode(littleEndian: 1))
    }

    package mutating func decode(_ type: UInt16.Type = UInt16.self) throws(CodingError) -> UInt16 {
        UInt16(truncatingIfNeeded: try decode(littleEndian: 2))
    }

    package mutating func decode(_ type: UInt32.Type = UInt32.self) throws(CodingError) -> UInt32 {
        UInt32(truncatingIfNeeded: try decode(littleEndian: 4))
    }

    package mutating func decode(_ type: UInt64.Type = UInt64.self) throws(CodingError) -> UInt64 {
        try decode(littleEndian: 8)
    }

    @inline(__always)
    private mutating func decode(littleEndian byteCount: Int) throws(CodingError) -> UInt64 {
        guard end - offset >= byteCount else { throw error(.truncated) }
        if byteCount == 8 {
            defer { offset += 8 }
            return loadLittleEndian(bytes.span, offset)
        }
        var value: UInt64 = 0
        for index in 0..<byteCount { value |= UInt64(bytes[offset + index]) &<< UInt64(8 &* index) }
        offset += byteCount
        return value
    }

    // For the same reason the most common fixed bytes have methods of their own.
    package mutating func decode(_ type: Digest.Type = Digest.self) throws(CodingError) -> Digest {
        let start = try skip(32)
        return Digest(copying: bytes.span, at: start)
    }

    package mutating func decode(_ type: Address.Type = Address.self) throws(CodingError) -> Address {
        let start = try skip(20)
        return Address(copying: bytes.span, at: start)
    }

    package mutating func decode(_ type: UInt256.Type = UInt256.self) throws(CodingError) -> UInt256 {
        let start = try skip(32)
        return UInt256(copying: bytes.span, at: start)
    }

    package mutating func decode(_ type: InlineBytes<64>.Type = InlineBytes<64>.self) throws(CodingError)
        -> InlineBytes<64>
    {
        let start = try skip(64)
        return InlineBytes(copying: bytes.span, at: start)
    }

    /// Steps over bytes of a fixed number, and gives their offset.
    @inline(__always)
    private mutating func skip(_ byteCount: Int) throws(CodingError) -> Int {
        guard end - offset >= byteCount else { throw error(.truncated) }
        defer { offset += byteCount }
        return offset
    }

    package mutating func decodeBool() throws(CodingError) -> Bool {
        let start = offset
        let byte: UInt8 = try decode()
        guard byte < 2 else { throw CodingError(.notABoolean(byte), at: start) }
        return byte == 1
    }

    /// A ULEB128 number of at most 32 bits in its shortest form.
    private mutating func decodeULEB128() throws(CodingError) -> UInt32 {
        let start = offset
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 28, by: 7) {
            let byte: UInt8 = try decode()
            value |= UInt64(byte & 0x7F) << shift
            guard byte & 0x80 == 0 else { continue }
            guard shift == 0 || byte != 0, value <= UInt64(UInt32.max) else { break }
            return UInt32(value)
        }
        throw CodingError(.nonCanonicalLength, at: start)
    }

    /// A count of at most `maximum`, each element of which takes at least `elementByteCountMin` of what is left.
    package mutating func decodeLength(
        maximum: Int, elementByteCountMin: Int = 1
    ) throws(CodingError) -> Int {
        let start = offset
        let maximum = min(maximum, CodingLimits.lengthMax)
        let length = Int(try decodeULEB128())
        guard length <= maximum else {
            throw CodingError(.lengthAboveLimit(length: length, maximum: maximum), at: start)
        }
        guard length * elementByteCountMin <= remaining else { throw CodingError(.truncated, at: start) }
        return length
    }

    package mutating func decodeVariant() throws(CodingError) -> UInt32 { try decodeULEB128() }

    package mutating func decodeBytes(maximum: Int) throws(CodingError) -> [UInt8] {
        let count = try decodeLength(maximum: maximum)
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    /// A byte sequence as a key, without an allocation for up to 64 bytes.
    package mutating func decodeKey(maximum: Int) throws(CodingError) -> StoreKey {
        var key = StoreKey.empty
        try decodeBytes(appendingTo: &key, maximum: min(maximum, StoreKeyLimits.byteCountMax))
        return key
    }

    /// Appends a byte sequence of at most `maximum` bytes to a key, which must have room for so many.
    package mutating func decodeBytes(appendingTo key: inout StoreKey, maximum: Int) throws(CodingError) {
        let end = try decodeLength(maximum: maximum) + offset
        while end - offset >= 8 {
            key.append(loadBigEndian(bytes.span, offset))
            offset += 8
        }
        while offset < end {
            key.append(bytes[offset])
            offset += 1
        }
    }

    /// Steps over a byte sequence, and gives where its bytes are.
    package mutating func skipBytes(maximum: Int) throws(CodingError) -> Range<Int> {
        let count = try decodeLength(maximum: maximum)
        defer { offset += count }
        return offset..<offset + count
    }

    package mutating func decodeFixed<Value: FixedBytes>(_ type: Value.Type) throws(CodingError) -> Value {
        let start = try skip(Value.byteCount)
        return Value(copying: bytes.span, at: start)
    }

    /// A text of at most `maximum` UTF-8 bytes.
    package mutating func decodeString(maximum: Int) throws(CodingError) -> String {
        let start = offset
        let utf8 = try decodeBytes(maximum: maximum)
        guard let text = String(validating: utf8, as: UTF8.self) else { throw CodingError(.notUTF8, at: start) }
        return text
    }

    /// A name of at most `maximum` visible ASCII characters.
    ///
    /// Names are compared as texts, and Swift holds different bytes for the same text where Unicode does (the Kelvin
    /// sign and the letter K): in ASCII equal texts are equal bytes.
    package mutating func decodeName(maximum: Int) throws(CodingError) -> String {
        let start = offset
        let ascii = try decodeBytes(maximum: maximum)
        guard ascii.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw CodingError(.invalid("a name that is not of visible ASCII characters"), at: start)
        }
        return String(decoding: ascii, as: UTF8.self)
    }

    package mutating func decode<Value: CanonicalDecodable>(
        _ type: Value.Type = Value.self
    ) throws(CodingError) -> Value {
        guard depth < CodingLimits.depthMax else { throw error(.tooDeep) }
        depth += 1
        defer { depth -= 1 }
        return try Value(from: &self)
    }

    package mutating func decodeOption<Value: CanonicalDecodable>(
        _ type: Value.Type = Value.self
    ) throws(CodingError) -> Value? {
        try decodeBool() ? try decode(type) : nil
    }

    /// A sequence of at most `maximum` elements, none of which is coded in fewer than `elementByteCountMin` bytes.
    package mutating func decodeSequence<Value: CanonicalDecodable>(
        of type: Value.Type = Value.self, maximum: Int, elementByteCountMin: Int = 1
    ) throws(CodingError) -> [Value] {
        let count = try decodeLength(maximum: maximum, elementByteCountMin: elementByteCountMin)
        var values: [Value] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try decode(type)) }
        return values
    }
}

/// Reads recursive length prefixes (Ethereum yellow paper, appendix B), item by item, from bytes that anyone may have
/// made.
///
/// It accepts the one canonical coding only: a single byte below 0x80 is itself, lengths are in their shortest form,
/// integers have no leading zeros. So whatever decodes encodes to the same bytes. Nothing is copied before it is asked
/// for; whatever the bytes, it neither traps nor reserves more than it was given.
///
///     var decoder = RLPDecoder(bytes)
///     let (nonce, to) = try decoder.decodeList { (list) throws(RLPError) in
///         (try list.decodeUInt64(), try list.decodeFixed(Address.self))
///     }
///     try decoder.finish()
package struct RLPDecoder: Sendable {
    private let bytes: [UInt8]
    /// Where the next item starts. Invariant: `0 <= offset <= end <= bytes.count`.
    package private(set) var offset: Int
    private let end: Int
    /// How many lists are around the next item.
    private let depth: Int

    package init(_ bytes: [UInt8]) { self.init(bytes, in: 0..<bytes.count) }

    package init(_ bytes: [UInt8], in range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        self.init(bytes, in: range, depth: 0)
    }

    private init(_ bytes: [UInt8], in range: Range<Int>, depth: Int) {
        (self.bytes, self.depth) = (bytes, depth)
        (offset, end) = (range.lowerBound, range.upperBound)
    }

    /// Whether no item is left.
    package var isAtEnd: Bool { offset == end }

    /// Demands that nothing is left.
    package func finish() throws(RLPError) {
        guard isAtEnd else { throw RLPError(.trailingBytes(end - offset), at: offset) }
    }

    /// The header of the next item, which stays the next one.
    package func peek() throws(RLPError) -> RLPHeader { try RLPHeader(in: bytes, at: offset, end: end) }

    // MARK: Byte strings

    /// Where the next item's bytes lie in the input.
    package mutating func decodeRange() throws(RLPError) -> Range<Int> {
        let header = try peek()
        guard !header.isList else { throw RLPError(.notBytes, at: offset) }
        offset = header.payload.upperBound
        return header.payload
    }

    /// A byte string of at most `maximum` bytes.
    package mutating func decodeBytes(maximum: Int) throws(RLPError) -> [UInt8] {
        let start = offset
        let range = try decodeRange()
        guard range.count <= maximum else { throw RLPError(.aboveLimit(range.count, maximum: maximum), at: start) }
        return Array(bytes[range])
    }

    package mutating func decodeFixed<Value: FixedBytes>(_ type: Value.Type = Value.self) throws(RLPError) -> Value {
        let start = offset
        let range = try decodeRange()
        guard range.count == Value.byteCount else {
            throw RLPError(.wrongLength(byteCount: range.count, expected: Value.byteCount), at: start)
        }
        return Value(copying: bytes.span, at: range.lowerBound)
    }

    /// A value of fixed length, or nil for the empty byte string: the receiver of a transaction that creates.
    package mutating func decodeOption<Value: FixedBytes>(_ type: Value.Type = Value.self) throws(RLPError) -> Value? {
        guard try peek().payload.isEmpty else { return try decodeFixed(type) }
        _ = try decodeRange()
        return nil
    }

    // MARK: Integers

    package mutating func decodeUInt64() throws(RLPError) -> UInt64 { try decodeInteger(byteCountMax: 8).limb0 }

    package mutating func decodeUInt256() throws(RLPError) -> UInt256 { try decodeInteger(byteCountMax: 32) }

    private mutating func decodeInteger(byteCountMax: Int) throws(RLPError) -> UInt256 {
        let start = offset
        let range = try decodeRange()
        guard range.count <= byteCountMax else {
            throw RLPError(.integerTooLarge(byteCount: range.count, maximum: byteCountMax), at: start)
        }
        if let first = range.first, bytes[first] == 0 { throw RLPError(.leadingZeroInInteger, at: start) }
        return UInt256(bigEndian: bytes[range])
    }

    // MARK: Lists

    /// Steps over a list, and gives a decoder of its items.
    package mutating func enterList() throws(RLPError) -> RLPDecoder {
        let header = try peek()
        guard header.isList else { throw RLPError(.notList, at: offset) }
        guard depth < RLPLimits.depthMax else { throw RLPError(.tooDeep, at: offset) }
        offset = header.payload.upperBound
        return RLPDecoder(bytes, in: header.payload, depth: depth + 1)
    }

    /// Reads a list's items with `body`, all of them.
    package mutating func decodeList<Value>(
        _ body: (inout RLPDecoder) throws(RLPError) -> Value
    ) throws(RLPError) -> Value {
        var list = try enterList()
        let value = try body(&list)
        try list.finish()
        return value
    }

    /// A list of at most `maximum` values, each read with `body`.
    package mutating func decodeSequence<Value>(
        maximum: Int, _ body: (inout RLPDecoder) throws(RLPError) -> Value
    ) throws(RLPError) -> [Value] {
        let start = offset
        var list = try enterList()
        var values: [Value] = []
        while !list.isAtEnd {
            guard values.count < maximum else {
                throw RLPError(.aboveLimit(values.count + 1, maximum: maximum), at: start)
            }
            values.append(try body(&list))
        }
        return values
    }

    // MARK: Any item

    /// Steps over an item, checks all that is in it, and gives where it lies, header included.
    package mutating func skip() throws(RLPError) -> Range<Int> {
        let start = offset
        // The lists that are open, outermost first: no recursion, so that depth costs no stack.
        var open: [RLPDecoder] = []
        if try peek().isList { open.append(try enterList()) } else { _ = try decodeRange() }
        while let last = open.indices.last {
            if open[last].isAtEnd {
                open.removeLast()
            } else if try open[last].peek().isList {
                open.append(try open[last].enterList())
            } else {
                _ = try open[last].decodeRange()
            }
        }
        return start..<offset
    }
}

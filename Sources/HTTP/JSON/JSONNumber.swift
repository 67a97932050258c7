/// Reads a number by the grammar of RFC 8259, section 6, exactly.
enum JSONNumber {
    /// - Returns: the value, and where the number ends.
    static func parse(_ text: Span<UInt8>, at start: Int) throws(JSONError) -> (JSON, end: Int) {
        var offset = start
        let isNegative = text[offset] == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        let magnitude = try integerDigits(text, &offset)
        let hasNoFraction = try skipFraction(text, &offset)
        let hasNoExponent = try skipExponent(text, &offset)
        guard offset - start <= JSONLimits.numberBytesMax else { throw JSONError(.numberTooLong, at: start) }
        if hasNoFraction, hasNoExponent, let magnitude {
            if !isNegative { return (.unsigned(magnitude), offset) }
            if magnitude != 0, magnitude <= Int64.min.magnitude {
                return (.integer(Int64(truncatingIfNeeded: 0 &- magnitude)), offset)
            }
        }
        return (.number(asciiString(text, start..<offset)), offset)
    }

    /// - Returns: the number's integer part, or nil if it does not fit 64 bits.
    private static func integerDigits(_ text: Span<UInt8>, _ offset: inout Int) throws(JSONError) -> UInt64? {
        let start = offset
        var value: UInt64? = 0
        while let digit = digit(text, offset) {
            if let known = value {
                let (product, overflow1) = known.multipliedReportingOverflow(by: 10)
                let (sum, overflow2) = product.addingReportingOverflow(digit)
                value = overflow1 || overflow2 ? nil : sum
            }
            offset += 1
        }
        guard offset > start, offset == start + 1 || text[start] != UInt8(ascii: "0") else {
            throw JSONError(.invalidNumber, at: start)
        }
        return value
    }

    /// - Returns: whether there is no fraction.
    private static func skipFraction(_ text: Span<UInt8>, _ offset: inout Int) throws(JSONError) -> Bool {
        guard offset < text.count, text[offset] == UInt8(ascii: ".") else { return true }
        offset += 1
        try skipDigits(text, &offset)
        return false
    }

    /// - Returns: whether there is no exponent.
    private static func skipExponent(_ text: Span<UInt8>, _ offset: inout Int) throws(JSONError) -> Bool {
        guard offset < text.count, text[offset] | 0x20 == UInt8(ascii: "e") else { return true }
        offset += 1
        if offset < text.count, text[offset] == UInt8(ascii: "+") || text[offset] == UInt8(ascii: "-") { offset += 1 }
        try skipDigits(text, &offset)
        return false
    }

    private static func skipDigits(_ text: Span<UInt8>, _ offset: inout Int) throws(JSONError) {
        let start = offset
        while digit(text, offset) != nil { offset += 1 }
        guard offset > start else { throw JSONError(.invalidNumber, at: offset) }
    }

    @inline(__always)
    private static func digit(_ text: Span<UInt8>, _ offset: Int) -> UInt64? {
        guard offset < text.count, text[offset] &- UInt8(ascii: "0") < 10 else { return nil }
        return UInt64(text[offset] &- UInt8(ascii: "0"))
    }
}

/// The text of bytes that are known to be ASCII.
func asciiString(_ text: Span<UInt8>, _ range: Range<Int>) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count)
    for offset in range { bytes.append(text[offset]) }
    return String(decoding: bytes, as: UTF8.self)
}

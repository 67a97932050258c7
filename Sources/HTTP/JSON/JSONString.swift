internal import Primitives

/// Reads a string by the grammar of RFC 8259, section 7.
enum JSONString {
    /// - Returns: the string whose opening quote is at `start`, and where it ends, behind the closing quote.
    static func parse(_ text: Span<UInt8>, at start: Int) throws(JSONError) -> (String, end: Int) {
        let stop = JSONScan.firstSpecial(text, from: start + 1)
        guard stop < text.count else { throw JSONError(.unclosedString, at: start) }
        if text[stop] == UInt8(ascii: "\"") { return (string(text, start + 1..<stop), stop + 1) }
        return try unescape(text, at: start, plainUntil: stop)
    }

    private static func string(_ text: Span<UInt8>, _ range: Range<Int>) -> String {
        // simdjson has found the whole text to be UTF-8, and so is a piece of it between two ASCII bytes.
        String(copying: unsafe UTF8Span(unchecked: text.extracting(range)))
    }

    private static func unescape(
        _ text: Span<UInt8>, at start: Int, plainUntil firstStop: Int
    ) throws(JSONError) -> (String, end: Int) {
        var bytes: [UInt8] = []
        var from = start + 1
        var stop = firstStop
        while stop < text.count {
            for offset in from..<stop { bytes.append(text[offset]) }
            switch text[stop] {
            case UInt8(ascii: "\""):
                guard let string = String(validating: bytes, as: UTF8.self) else {
                    throw JSONError(.notUTF8, at: start)
                }
                return (string, stop + 1)
            case UInt8(ascii: "\\"): from = try appendEscape(text, at: stop, to: &bytes)
            default: throw JSONError(.unescapedControl, at: stop)
            }
            stop = JSONScan.firstSpecial(text, from: from)
        }
        throw JSONError(.unclosedString, at: start)
    }

    /// - Returns: where the escape sequence ends.
    private static func appendEscape(
        _ text: Span<UInt8>, at backslash: Int, to bytes: inout [UInt8]
    ) throws(JSONError) -> Int {
        guard backslash + 1 < text.count else { throw JSONError(.truncated, at: text.count) }
        switch text[backslash + 1] {
        case UInt8(ascii: "u"): return try appendUnicodeEscape(text, at: backslash, to: &bytes)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case let same where same == UInt8(ascii: "\"") || same == UInt8(ascii: "\\") || same == UInt8(ascii: "/"):
            bytes.append(same)
        default: throw JSONError(.invalidEscape, at: backslash)
        }
        return backslash + 2
    }

    /// A `\uXXXX`, or two that make a surrogate pair.
    private static func appendUnicodeEscape(
        _ text: Span<UInt8>, at backslash: Int, to bytes: inout [UInt8]
    ) throws(JSONError) -> Int {
        let first = try codeUnit(text, at: backslash)
        if let scalar = Unicode.Scalar(UInt32(first)) {
            bytes.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
            return backslash + 6
        }
        let other = backslash + 6
        guard UTF16.isLeadSurrogate(first), other + 1 < text.count, text[other] == UInt8(ascii: "\\"),
            text[other + 1] == UInt8(ascii: "u")
        else { throw JSONError(.loneSurrogate, at: backslash) }
        let second = try codeUnit(text, at: other)
        guard UTF16.isTrailSurrogate(second) else { throw JSONError(.loneSurrogate, at: backslash) }
        let value = 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF))
        guard let scalar = Unicode.Scalar(value) else { throw JSONError(.loneSurrogate, at: backslash) }
        bytes.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
        return other + 6
    }

    private static func codeUnit(_ text: Span<UInt8>, at backslash: Int) throws(JSONError) -> UInt16 {
        guard backslash + 6 <= text.count else { throw JSONError(.truncated, at: text.count) }
        var value: UInt16 = 0
        for offset in backslash + 2..<backslash + 6 {
            guard let digit = hexadecimalValue(of: text[offset]) else { throw JSONError(.invalidEscape, at: backslash) }
            value = value << 4 | UInt16(digit)
        }
        return value
    }
}

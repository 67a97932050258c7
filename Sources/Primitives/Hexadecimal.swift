extension [UInt8] {
    /// The bytes of a hexadecimal text, with or without `0x`, in either case; nil if malformed.
    package init?(hexadecimal text: String) {
        let digits = Array(text.utf8)
        let start = digits.starts(with: [UInt8(ascii: "0"), UInt8(ascii: "x")]) ? 2 : 0
        guard (digits.count - start).isMultiple(of: 2) else { return nil }
        self = []
        reserveCapacity((digits.count - start) / 2)
        var index = start
        while index < digits.count {
            guard let high = hexadecimalValue(of: digits[index]), let low = hexadecimalValue(of: digits[index + 1])
            else { return nil }
            append(high << 4 | low)
            index += 2
        }
    }

    /// `0x` and lower-case hexadecimal.
    package var hexadecimal: String {
        var text: [UInt8] = [UInt8(ascii: "0"), UInt8(ascii: "x")]
        text.reserveCapacity(2 + 2 * count)
        for byte in self {
            text.append(hexadecimalDigit(byte >> 4))
            text.append(hexadecimalDigit(byte & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }
}

private func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
}

/// The value of an ASCII hexadecimal digit in either case, or nil.
package func hexadecimalValue(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// Looks for the bytes that a JSON string can't hold as they are: quotes, backslashes, control characters.
enum JSONScan {
    /// The offset of the first such byte from `start` on, or `text.count`.
    @inline(__always)
    static func firstSpecial(_ text: Span<UInt8>, from start: Int) -> Int {
        var offset = start
        // Four words at a time while none has a special byte: the compiler makes wide instructions of it.
        while offset + 32 <= text.count {
            let first = marks(text, offset) | marks(text, offset + 8)
            guard first | marks(text, offset + 16) | marks(text, offset + 24) == 0 else { break }
            offset += 32
        }
        while offset + 8 <= text.count {
            let found = marks(text, offset)
            if found != 0 { return offset + found.trailingZeroBitCount / 8 }
            offset += 8
        }
        while offset < text.count, !isSpecial(text[offset]) { offset += 1 }
        return offset
    }

    @inline(__always)
    static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// The high bit of each special byte of the eight at `offset`; bytes above the first special one may be marked wrongly, it never is.
    ///
    /// `(x - n) & ~x` has a byte's high bit set where the byte is below n; equality is "the difference is below 1".
    @inline(__always)
    private static func marks(_ text: Span<UInt8>, _ offset: Int) -> UInt64 {
        // The caller keeps `offset + 8` within bounds; any bits are a valid UInt64.
        let loaded = unsafe text.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
        let word = UInt64(littleEndian: loaded)
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let controls = (word &- ones &* 0x20) & ~word
        return (controls | ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)) & (ones &* 0x80)
    }
}

/// Writes DER (ITU-T X.690).
enum DERWriter {
    static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        guard content.count >= 0x80 else { return [tag, UInt8(content.count)] + content }
        var (length, rest): ([UInt8], Int) = ([], content.count)
        while rest > 0 {
            length.insert(UInt8(truncatingIfNeeded: rest), at: 0)
            rest >>= 8
        }
        return [tag, 0x80 | UInt8(length.count)] + length + content
    }

    static func sequence(_ elements: [UInt8]...) -> [UInt8] { sequence(elements) }

    static func sequence(_ elements: [[UInt8]]) -> [UInt8] { element(DERTag.sequence, elements.flatMap { $0 }) }

    static func identifier(_ identifier: OID) -> [UInt8] { element(DERTag.objectIdentifier, identifier.bytes) }

    /// A number without sign, big-endian, of any bytes.
    static func integer(_ magnitude: [UInt8]) -> [UInt8] {
        let digits = Array(magnitude.drop { $0 == 0 })
        // A first bit that is set would make the integer negative.
        return element(DERTag.integer, (digits.first ?? 0x80) >= 0x80 ? [0] + digits : digits)
    }

    static func octetString(_ bytes: [UInt8]) -> [UInt8] { element(DERTag.octetString, bytes) }

    static func bitString(_ bytes: [UInt8]) -> [UInt8] { element(DERTag.bitString, [0] + bytes) }

    /// A list of named bits, the first the most significant: without the zeros behind its last one.
    static func namedBits(_ bits: UInt16) -> [UInt8] {
        let bytes = bits & 0xFF == 0 ? [UInt8(bits >> 8)] : [UInt8(bits >> 8), UInt8(bits & 0xFF)]
        return element(DERTag.bitString, [UInt8(min(bytes[bytes.count - 1].trailingZeroBitCount, 7))] + bytes)
    }
}

/// The tags of ASN.1 that X.509 has (ITU-T X.690, 8.1.2).
enum DERTag {
    static let boolean: UInt8 = 0x01
    static let integer: UInt8 = 0x02
    static let bitString: UInt8 = 0x03
    static let octetString: UInt8 = 0x04
    static let null: UInt8 = 0x05
    static let objectIdentifier: UInt8 = 0x06
    static let enumerated: UInt8 = 0x0A
    static let utf8String: UInt8 = 0x0C
    static let printableString: UInt8 = 0x13
    static let ia5String: UInt8 = 0x16
    static let utcTime: UInt8 = 0x17
    static let generalizedTime: UInt8 = 0x18
    static let sequence: UInt8 = 0x30
    static let set: UInt8 = 0x31

    /// A tag that the structure itself gives a number.
    static func context(_ number: UInt8, isConstructed: Bool = true) -> UInt8 { (isConstructed ? 0xA0 : 0x80) | number }
}

/// Reads DER (ITU-T X.690) from bytes that anyone may have made: every element in its only form.
///
/// Nothing nests by itself: the depth is that of the code that reads. An inner reader shares the bytes.
struct DERReader {
    private let bytes: [UInt8]
    /// Invariant: `offset <= end <= bytes.count`.
    private(set) var offset: Int
    private let end: Int

    init(_ bytes: [UInt8]) { self.init(bytes, in: 0..<bytes.count) }

    private init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        (offset, end) = (range.lowerBound, range.upperBound)
    }

    var isAtEnd: Bool { offset == end }

    /// The tag of the next element; nil at the end.
    var nextTag: UInt8? { isAtEnd ? nil : bytes[offset] }

    func error(_ what: String) -> CertificateError {
        CertificateError(.malformed, "not the DER of X.509: \(what), at byte \(offset)")
    }

    func finish() throws(CertificateError) {
        guard isAtEnd else { throw error("\(end - offset) bytes too many") }
    }

    /// Steps over an element, and gives the place of its content.
    private mutating func take(_ tag: UInt8, _ what: String) throws(CertificateError) -> Range<Int> {
        guard nextTag == tag else { throw error("\(what) is missing") }
        var start = offset + 1
        guard start < end else { throw error("\(what) is cut off") }
        var count = Int(bytes[start])
        start += 1
        if count >= 0x80 {
            let lengthByteCount = count & 0x7F
            // Four bytes hold any length of ours; none at all means that the end is marked, which DER forbids.
            guard (1...4).contains(lengthByteCount), end - start >= lengthByteCount else {
                throw error("the length of \(what) is not allowed")
            }
            count = bytes[start..<start + lengthByteCount].reduce(0) { $0 << 8 | Int($1) }
            guard count >= 0x80, bytes[start] != 0 else {
                throw error("the length of \(what) is not in its short form")
            }
            start += lengthByteCount
        }
        guard count <= end - start else { throw error("\(what) is cut off") }
        offset = start + count
        return start..<offset
    }

    /// What an element contains, to be read on.
    mutating func nested(_ tag: UInt8, _ what: String) throws(CertificateError) -> DERReader {
        DERReader(bytes, in: try take(tag, what))
    }

    /// The same, if the next element has this tag.
    mutating func nestedIfPresent(_ tag: UInt8, _ what: String) throws(CertificateError) -> DERReader? {
        nextTag == tag ? try nested(tag, what) : nil
    }

    mutating func content(_ tag: UInt8, _ what: String) throws(CertificateError) -> [UInt8] {
        Array(bytes[try take(tag, what)])
    }

    /// An element with tag and length: what signatures cover, and names are compared by.
    mutating func element(_ tag: UInt8, _ what: String) throws(CertificateError) -> [UInt8] {
        let start = offset
        _ = try take(tag, what)
        return Array(bytes[start..<offset])
    }

    /// Steps over an element of any tag.
    mutating func skip(_ what: String) throws(CertificateError) {
        guard let tag = nextTag else { throw error("\(what) is missing") }
        _ = try take(tag, what)
    }
}

// MARK: - Simple types

extension DERReader {
    mutating func boolean(_ what: String) throws(CertificateError) -> Bool {
        switch try content(DERTag.boolean, what) {
        case [0xFF]: true
        case [0]: false
        default: throw error("\(what) is neither true nor false")
        }
    }

    /// The bytes of an integer that is not negative, without leading zeros; none for zero.
    mutating func magnitude(
        _ what: String, byteCountMax: Int, tag: UInt8 = DERTag.integer
    ) throws(CertificateError) -> [UInt8] {
        let bytes = try content(tag, what)
        let hasZero = bytes.first == 0
        guard let first = bytes.first, first < 0x80, !hasZero || bytes.count == 1 || bytes[1] >= 0x80 else {
            throw error("\(what) is negative, or not in its short form")
        }
        let magnitude = hasZero ? Array(bytes.dropFirst()) : bytes
        guard magnitude.count <= byteCountMax else { throw error("\(what) has more than \(byteCountMax) bytes") }
        return magnitude
    }

    /// A number from 0 to 65,535.
    mutating func number(_ what: String, tag: UInt8 = DERTag.integer) throws(CertificateError) -> Int {
        try magnitude(what, byteCountMax: 2, tag: tag).reduce(0) { $0 << 8 | Int($1) }
    }

    mutating func identifier(_ what: String) throws(CertificateError) -> OID {
        guard let identifier = OID(content: try content(DERTag.objectIdentifier, what)) else {
            throw error("\(what) is no object identifier")
        }
        return identifier
    }

    /// The bytes of a bit string of whole bytes.
    mutating func wholeBytes(_ what: String) throws(CertificateError) -> [UInt8] {
        let bytes = try content(DERTag.bitString, what)
        guard bytes.first == 0 else { throw error("\(what) has bits left over") }
        return Array(bytes.dropFirst())
    }

    /// The first 16 bits of a list of named bits, the first the most significant.
    mutating func namedBits(_ what: String) throws(CertificateError) -> UInt16 {
        let bytes = try content(DERTag.bitString, what)
        guard (2...3).contains(bytes.count), bytes[0] < 8, bytes[bytes.count - 1] & (1 << bytes[0] - 1) == 0 else {
            throw error("\(what) is no list of bits")
        }
        return UInt16(bytes[1]) << 8 | (bytes.count > 2 ? UInt16(bytes[2]) : 0)
    }
}

package import Primitives

/// The name of an organisation on its chain, or of a node within its organisation: 1 to 32 characters of a-z, 0-9 and
/// "-", the first a letter, the last no hyphen.
package struct MemberName: Hashable, Comparable, Sendable, CanonicalCodable, CustomStringConvertible {
    static let rule =
        "a member's name is 1 to \(MemberLimits.nameByteCountMax) of a-z, 0-9 and \"-\", a letter first, "
        + "and no hyphen last"

    /// Invariant: in ASCII, so that equal texts are equal bytes.
    package let description: String

    package init?(_ text: String) {
        let ascii = Array(text.utf8)
        guard let first = ascii.first, let last = ascii.last, ascii.count <= MemberLimits.nameByteCountMax,
            Self.isLetter(first), last != UInt8(ascii: "-"), ascii.allSatisfy(Self.isAllowed)
        else { return nil }
        description = text
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
    }

    package var bytes: [UInt8] { Array(description.utf8) }

    /// By their bytes.
    package static func < (left: MemberName, right: MemberName) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    package func encode(to encoder: inout CanonicalEncoder) { encoder.encode(description) }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        guard let name = MemberName(try decoder.decodeName(maximum: MemberLimits.nameByteCountMax)) else {
            throw CodingError(.invalid(Self.rule), at: start)
        }
        self = name
    }
}

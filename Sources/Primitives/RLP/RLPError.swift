/// Why bytes are not canonical RLP, or not the value that was asked for, and where.
package struct RLPError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// The input, or the list around the item, ends before the item does.
        case truncated
        /// Bytes follow the value, or items that nobody asked for stand at a list's end.
        case trailingBytes(Int)
        /// A single byte below 0x80 stands behind a header, though it is its own coding.
        case headerOfSingleByte
        /// A length is in the long form, though the short one holds it.
        case longFormOfShortLength
        /// A length begins with a zero byte.
        case leadingZeroInLength
        /// An integer begins with a zero byte.
        case leadingZeroInInteger
        /// An integer has more bytes than its type.
        case integerTooLarge(byteCount: Int, maximum: Int)
        /// A byte string of another length than a fixed type has.
        case wrongLength(byteCount: Int, expected: Int)
        /// A byte string is longer, or a list has more items, than it may here.
        case aboveLimit(Int, maximum: Int)
        /// A list stands where a byte string is due.
        case notBytes
        /// A byte string stands where a list is due.
        case notList
        /// Lists are nested more deeply than allowed.
        case tooDeep
    }

    package let reason: Reason
    /// Where in the input, in bytes from its start.
    package let offset: Int

    package init(_ reason: Reason, at offset: Int) { (self.reason, self.offset) = (reason, offset) }

    package var description: String {
        let text =
            switch reason {
            case .truncated: "the input ends in the middle of an item"
            case .trailingBytes(let count): "\(count) bytes follow the last item"
            case .headerOfSingleByte: "a single byte below 0x80 has a header"
            case .longFormOfShortLength: "a length is not in its shortest form"
            case .leadingZeroInLength: "a length begins with a zero byte"
            case .leadingZeroInInteger: "an integer begins with a zero byte"
            case .integerTooLarge(let count, let maximum):
                "an integer of \(count) bytes, of which it may have \(maximum)"
            case .wrongLength(let count, let expected): "\(count) bytes where \(expected) are due"
            case .aboveLimit(let count, let maximum): "a length of \(count) is above the limit of \(maximum)"
            case .notBytes: "a list where a byte string is due"
            case .notList: "a byte string where a list is due"
            case .tooDeep: "lists are nested too deeply"
            }
        return "\(text) (at byte \(offset))"
    }
}

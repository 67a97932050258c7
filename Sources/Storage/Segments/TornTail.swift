/// What a crash left incomplete at the end of the newest segment, and opening cut off.
package struct TornTail: Hashable, Sendable, CustomStringConvertible {
    package let path: String
    /// Where the incomplete record started; the file now ends there.
    package let offset: Int
    /// How many bytes were cut off.
    package let byteCount: Int
    /// The sequence or height that the record would have had.
    package let number: UInt64
    package let what: String

    /// Whether no whole record stands before it in its segment.
    var leavesNothing: Bool { offset <= SegmentHeader.byteCount }

    package var description: String {
        "cut \(byteCount) bytes at byte \(offset) of \(path), number \(number): \(what)"
    }
}

/// Why bytes are not the canonical coding of a value, and where.
package struct CodingError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// The input ends before the value does.
        case truncated
        /// Bytes follow the value.
        case trailingBytes(Int)
        /// A boolean or an option's tag is neither 0 nor 1.
        case notABoolean(UInt8)
        /// A length or a variant's number is not in its shortest form, or does not fit 32 bits.
        case nonCanonicalLength
        /// A length is above what this field may have.
        case lengthAboveLimit(length: Int, maximum: Int)
        /// Values are nested more deeply than allowed.
        case tooDeep
        /// No variant of this enumeration has the number.
        case unknownVariant(UInt32)
        /// The bytes are not UTF-8.
        case notUTF8
        /// The keys of a map or the elements of a set are not in ascending order, or repeat.
        case notAscending
        /// The value is well formed but not allowed; the text says why.
        case invalid(String)
    }

    package let reason: Reason
    /// Where in the input, in bytes from its start.
    package let offset: Int

    package init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    package var description: String {
        let text =
            switch reason {
            case .truncated: "the input ends in the middle of a value"
            case .trailingBytes(let count): "\(count) bytes follow the value"
            case .notABoolean(let byte): "\(byte) is neither 0 nor 1"
            case .nonCanonicalLength: "a length is not in its shortest form"
            case .lengthAboveLimit(let length, let maximum): "a length of \(length) is above the limit of \(maximum)"
            case .tooDeep: "values are nested too deeply"
            case .unknownVariant(let number): "there is no variant \(number)"
            case .notUTF8: "the text is not UTF-8"
            case .notAscending: "keys are not in ascending order"
            case .invalid(let why): why
            }
        return "\(text) (at byte \(offset))"
    }
}

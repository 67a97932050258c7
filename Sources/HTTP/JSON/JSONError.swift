/// Why a text is not JSON that we take, and where.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case empty
        case textTooLong(bytes: Int, maximum: Int)
        case notUTF8
        case unclosedString
        /// A control character inside a string is not escaped.
        case unescapedControl
        case invalidEscape
        /// Half of a surrogate pair without the other half.
        case loneSurrogate
        case invalidNumber
        case numberTooLong
        case unexpected(expected: String)
        case truncated
        case duplicateKey(String)
        case tooDeep
        case tooManyValues
        case outOfMemory
    }

    package let reason: Reason
    /// Where in the text, in bytes from its start.
    package let offset: Int

    init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    package var description: String {
        let text =
            switch reason {
            case .empty: "the text holds no value"
            case .textTooLong(let bytes, let maximum): "the text of \(bytes) bytes is longer than \(maximum) bytes"
            case .notUTF8: "the text is not UTF-8"
            case .unclosedString: "a string is not closed"
            case .unescapedControl: "a control character in a string is not escaped"
            case .invalidEscape: "an escape sequence is malformed"
            case .loneSurrogate: "an escaped surrogate stands without its other half"
            case .invalidNumber: "a number is malformed"
            case .numberTooLong: "a number has more than \(JSONLimits.numberBytesMax) bytes"
            case .unexpected(let expected): "\(expected) was expected"
            case .truncated: "the text ends in the middle of a value"
            case .duplicateKey(let key): "the key \"\(key.prefix(40))\" occurs twice in one object"
            case .tooDeep: "values are nested more than \(JSONLimits.depthMax) deep"
            case .tooManyValues: "there are more than \(JSONLimits.valueCountMax) values"
            case .outOfMemory: "there is no memory for the text"
            }
        return "\(text) (at byte \(offset))"
    }
}

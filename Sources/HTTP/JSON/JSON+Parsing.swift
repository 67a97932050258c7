internal import CSimdjson

extension JSON {
    /// Parses a text that holds exactly one value.
    ///
    /// Whatever the bytes, it neither traps nor takes more memory than a multiple (about 60) of their number.
    /// - Parameter textBytesMax: how long the text may be, at most `JSONLimits.textBytesMax`.
    package init(
        parsing text: [UInt8], textBytesMax: Int = JSONLimits.textBytesMax
    ) throws(JSONError) {
        try self.init(parsing: text.span, textBytesMax: textBytesMax)
    }

    package init(
        parsing text: Span<UInt8>, textBytesMax: Int = JSONLimits.textBytesMax
    ) throws(JSONError) {
        let maximum = min(textBytesMax, JSONLimits.textBytesMax)
        guard text.count <= maximum else {
            throw JSONError(.textTooLong(bytes: text.count, maximum: maximum), at: maximum)
        }
        guard text.count > 0 else { throw JSONError(.empty, at: 0) }
        self = try JSON.parseIndexed(text)
    }

    /// Finds the structure with simdjson, then builds the value.
    private static func parseIndexed(_ text: Span<UInt8>) throws(JSONError) -> JSON {
        var indexes: UnsafePointer<UInt32>?
        var indexCount = 0
        let outcome = text.withUnsafeBufferPointer { bytes in
            cairn_json_index(bytes.baseAddress, bytes.count, &indexes, &indexCount)
        }
        guard outcome == CAIRN_JSON_SUCCESS else { throw JSONStructureError.locate(outcome, in: text) }
        // The offsets live until this thread indexes its next text, and the parser below indexes none.
        let found = UnsafeBufferPointer(start: indexes, count: indexCount)
        var parser = JSONParser()
        return try parser.parseText(text, found.span)
    }
}

/// Where the first stage's complaint is; it names no place itself. Only texts that are refused come here.
private enum JSONStructureError {
    static func locate(_ outcome: cairn_json_outcome, in text: Span<UInt8>) -> JSONError {
        switch outcome {
        case CAIRN_JSON_EMPTY: JSONError(.empty, at: 0)
        case CAIRN_JSON_NO_MEMORY: JSONError(.outOfMemory, at: 0)
        case CAIRN_JSON_NOT_UTF8: JSONError(.notUTF8, at: offsetOfInvalidUTF8(text))
        case CAIRN_JSON_UNESCAPED_CONTROL, CAIRN_JSON_UNCLOSED_STRING: stringError(text)
        default: JSONError(.unexpected(expected: "a JSON text"), at: 0)
        }
    }

    private static func offsetOfInvalidUTF8(_ text: Span<UInt8>) -> Int {
        do {
            _ = try UTF8Span(validating: text)
            return 0
        } catch {
            return error.byteOffsets.lowerBound
        }
    }

    private static func stringError(_ text: Span<UInt8>) -> JSONError {
        var opening: Int?
        var isEscaped = false
        for offset in 0..<text.count {
            let byte = text[offset]
            if opening != nil, byte < 0x20 { return JSONError(.unescapedControl, at: offset) }
            if isEscaped {
                isEscaped = false
            } else if opening != nil, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                opening = opening == nil ? offset : nil
            }
        }
        return JSONError(.unclosedString, at: opening ?? text.count)
    }
}

/// Builds a value from a text and from the offsets at which, as simdjson found, its tokens start.
///
/// It relies on the offsets for speed only: each token is checked from its first byte to its last, and between two
/// tokens nothing but white space may stand.
struct JSONParser {
    /// The next offset to look at.
    private var next = 0
    /// Where the last token ended.
    private var end = 0
    private var depth = 0
    private var valueCount = 0

    mutating func parseText(_ text: Span<UInt8>, _ indexes: Span<UInt32>) throws(JSONError) -> JSON {
        let value = try parseValue(text, indexes)
        guard next == indexes.count else {
            throw JSONError(.unexpected(expected: "the end of the text"), at: Int(indexes[next]))
        }
        try skipSpace(text, to: text.count)
        return value
    }

    // MARK: - Tokens

    /// The offset of the next token; what lies before it is white space.
    private mutating func nextToken(_ text: Span<UInt8>, _ indexes: Span<UInt32>) throws(JSONError) -> Int {
        guard next < indexes.count else { throw JSONError(.truncated, at: text.count) }
        let offset = Int(indexes[next])
        next += 1
        guard offset < text.count else { throw JSONError(.truncated, at: text.count) }
        try skipSpace(text, to: offset)
        end = offset + 1
        return offset
    }

    private mutating func skipSpace(_ text: Span<UInt8>, to offset: Int) throws(JSONError) {
        while end < offset {
            guard isJSONSpace(text[end]) else {
                throw JSONError(.unexpected(expected: "a comma, a colon or a bracket"), at: end)
            }
            end += 1
        }
        guard end == offset else { throw JSONError(.unexpected(expected: "a comma, a colon or a bracket"), at: offset) }
    }

    // MARK: - Values

    private mutating func parseValue(_ text: Span<UInt8>, _ indexes: Span<UInt32>) throws(JSONError) -> JSON {
        let offset = try nextToken(text, indexes)
        return try parseValue(text, indexes, at: offset)
    }

    private mutating func parseValue(
        _ text: Span<UInt8>, _ indexes: Span<UInt32>, at offset: Int
    ) throws(JSONError) -> JSON {
        valueCount += 1
        guard valueCount <= JSONLimits.valueCountMax else { throw JSONError(.tooManyValues, at: offset) }
        switch text[offset] {
        case UInt8(ascii: "\""): return .string(try parseString(text, at: offset))
        case UInt8(ascii: "{"):
            return try nested(offset) { parser throws(JSONError) in
                .object(try parser.parseObject(text, indexes))
            }
        case UInt8(ascii: "["):
            return try nested(offset) { parser throws(JSONError) in
                .array(try parser.parseArray(text, indexes))
            }
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true), text, at: offset)
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false), text, at: offset)
        case UInt8(ascii: "n"): return try parseWord("null", .null, text, at: offset)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let (value, numberEnd) = try JSONNumber.parse(text, at: offset)
            end = numberEnd
            return value
        default: throw JSONError(.unexpected(expected: "a value"), at: offset)
        }
    }

    private mutating func nested(
        _ offset: Int, _ body: (inout JSONParser) throws(JSONError) -> JSON
    ) throws(JSONError) -> JSON {
        guard depth < JSONLimits.depthMax else { throw JSONError(.tooDeep, at: offset) }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    private mutating func parseArray(_ text: Span<UInt8>, _ indexes: Span<UInt32>) throws(JSONError) -> [JSON] {
        var elements: [JSON] = []
        var offset = try nextToken(text, indexes)
        if text[offset] == UInt8(ascii: "]") { return elements }
        elements.reserveCapacity(JSONLimits.elementsReserved)
        while true {
            elements.append(try parseValue(text, indexes, at: offset))
            offset = try nextToken(text, indexes)
            if text[offset] == UInt8(ascii: "]") { return elements }
            guard text[offset] == UInt8(ascii: ",") else {
                throw JSONError(.unexpected(expected: "a comma or the array's end"), at: offset)
            }
            offset = try nextToken(text, indexes)
        }
    }

    private mutating func parseObject(_ text: Span<UInt8>, _ indexes: Span<UInt32>) throws(JSONError) -> JSONObject {
        var keys = JSONKeys()
        var members: [JSONObject.Member] = []
        var offset = try nextToken(text, indexes)
        if text[offset] == UInt8(ascii: "}") { return JSONObject() }
        members.reserveCapacity(JSONLimits.elementsReserved)
        while true {
            let key = try parseKey(text, at: offset)
            guard keys.insert(key, into: members) else { throw JSONError(.duplicateKey(key), at: offset) }
            offset = try nextToken(text, indexes)
            guard text[offset] == UInt8(ascii: ":") else {
                throw JSONError(.unexpected(expected: "a colon"), at: offset)
            }
            members.append(.init(key: key, value: try parseValue(text, indexes)))
            offset = try nextToken(text, indexes)
            if text[offset] == UInt8(ascii: "}") { return JSONObject(distinct: members) }
            guard text[offset] == UInt8(ascii: ",") else {
                throw JSONError(.unexpected(expected: "a comma or the object's end"), at: offset)
            }
            offset = try nextToken(text, indexes)
        }
    }

    private mutating func parseKey(_ text: Span<UInt8>, at offset: Int) throws(JSONError) -> String {
        guard text[offset] == UInt8(ascii: "\"") else { throw JSONError(.unexpected(expected: "a key"), at: offset) }
        return try parseString(text, at: offset)
    }

    private mutating func parseString(_ text: Span<UInt8>, at offset: Int) throws(JSONError) -> String {
        let (string, stringEnd) = try JSONString.parse(text, at: offset)
        end = stringEnd
        return string
    }

    private mutating func parseWord(
        _ word: StaticString, _ value: JSON, _ text: Span<UInt8>, at offset: Int
    ) throws(JSONError) -> JSON {
        let length = word.utf8CodeUnitCount
        guard offset + length <= text.count else { throw JSONError(.truncated, at: text.count) }
        let matches = word.withUTF8Buffer { letters in
            letters.indices.allSatisfy { text[offset + $0] == letters[$0] }
        }
        guard matches else { throw JSONError(.unexpected(expected: "a value"), at: offset) }
        end = offset + length
        return value
    }
}

@inline(__always)
func isJSONSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\t")
}

/// The keys of an object so far: a few are compared one by one, more are hashed, so that hostile ones stay cheap.
///
/// Two spellings of one accented letter are one key, as they are to whoever looks the key up later.
private struct JSONKeys {
    private var hashed: Set<String> = []

    /// - Returns: false if the key is there already.
    mutating func insert(_ key: String, into members: [JSONObject.Member]) -> Bool {
        guard members.count >= JSONLimits.keysComparedMax else { return !members.contains { $0.key == key } }
        if hashed.isEmpty { hashed = Set(members.map(\.key)) }
        return hashed.insert(key).inserted
    }
}

/// A JSON value (RFC 8259). Numbers are kept exactly: floating point never comes in.
package enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// An integer above `Int64.max`. Make it with `JSON.unsigned`, which keeps to that.
    case largeInteger(UInt64)
    /// Any other number, as it was written: with a fraction or an exponent, beyond 64 bits, or `-0`.
    /// Invariant: it follows the grammar of numbers; it is written as it is.
    case number(String)
    case string(String)
    case array([JSON])
    case object(JSONObject)

    package static func unsigned(_ value: UInt64) -> JSON {
        if let signed = Int64(exactly: value) { return .integer(signed) }
        return .largeInteger(value)
    }

    package var isNull: Bool { self == .null }

    package var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    package var int64Value: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    package var uint64Value: UInt64? {
        switch self {
        case .integer(let value): UInt64(exactly: value)
        case .largeInteger(let value): value
        default: nil
        }
    }

    package var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    package var arrayValue: [JSON]? {
        if case .array(let value) = self { value } else { nil }
    }

    package var objectValue: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The member of an object, or nil if there is none or this is no object.
    package subscript(key: String) -> JSON? { objectValue?[key] }

    /// The element of an array, or nil if there is none or this is no array.
    package subscript(index: Int) -> JSON? {
        guard let array = arrayValue, array.indices.contains(index) else { return nil }
        return array[index]
    }

    /// What a message calls this kind of value.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .largeInteger, .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// The members of a JSON object, in their order.
package struct JSONObject: Hashable, Sendable {
    package struct Member: Hashable, Sendable {
        package let key: String
        package let value: JSON
    }

    /// Invariant: no key occurs twice.
    package private(set) var members: [Member]

    package init() { members = [] }

    /// - Precondition: no key occurs twice.
    init(distinct members: [Member]) { self.members = members }

    package var count: Int { members.count }

    /// The value of a key; setting one that is there keeps its place, and nil removes it.
    package subscript(key: String) -> JSON? {
        get { members.first { $0.key == key }?.value }
        set {
            let place = members.firstIndex { $0.key == key }
            switch (place, newValue) {
            case (let place?, let value?): members[place] = Member(key: key, value: value)
            case (let place?, nil): members.remove(at: place)
            case (nil, let value?): members.append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
    }
}

// MARK: - Literals

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSON)...) {
        var object = JSONObject()
        for (key, value) in elements {
            precondition(object[key] == nil, "a literal names each key once")
            object[key] = value
        }
        self = .object(object)
    }
}

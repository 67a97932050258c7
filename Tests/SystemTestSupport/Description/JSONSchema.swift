internal import Foundation
package import HTTP

/// A JSON Schema (draft 7), as far as the node's description uses it.
///
/// Making one fails on every keyword that is not known, and on objects that don't say whether they take other members, so
/// that nothing goes unchecked.
package final class JSONSchema: Sendable {
    /// Why a schema is refused.
    package struct Refusal: Error, CustomStringConvertible {
        package let description: String
    }

    /// The schema that a name stands for, of those shared.
    let reference: String?
    private let types: [String]?
    private let properties: [String: JSONSchema]
    private let required: [String]
    private let takesOthers: Bool
    private let items: JSONSchema?
    private let itemsMax: Int?
    private let choices: [JSON]?
    private let oneOf: [JSONSchema]?
    private let anyOf: [JSONSchema]?
    private let pattern: TextPattern?
    private let minimum: Int128?
    private let maximum: Int128?

    private static let keywords: Set<String> = [
        "$ref", "type", "properties", "required", "additionalProperties", "items", "maxItems", "enum", "const", "oneOf",
        "anyOf", "pattern", "minimum", "maximum", "description",
    ]

    package init(_ json: JSON) throws {
        guard let object = json.objectValue else { throw Refusal(description: "\(json.kind) is no schema") }
        for member in object.members where !Self.keywords.contains(member.key) {
            throw Refusal(description: "the keyword \"\(member.key)\" is not known")
        }
        reference = try Self.name(object["$ref"])
        if reference != nil, object.count > 1 { throw Refusal(description: "what stands beside $ref is ignored") }
        types = try object["type"].map { try Self.texts($0.stringValue.map { [.string($0)] } ?? $0) }
        var properties: [String: JSONSchema] = [:]
        for member in object["properties"]?.objectValue?.members ?? [] {
            properties[member.key] = try JSONSchema(member.value)
        }
        self.properties = properties
        required = try object["required"].map(Self.texts) ?? []
        takesOthers = try object["additionalProperties"].map(Self.truth) ?? true
        if types?.contains("object") == true, object["additionalProperties"] == nil {
            throw Refusal(description: "an object does not say whether it takes other members: \(json)")
        }
        items = try object["items"].map(JSONSchema.init)
        itemsMax = try object["maxItems"].map { Int(try Self.number($0)) }
        choices = object["const"].map { [$0] } ?? object["enum"]?.arrayValue
        oneOf = try object["oneOf"]?.arrayValue?.map(JSONSchema.init)
        anyOf = try object["anyOf"]?.arrayValue?.map(JSONSchema.init)
        pattern = try object["pattern"].map { try TextPattern($0.stringValue ?? "") }
        minimum = try object["minimum"].map(Self.number)
        maximum = try object["maximum"].map(Self.number)
    }

    private static func name(_ json: JSON?) throws -> String? {
        guard let json else { return nil }
        let prefix = "#/components/schemas/"
        guard let text = json.stringValue, text.hasPrefix(prefix) else {
            throw Refusal(description: "a reference to elsewhere: \(json)")
        }
        return String(text.dropFirst(prefix.count))
    }

    private static func texts(_ json: JSON) throws -> [String] {
        let texts = json.arrayValue?.compactMap(\.stringValue)
        guard let texts, texts.count == json.arrayValue?.count else { throw Refusal(description: "no texts: \(json)") }
        return texts
    }

    private static func truth(_ json: JSON) throws -> Bool {
        guard let value = json.boolValue else { throw Refusal(description: "additionalProperties is no boolean") }
        return value
    }

    private static func number(_ json: JSON) throws -> Int128 {
        guard let value = json.wholeNumber else { throw Refusal(description: "\(json.kind) is no whole number") }
        return value
    }

    /// All schemas within it, itself included.
    var all: [JSONSchema] {
        let parts = Array(properties.values) + [items].compactMap(\.self) + (oneOf ?? []) + (anyOf ?? [])
        return [self] + parts.flatMap(\.all)
    }
}

// MARK: - Checking

extension JSONSchema {
    /// What is wrong with a value, beginning with where; nil if nothing is.
    package func violation(of value: JSON, among shared: [String: JSONSchema]) -> String? {
        if let reference {
            guard let schema = shared[reference] else { return ": there is no schema \(reference)" }
            return schema.violation(of: value, among: shared)
        }
        if let types, !types.contains(where: value.isOfType) {
            return ": \(value.kind) is not of type \(types.joined(separator: " or "))"
        }
        if let choices, !choices.contains(value) { return ": \(value) is none of \(choices)" }
        if let text = value.stringValue, let pattern, !pattern.matches(text) {
            return ": \"\(text.prefix(100))\" does not match \(pattern.text)"
        }
        if let number = value.wholeNumber, number < minimum ?? number || number > maximum ?? number {
            return ": \(number) is out of range"
        }
        return violationOfParts(value, shared) ?? violationOfForms(value, shared)
    }

    private func violationOfParts(_ value: JSON, _ shared: [String: JSONSchema]) -> String? {
        if let list = value.arrayValue {
            if let itemsMax, list.count > itemsMax { return ": \(list.count) items are more than \(itemsMax)" }
            guard let items else { return nil }
            for (index, item) in list.enumerated() {
                if let violation = items.violation(of: item, among: shared) { return "[\(index)]\(violation)" }
            }
        }
        guard let object = value.objectValue else { return nil }
        for member in object.members {
            guard let schema = properties[member.key] else {
                if takesOthers { continue }
                return ": \"\(member.key)\" is not described"
            }
            if let violation = schema.violation(of: member.value, among: shared) { return ".\(member.key)\(violation)" }
        }
        for name in required where object[name] == nil { return ": \"\(name)\" is missing" }
        return nil
    }

    private func violationOfForms(_ value: JSON, _ shared: [String: JSONSchema]) -> String? {
        for (forms, isExclusive) in [(oneOf, true), (anyOf, false)] {
            guard let forms else { continue }
            let violations = forms.map { $0.violation(of: value, among: shared) }
            let count = violations.count { $0 == nil }
            if count == 0 { return " has none of the forms {\(violations.map { $0 ?? "" }.joined(separator: " | "))}" }
            if isExclusive, count > 1 { return ": it has \(count) forms at the same time" }
        }
        return nil
    }
}

/// A pattern for a whole text.
private struct TextPattern: Sendable {
    let text: String
    private let expression: NSRegularExpression

    init(_ text: String) throws {
        guard text.hasPrefix("^"), text.hasSuffix("$") else {
            throw JSONSchema.Refusal(description: "the pattern \(text) is not for the whole text")
        }
        self.text = text
        expression = try NSRegularExpression(pattern: text)
    }

    func matches(_ value: String) -> Bool {
        let whole = NSRange(location: 0, length: value.utf16.count)
        // Its $ would also pass over a line's end behind the text.
        return expression.firstMatch(in: value, options: .anchored, range: whole)?.range == whole
    }
}

extension JSON {
    fileprivate var wholeNumber: Int128? {
        switch self {
        case .integer(let value): Int128(value)
        case .largeInteger(let value): Int128(value)
        default: nil
        }
    }

    fileprivate func isOfType(_ type: String) -> Bool {
        switch self {
        case .null: type == "null"
        case .bool: type == "boolean"
        case .integer, .largeInteger: type == "integer" || type == "number"
        case .number: type == "number"
        case .string: type == "string"
        case .array: type == "array"
        case .object: type == "object"
        }
    }
}

import HTTP
import SystemTestSupport
import Testing

/// The checker by which tests hold replies against the node's description.
@Suite struct SchemaTests {
    private static let shared: [String: JSON] = ["Small": ["type": "integer", "maximum": 9]]

    private static let cases: [(schema: JSON, right: [JSON], wrong: [JSON])] = [
        (["type": "string"], ["", "a"], [1, nil, ["a"]]),
        (["type": ["integer", "null"]], [1, nil, .unsigned(.max)], ["1", true, .number("1.5")]),
        (["type": "number"], [1, .number("1.5")], ["1"]),
        (["type": "integer", "minimum": 2, "maximum": .unsigned(.max)], [2, .unsigned(.max)], [1, -5]),
        (["const": 7], [7], [8, "7"]), (["enum": ["a", nil]], ["a", nil], ["b"]),
        (["type": "string", "pattern": "^0x([0-9a-f]{2})*$"], ["0x", "0x1f"], ["0x1", "1f", "0x1F", "0x1f\n"]),
        (
            ["type": "array", "items": ["type": "boolean"], "maxItems": 2], [[], [true, false]],
            [[1], [true, true, true]]
        ),
        (["oneOf": [["type": "integer"], ["type": "number"]]], [.number("1.5")], [1, "a"]),
        (["anyOf": [["type": "integer"], ["type": "number"]]], [.number("1.5"), 1], ["a"]),
        (["$ref": "#/components/schemas/Small"], [9], [10]),
        (
            [
                "type": "object",
                "properties": ["a": ["type": "integer"], "b": ["$ref": "#/components/schemas/Small"]],
                "required": ["a"], "additionalProperties": false,
            ], [["a": 1], ["a": 1, "b": 2]], [[:], ["b": 2], ["a": 1, "b": 10], ["a": 1, "c": 1], ["a": nil]]
        ), (["type": "object", "additionalProperties": true], [["a": 1]], [[]]),
    ]

    @Test func valuesAreToldApart() throws {
        let shared = try Self.shared.mapValues(JSONSchema.init)
        for (json, right, wrong) in Self.cases {
            let schema = try JSONSchema(json)
            for value in right { #expect(schema.violation(of: value, among: shared) == nil, "\(json) and \(value)") }
            for value in wrong { #expect(schema.violation(of: value, among: shared) != nil, "\(json) and \(value)") }
        }
    }

    /// What the checker does not know, it does not pass over.
    @Test(
        arguments: [
            ["minLength": 1], ["type": "object"], ["items": ["format": "date"]], ["pattern": "abc"], [], true,
            ["$ref": "#/components/schemas/Small", "maximum": 3], ["$ref": "other.json#/x"],
            ["properties": ["a": ["not": [:]]], "type": "object", "additionalProperties": false], ["type": 7],
            ["additionalProperties": ["type": "string"]], ["maximum": .number("1.5")],
        ] as [JSON]) func unknownKeywordsAreRefused(_ json: JSON)
    {
        #expect(throws: JSONSchema.Refusal.self) { try JSONSchema(json) }
    }
}

internal import HTTP

/// A JSON Schema (draft 7), made of the few keywords that the description needs.
struct Schema: Sendable {
    let json: JSON

    /// A member of an object.
    struct Member: Sendable {
        let name: String
        let schema: Schema
        let isRequired: Bool

        static func required(_ name: String, _ schema: Schema) -> Member {
            Member(name: name, schema: schema, isRequired: true)
        }

        static func optional(_ name: String, _ schema: Schema) -> Member {
            Member(name: name, schema: schema, isRequired: false)
        }
    }

    static let text = Schema(json: ["type": "string"])
    static let truth = Schema(json: ["type": "boolean"])
    static let null = Schema(json: ["type": "null"])
    /// An object of which nothing more is said.
    static let anyObject = Schema(json: ["type": "object", "additionalProperties": true])

    static func shared(_ schema: SharedSchema) -> Schema {
        Schema(json: ["$ref": .string("#/components/schemas/\(schema.rawValue)")])
    }

    static func text(matching pattern: String, _ description: String) -> Schema {
        Schema(json: ["type": "string", "pattern": .string(pattern), "description": .string(description)])
    }

    static func integer(_ range: ClosedRange<UInt64>, _ description: String? = nil) -> Schema {
        described(
            ["type": "integer", "minimum": .unsigned(range.lowerBound), "maximum": .unsigned(range.upperBound)],
            description)
    }

    /// One of some texts.
    static func words(_ words: [String], _ description: String? = nil) -> Schema {
        described(["type": "string", "enum": .array(words.map(JSON.string))], description)
    }

    static func constant(_ value: JSON) -> Schema { Schema(json: ["const": value]) }

    static func array(of item: Schema, atMost maximum: Int? = nil) -> Schema {
        var object = JSONObject()
        object["type"] = "array"
        object["items"] = item.json
        object["maxItems"] = maximum.map { .integer(Int64($0)) }
        return Schema(json: .object(object))
    }

    /// An object with these members and no others.
    static func object(_ members: [Member], _ description: String? = nil) -> Schema {
        var properties = JSONObject()
        for member in members { properties[member.name] = member.schema.json }
        return described(
            [
                "type": "object", "properties": .object(properties),
                "required": .array(members.filter(\.isRequired).map { .string($0.name) }),
                "additionalProperties": false,
            ], description)
    }

    static func oneOf(_ schemas: [Schema], _ description: String? = nil) -> Schema {
        described(["oneOf": .array(schemas.map(\.json))], description)
    }

    static func nullable(_ schema: Schema) -> Schema { oneOf([schema, .null]) }

    private static func described(_ json: JSON, _ description: String?) -> Schema {
        guard let description, var object = json.objectValue else { return Schema(json: json) }
        object["description"] = .string(description)
        return Schema(json: .object(object))
    }
}

package import HTTP
internal import Synchronization
internal import Testing

/// What a node says of itself (`rpc_discover`), and whether its replies are so.
package final class LiveDescription: Sendable {
    package struct Method: Sendable {
        package let name: String
        package let parameters: [Parameter]
        package let needsWebSocket: Bool
        let result: JSONSchema
        let codes: Set<Int64>
    }

    package struct Parameter: Sendable {
        package let name: String
        package let isRequired: Bool
        let schema: JSONSchema
    }

    struct Notification: Sendable {
        let kind: String
        let options: JSONSchema
        let result: JSONSchema
    }

    package let methods: [Method]
    private let methodsByName: [String: Method]
    let notifications: [Notification]
    let schemas: [String: JSONSchema]
    /// The codes of errors of calls that reach no method.
    let codes: Set<Int64>

    package init(_ document: JSON) throws {
        var schemas: [String: JSONSchema] = [:]
        for member in document["components"]?["schemas"]?.objectValue?.members ?? [] {
            schemas[member.key] = try JSONSchema(member.value)
        }
        self.schemas = schemas
        methods = try Self.list(document["methods"]).map { try Self.method($0, document) }
        methodsByName = Dictionary(methods.map { ($0.name, $0) }) { first, _ in first }
        notifications = try Self.list(document["x-notifications"]).map(Self.notification)
        codes = try Self.codes(document["x-errors"], document)
        guard methodsByName.count == methods.count else { throw ChildProcess.Failure("a method is described twice") }
        let used =
            Array(schemas.values) + methods.flatMap { [$0.result] + $0.parameters.map(\.schema) }
            + notifications.flatMap { [$0.options, $0.result] }
        for name in used.flatMap(\.all).compactMap(\.reference) where schemas[name] == nil {
            throw ChildProcess.Failure("the description refers to \(name), which it does not hold")
        }
    }

    package func method(_ name: String) -> Method? { methodsByName[name] }

    // MARK: - Reading

    private static func list(_ json: JSON?) throws -> [JSON] {
        guard let list = json?.arrayValue else { throw ChildProcess.Failure("the description lacks a list") }
        return list
    }

    private static func schema(_ json: JSON?) throws -> JSONSchema {
        guard let json else { throw ChildProcess.Failure("the description lacks a schema") }
        return try JSONSchema(json)
    }

    private static func text(_ json: JSON?) throws -> String {
        guard let text = json?.stringValue, !text.isEmpty else {
            throw ChildProcess.Failure("the description lacks a text")
        }
        return text
    }

    private static func method(_ json: JSON, _ document: JSON) throws -> Method {
        _ = try text(json["summary"])
        return Method(
            name: try text(json["name"]),
            parameters: try list(json["params"]).map { parameter in
                _ = try text(parameter["summary"])
                return Parameter(
                    name: try text(parameter["name"]), isRequired: parameter["required"] == true,
                    schema: try schema(parameter["schema"]))
            },
            needsWebSocket: json["tags"]?[0]?["name"] == "WebSocket",
            result: try schema(json["result"]?["schema"]), codes: try codes(json["errors"], document))
    }

    private static func notification(_ json: JSON) throws -> Notification {
        Notification(
            kind: try text(json["kind"]), options: try schema(json["options"]),
            result: try schema(try list(json["params"]).last?["schema"]))
    }

    private static func codes(_ json: JSON?, _ document: JSON) throws -> Set<Int64> {
        let errors = document["components"]?["errors"]
        return Set(
            try list(json).map { reference in
                let name = try text(reference["$ref"]).split(separator: "/").last.map(String.init) ?? ""
                _ = try text(errors?[name]?["message"])
                guard let code = errors?[name]?["code"]?.int64Value else {
                    throw ChildProcess.Failure("the description lacks the error \(name)")
                }
                return code
            })
    }
}

// MARK: - Of a node

extension LiveDescription {
    private static let known = Mutex<[[UInt8]: LiveDescription]>([:])

    package static let request: [UInt8] = Array(#"{"jsonrpc":"2.0","id":0,"method":"rpc_discover"}"#.utf8)

    /// The description in a reply to `rpc_discover`; nodes of one build give the same.
    package static func read(_ reply: [UInt8]) throws -> LiveDescription {
        if let description = known.withLock({ $0[reply] }) { return description }
        guard let document = try JSON(parsing: reply)["result"] else {
            throw ChildProcess.Failure("rpc_discover: \(String(decoding: reply.prefix(200), as: UTF8.self))")
        }
        let description = try LiveDescription(document)
        known.withLock { $0[reply] = description }
        return description
    }

    /// Records an issue if there is one, whatever the caller does with the reply.
    package static func record(_ violation: String?) {
        if let violation { Issue.record("not as described: \(violation)") }
    }
}

internal import HTTP

/// The description of all that a node answers, in the form of OpenRPC (<https://spec.open-rpc.org>).
///
/// What OpenRPC has no place for stands in members of our own: `x-errors`, the errors of calls that reach no method,
/// `x-notifications`, what subscriptions tell, and each method's `x-right`, which its caller needs.
package enum InterfaceDescription {
    /// The version of the interface, which is that of the program.
    package static let version = "0.1.0"

    /// The document's text, made once.
    package static let text: [UInt8] = document.text

    private static let document: JSON = [
        "openrpc": "1.3.2",
        "info": [
            "title": "Cairn", "version": .string(version),
            "description": """
            What a node of a Cairn chain answers, at one port over HTTP and over WebSocket. Parameters are given by \
            position or by name; texts of hexadecimal digits may be in either case, and without 0x.
            """, "license": ["name": "Apache-2.0"],
        ],
        "methods": .array(CairnMethod.allCases.map { method($0.description) }),
        "components": [
            "schemas": object(SharedSchema.allCases.map { ($0.rawValue, $0.schema.json) }),
            "errors": object(
                InterfaceError.allCases.map { error in
                    (error.name, ["code": .integer(error.rawValue), "message": .string(error.meaning)])
                }),
        ],
        "x-errors": references(InterfaceError.ofNoMethod),
        "x-notifications": .array(SubscriptionDescription.all.map(notification)),
    ]

    private static func method(_ method: MethodDescription) -> JSON {
        var object = JSONObject()
        object["name"] = .string(method.method.rawValue)
        object["summary"] = .string(method.summary)
        if !method.details.isEmpty { object["description"] = .string(method.details) }
        object["x-right"] = .string(method.right.name)
        if method.needsWebSocket { object["tags"] = [["name": "WebSocket"]] }
        object["paramStructure"] = "either"
        object["params"] = .array(method.parameters.map(parameter))
        object["result"] = ["name": .string(method.result.name), "schema": method.result.schema.json]
        object["errors"] = references([.invalidParameters, .internalFault, .rightMissing] + method.errors)
        return .object(object)
    }

    private static func parameter(_ parameter: ParameterDescription) -> JSON {
        [
            "name": .string(parameter.name), "summary": .string(parameter.help),
            "required": .bool(parameter.isRequired), "schema": parameter.schema.json,
        ]
    }

    private static func notification(_ subscription: SubscriptionDescription) -> JSON {
        [
            "name": "cairn_subscription", "kind": .string(subscription.kind),
            "summary": .string(subscription.summary),
            "options": Schema.object(subscription.options.map(\.member)).json,
            "params": [
                ["name": "subscription", "required": true, "schema": Schema.shared(.subscription).json],
                ["name": "result", "required": true, "schema": subscription.result.json],
            ],
        ]
    }

    private static func references(_ errors: [InterfaceError]) -> JSON {
        .array(errors.map { ["$ref": .string("#/components/errors/\($0.name)")] })
    }

    private static func object(_ members: [(String, JSON)]) -> JSON {
        var object = JSONObject()
        for (name, value) in members { object[name] = value }
        return .object(object)
    }
}

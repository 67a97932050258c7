package import HTTP

extension LiveDescription {
    /// What is wrong with the reply to a text, whatever that is: a call, a batch, or none of these.
    package func violation(ofReply reply: [UInt8], to request: [UInt8]) -> String? {
        guard let reply = try? JSON(parsing: reply) else { return "the reply is not JSON" }
        let calls = try? JSON(parsing: request)
        guard let replies = reply.arrayValue else { return violation(of: reply, to: calls) }
        for reply in replies {
            let call = calls?.arrayValue?.first { $0["id"] == reply["id"] && $0["id"] != nil }
            if let violation = violation(of: reply, to: call) { return violation }
        }
        return nil
    }

    /// What is wrong with the reply to a call, or to what is none.
    package func violation(of reply: JSON, to call: JSON?) -> String? {
        let names = reply.objectValue?.members.map(\.key) ?? []
        guard names == ["jsonrpc", "id", "result"] || names == ["jsonrpc", "id", "error"], reply["jsonrpc"] == "2.0"
        else { return "the reply has the members \(names)" }
        let name = call?["method"]?.stringValue
        let method = name.flatMap(self.method)
        if let result = reply["result"] {
            guard let name, let method else { return "\(name ?? "no method") has a result and no description" }
            return method.result.violation(of: result, among: schemas).map { "the result of \(name)\($0)" }
                ?? violation(ofParameters: call?["params"], of: method)
        }
        return violation(ofError: reply["error"] ?? .null, name, method)
    }

    private func violation(ofError error: JSON, _ name: String?, _ method: Method?) -> String? {
        let names = error.objectValue?.members.map(\.key) ?? []
        guard names == ["code", "message"] || names == ["code", "message", "data"],
            error["message"]?.stringValue != nil,
            let code = error["code"]?.int64Value
        else { return "the error has another form: \(error)" }
        // A call of a method that is described may yet be no call.
        guard method?.codes.contains(code) == true || codes.contains(code) else {
            return "\(name ?? "no method") has no error \(code)"
        }
        return nil
    }

    /// What a method took must be described too.
    private func violation(ofParameters given: JSON?, of method: Method) -> String? {
        var values: [(String, JSON)] = []
        switch given {
        case .array(let list): values = zip(method.parameters.map(\.name), list).map { ($0, $1) }
        case .object(let object): values = object.members.map { ($0.key, $0.value) }
        default: break
        }
        for (name, value) in values where !value.isNull {
            guard let parameter = method.parameters.first(where: { $0.name == name }) else {
                return "\(method.name) takes \"\(name)\", which is not described"
            }
            if let violation = parameter.schema.violation(of: value, among: schemas) {
                return "\(method.name) takes \(name)\(violation)"
            }
        }
        for parameter in method.parameters
        where parameter.isRequired && !values.contains(where: { $0.0 == parameter.name }) {
            return "\(method.name) does without \"\(parameter.name)\""
        }
        return nil
    }

    // MARK: - Notifications

    /// The schema of what a subscription tells.
    package func notification(_ parameters: JSON) -> JSONSchema? {
        let kind = parameters["kind"] ?? parameters[0]
        let options = parameters["options"] ?? parameters[1] ?? [:]
        return notifications.first {
            .string($0.kind) == kind && $0.options.violation(of: options, among: schemas) == nil
        }?.result
    }

    /// What is wrong with a notification.
    package func violation(ofNotification json: JSON, _ schema: JSONSchema?) -> String? {
        guard let schema else { return "a notification of an unknown subscription: \(json)" }
        let names = json.objectValue?.members.map(\.key) ?? []
        guard names == ["jsonrpc", "method", "params"], let params = json["params"],
            params.objectValue?.members.map(\.key) == ["subscription", "result"], let result = params["result"]
        else { return "the notification has another form: \(json)" }
        return schema.violation(of: result, among: schemas).map { "a notification\($0)" }
    }
}

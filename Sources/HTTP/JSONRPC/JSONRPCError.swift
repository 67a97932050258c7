/// The error of a call, as its client sees it (JSON-RPC 2.0, section 5.1).
package struct JSONRPCError: Error, Hashable, Sendable, CustomStringConvertible {
    package let code: Int64
    package let message: String
    package let data: JSON?

    package init(code: Int64, message: String, data: JSON? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }

    package static func parseError(_ reason: String) -> JSONRPCError {
        JSONRPCError(code: -32700, message: "parse error: \(reason)")
    }

    package static func invalidRequest(_ reason: String) -> JSONRPCError {
        JSONRPCError(code: -32600, message: "invalid request: \(reason)")
    }

    package static func methodNotFound(_ method: String) -> JSONRPCError {
        JSONRPCError(code: -32601, message: "the method \(method.prefix(80)) does not exist")
    }

    package static func invalidParameters(_ reason: String) -> JSONRPCError {
        JSONRPCError(code: -32602, message: "invalid parameters: \(reason)")
    }

    package static func internalError(_ reason: String) -> JSONRPCError {
        JSONRPCError(code: -32603, message: "internal error: \(reason)")
    }

    package var description: String { "\(message) (code \(code))" }

    var json: JSON {
        var object = JSONObject()
        object["code"] = .integer(code)
        object["message"] = .string(message)
        object["data"] = data
        return .object(object)
    }
}

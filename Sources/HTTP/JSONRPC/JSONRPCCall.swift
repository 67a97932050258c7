/// One call of a request (JSON-RPC 2.0, section 4).
package struct JSONRPCCall: Hashable, Sendable {
    package let method: String
    /// An array or an object, or nil if there are none.
    package let parameters: JSON?
    /// A string, a number or null, kept as it came; nil for a notification, which gets no reply.
    package let id: JSON?

    /// Why something is no call, and the id under which to say so.
    struct Refusal: Error {
        let id: JSON
        let error: JSONRPCError
    }

    init(_ json: JSON) throws(Refusal) {
        guard let object = json.objectValue else {
            throw Refusal(id: .null, error: .invalidRequest("\(json.kind) is no call"))
        }
        let id = object["id"]
        let replyID = id.flatMap { JSONRPCCall.isID($0) ? $0 : nil } ?? .null
        func refusal(_ reason: String) -> Refusal { Refusal(id: replyID, error: .invalidRequest(reason)) }
        guard id == nil || id == replyID else { throw refusal("id is neither a string nor a number nor null") }
        guard object["jsonrpc"] == .string("2.0") else { throw refusal("jsonrpc is not \"2.0\"") }
        guard let method = object["method"]?.stringValue else { throw refusal("method is not a string") }
        let parameters = object["params"]
        switch parameters {
        case nil, .array, .object: break
        default: throw refusal("params are neither an array nor an object")
        }
        self.method = method
        self.parameters = parameters
        self.id = id
    }

    private static func isID(_ id: JSON) -> Bool {
        switch id {
        case .null, .string, .integer, .largeInteger, .number: true
        case .bool, .array, .object: false
        }
    }
}

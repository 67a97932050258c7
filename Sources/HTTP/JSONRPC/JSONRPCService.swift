/// What JSON-RPC calls are answered by.
package protocol JSONRPCMethods: Sendable {
    /// Answers a call through `reply`, now or later. It runs on the caller's thread (the server's loop) and must not
    /// wait there. A method that does not exist fails with `JSONRPCError.methodNotFound`.
    func call(_ method: String, _ parameters: JSON?, _ reply: JSONRPCReply)
}

/// JSON-RPC 2.0: takes the text of a request or a batch apart, and puts the replies together.
package struct JSONRPCService: Sendable {
    private let methods: any JSONRPCMethods

    package init(_ methods: any JSONRPCMethods) { self.methods = methods }

    /// - Parameter deliver: called once, on any thread, with the text of the reply, or with nil if there is none to give
    ///   because all were notifications.
    package func handle(_ text: [UInt8], deliver: @Sendable @escaping ([UInt8]?) -> Void) {
        handle(text, begin: { _ in }, deliver: { _, reply in deliver(reply) })
    }

    /// - Parameter begin: gets, before any call is made, how many there are.
    /// - Parameter deliver: as above, and gets that count too.
    func handle(
        _ text: [UInt8], begin: (Int) -> Void, deliver: @Sendable @escaping (Int, [UInt8]?) -> Void
    ) {
        let json: JSON
        do throws(JSONError) {
            json = try JSON(parsing: text)
        } catch {
            begin(0)
            return deliver(0, JSONRPCService.refusal(.parseError(error.description)))
        }
        guard case .array(let calls) = json else {
            begin(1)
            return call(json) { _, reply in deliver(1, reply) }
        }
        if let refusal = JSONRPCService.refusal(ofBatch: calls.count) {
            begin(0)
            return deliver(0, JSONRPCService.refusal(refusal))
        }
        begin(calls.count)
        let batch = JSONRPCBatch(count: calls.count) { deliver(calls.count, $0) }
        for (index, json) in calls.enumerated() { call(json) { batch.complete(index, id: $0, with: $1) } }
    }

    private static func refusal(ofBatch count: Int) -> JSONRPCError? {
        guard count > 0 else { return .invalidRequest("the batch is empty") }
        guard count <= JSONRPCLimits.batchCountMax else {
            return .invalidRequest("the batch holds more than \(JSONRPCLimits.batchCountMax) calls")
        }
        return nil
    }

    private func call(_ json: JSON, deliver: @Sendable @escaping (JSON?, [UInt8]?) -> Void) {
        do throws(JSONRPCCall.Refusal) {
            let call = try JSONRPCCall(json)
            let id = call.id
            methods.call(call.method, call.parameters, JSONRPCReply(id: id) { deliver(id, $0) })
        } catch {
            deliver(error.id, JSONRPCReply.text(id: error.id, .failure(error.error)))
        }
    }

    private static func refusal(_ error: JSONRPCError) -> [UInt8] { JSONRPCReply.text(error) }
}

extension JSONRPCService {
    /// Answers an HTTP request: POST with a JSON-RPC text at any path.
    /// - Parameter begin: gets, before any call is made, how many there are.
    package func handle(
        _ request: HTTPRequest, _ responder: HTTPResponder, begin: (Int) -> Void = { _ in }
    ) {
        guard request.method == .post else {
            let text = Array("JSON-RPC calls are sent with POST\n".utf8)
            return responder.respond(
                status: 405, headers: [("Allow", "POST"), ("Content-Type", "text/plain; charset=utf-8")], body: text)
        }
        handle(request.body, begin: begin) { _, reply in
            guard let reply else { return responder.respond(status: 204) }
            responder.respond(status: 200, headers: [("Content-Type", "application/json")], body: reply)
        }
    }
}

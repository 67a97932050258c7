import HTTP
import Networking
import Testing

/// The methods of the examples in section 7 of the JSON-RPC 2.0 specification, and some that answer in odd ways.
struct ExampleMethods: JSONRPCMethods {
    func call(_ method: String, _ parameters: JSON?, _ reply: JSONRPCReply) {
        switch method {
        case "subtract":
            let left = parameters?[0] ?? parameters?["minuend"]
            let right = parameters?[1] ?? parameters?["subtrahend"]
            guard let left = left?.int64Value, let right = right?.int64Value else {
                return reply.fail(.invalidParameters("two integers are needed"))
            }
            reply.succeed(.integer(left - right))
        case "sum": reply.succeed(.integer((parameters?.arrayValue ?? []).reduce(0) { $0 + ($1.int64Value ?? 0) }))
        case "get_data": reply.succeed(["hello", 5])
        case "update", "notify_hello", "notify_sum": reply.succeed(.null)
        case "later":
            let milliseconds = parameters?[0]?.int64Value ?? 0
            Delays.run(afterMilliseconds: UInt64(milliseconds)) {
                reply.succeed(.integer(milliseconds))
                reply.fail(.internalError("a second answer"))
            }
        case "forgotten": break
        case "large": reply.succeed(.string(String(repeating: "a", count: 1 << 20)))
        default: reply.fail(.methodNotFound(method))
        }
    }
}

@Suite struct JSONRPCTests {
    private func reply(_ text: String) throws -> JSON? {
        let answer = Mailbox<[UInt8]?>(capacity: 2)
        JSONRPCService(ExampleMethods()).handle(Array(text.utf8)) { _ = answer.send($0) }
        let answers = try #require(answer.takeAll(waitMilliseconds: 10_000))
        try #require(answers.count == 1)
        return try answers[0].map { try JSON(parsing: $0) }
    }

    private func error(_ code: Int64, id: JSON = .null) -> (JSON?) -> Bool {
        { reply in
            reply?["jsonrpc"] == "2.0" && reply?["id"] == id && reply?["error"]?["code"] == .integer(code)
                && reply?["result"] == nil && reply?["error"]?["message"]?.stringValue?.isEmpty == false
        }
    }

    // Section 7 of the specification.

    @Test func callsWithPositionalAndNamedParameters() throws {
        #expect(
            try reply(#"{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}"#)
                == ["jsonrpc": "2.0", "id": 1, "result": 19])
        #expect(
            try reply(
                #"{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}"#)
                == ["jsonrpc": "2.0", "id": 3, "result": 19])
    }

    @Test func notificationsGetNoReply() throws {
        #expect(try reply(#"{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}"#) == nil)
        #expect(try reply(#"{"jsonrpc": "2.0", "method": "foobar"}"#) == nil)
        #expect(
            try reply(#"[{"jsonrpc":"2.0","method":"notify_sum","params":[1]},{"jsonrpc":"2.0","method":"foobar"}]"#)
                == nil)
    }

    @Test func errorsOfTheSpecification() throws {
        #expect(error(-32601, id: "1")(try reply(#"{"jsonrpc": "2.0", "method": "foobar", "id": "1"}"#)))
        #expect(error(-32700)(try reply(#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#)))
        #expect(error(-32600)(try reply(#"{"jsonrpc": "2.0", "method": 1, "params": "bar"}"#)))
        #expect(
            error(-32700)(try reply(#"[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc""#))
        )
        #expect(error(-32600)(try reply("[]")))
        let replies = try reply("[1,2,3]")?.arrayValue
        #expect(replies?.count == 3 && replies?.allSatisfy(error(-32600)) == true)
    }

    @Test func aMixedBatchOfTheSpecification() throws {
        let replies =
            try reply(
                #"""
                [{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
                 {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
                 {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
                 {"foo": "boo"},
                 {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
                 {"jsonrpc": "2.0", "method": "get_data", "id": "9"}]
                """#)?.arrayValue ?? []
        try #require(replies.count == 5)
        #expect(replies[0] == ["jsonrpc": "2.0", "id": "1", "result": 7])
        #expect(replies[1] == ["jsonrpc": "2.0", "id": "2", "result": 19])
        #expect(error(-32600)(replies[2]))
        #expect(error(-32601, id: "5")(replies[3]))
        #expect(replies[4] == ["jsonrpc": "2.0", "id": "9", "result": ["hello", 5]])
    }

    // Our own.

    @Test(arguments: [
        "1", "\"a\"", "null", "0", "-5", "1.50", "18446744073709551615", "123456789012345678901234567890", "\"\"",
    ])
    func idsAreKeptExactly(id: String) {
        let answer = Mailbox<[UInt8]?>(capacity: 1)
        let text = #"{"jsonrpc":"2.0","method":"sum","id":\#(id)}"#
        JSONRPCService(ExampleMethods()).handle(Array(text.utf8)) { _ = answer.send($0) }
        let reply = answer.takeAll(waitMilliseconds: 1000)?.first.flatMap(\.self) ?? []
        #expect(String(decoding: reply, as: UTF8.self) == #"{"jsonrpc":"2.0","id":\#(id),"result":0}"#)
    }

    @Test(arguments: [
        #"{"jsonrpc":"2.0","method":"sum","id":[1]}"#, #"{"jsonrpc":"2.0","method":"sum","id":{}}"#,
        #"{"jsonrpc":"2.0","method":"sum","id":true}"#, #"{"jsonrpc":"1.0","method":"sum"}"#, #"{"method":"sum"}"#,
        #"{"jsonrpc":2.0,"method":"sum"}"#, #"{"jsonrpc":"2.0"}"#, #"{"jsonrpc":"2.0","method":null}"#, "1", "null",
        "\"a\"",
        #"{"jsonrpc":"2.0","method":"sum","params":1}"#, #"{"jsonrpc":"2.0","method":"sum","params":null}"#,
    ])
    func whatIsNoCallIsRefused(text: String) throws { #expect(error(-32600)(try reply(text))) }

    @Test func repliesThatComeLateAndOutOfOrderKeepTheOrderOfTheBatch() throws {
        let calls = [80, 0, 40, 5, 60].map { #"{"jsonrpc":"2.0","method":"later","params":[\#($0)],"id":\#($0)}"# }
        let replies = try reply("[\(calls.joined(separator: ","))]")?.arrayValue
        #expect(replies?.map { $0["result"]?.int64Value } == [80, 0, 40, 5, 60])
    }

    @Test func batchesAreLimited() throws {
        let call = #"{"jsonrpc":"2.0","method":"sum","id":1}"#
        let most = Array(repeating: call, count: JSONRPCLimits.batchCountMax)
        #expect(try reply("[\(most.joined(separator: ","))]")?.arrayValue?.count == JSONRPCLimits.batchCountMax)
        #expect(error(-32600)(try reply("[\((most + [call]).joined(separator: ","))]")))
        let large = Array(repeating: #"{"jsonrpc":"2.0","method":"large","id":7}"#, count: 40)
        let replies = try reply("[\(large.joined(separator: ","))]")?.arrayValue ?? []
        #expect(replies.count == 40)
        #expect(replies.first?["result"] != nil)
        #expect(error(-32603, id: 7)(replies.last))
    }

    @Test func aForgottenReplyIsAnInternalError() throws {
        #expect(error(-32603, id: 4)(try reply(#"{"jsonrpc":"2.0","method":"forgotten","id":4}"#)))
        let replies = try reply(
            #"[{"jsonrpc":"2.0","method":"forgotten","id":4},{"jsonrpc":"2.0","method":"sum","id":5}]"#)
        #expect(replies?.arrayValue?.count == 2)
    }

    @Test func overHTTP() async throws {
        let service = JSONRPCService(ExampleMethods())
        let server = try TestServer { service.handle($0, $1) }
        let client = HTTPClient(on: server.loop, endpoint: server.endpoint)
        let call = try await client.post(body: Array(#"{"jsonrpc":"2.0","method":"later","params":[20],"id":1}"#.utf8))
        #expect(call.status == 200)
        #expect(call.headers["Content-Type"] == "application/json")
        #expect(try JSON(parsing: call.body)["result"] == 20)
        let notification = try await client.post(body: Array(#"{"jsonrpc":"2.0","method":"update"}"#.utf8))
        #expect(notification.status == 204 && notification.body.isEmpty)
        #expect(try await client.get().status == 405)
    }
}

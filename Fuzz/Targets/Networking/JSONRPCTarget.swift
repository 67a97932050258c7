internal import HTTP
internal import Synchronization

extension FuzzTarget {
    static let jsonRPC = FuzzTarget("json-rpc", seeds: { seedsOfCalls }) { bytes throws(FuzzFailure) in
        let gathered = GatheredReplies()
        JSONRPCService(EchoMethods()).handle(bytes) { gathered.add($0) }
        let all = gathered.all
        try demand(all.count == 1, "\(all.count) replies to one text")
        guard let reply = all[0] else { return }
        try demand((try? JSON(parsing: reply)) != nil, "a reply that is not JSON")
    }

    private static var seedsOfCalls: [[UInt8]] {
        [
            #"{"jsonrpc":"2.0","method":"echo","params":[1,"a"],"id":1}"#,
            #"[{"jsonrpc":"2.0","method":"echo","params":{"a":null},"id":"x"},{"jsonrpc":"2.0","method":"no"},7]"#,
            #"{"jsonrpc":"2.0","method":"fail","id":null}"#, "[]", "{",
            #"[{"jsonrpc":"2.0","method":"forget","id":2}]"#,
        ].map { Array($0.utf8) }
    }
}

/// Gives back what it is called with, fails, or gives nothing.
private struct EchoMethods: JSONRPCMethods {
    func call(_ method: String, _ parameters: JSON?, _ reply: JSONRPCReply) {
        switch method {
        case "echo": reply.succeed(parameters ?? .null)
        case "fail": reply.fail(.internalError("as asked"))
        case "forget": break
        default: reply.fail(.methodNotFound(method))
        }
    }
}

private final class GatheredReplies: Sendable {
    private let replies = Mutex<[[UInt8]?]>([])

    func add(_ reply: [UInt8]?) { replies.withLock { $0.append(reply) } }

    var all: [[UInt8]?] { replies.withLock { $0 } }
}

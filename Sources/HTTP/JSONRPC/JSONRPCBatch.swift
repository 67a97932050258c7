internal import Synchronization

/// Gathers the replies to a batch, in the order of its calls, whenever and from whatever thread they come.
final class JSONRPCBatch: Sendable {
    private struct State {
        var replies: [[UInt8]?]
        var unanswered: Int
        var bytes = 0
    }

    private let state: Mutex<State>
    private let deliver: @Sendable ([UInt8]?) -> Void

    /// - Parameter deliver: called once, with the text of the whole, or with nil if no call wants a reply.
    init(count: Int, deliver: @Sendable @escaping ([UInt8]?) -> Void) {
        precondition(count > 0)
        state = Mutex(State(replies: Array(repeating: nil, count: count), unanswered: count))
        self.deliver = deliver
    }

    /// The call at `index` is answered: with `reply`, or with nil if it wants none. Called once for each.
    func complete(_ index: Int, id: JSON?, with reply: [UInt8]?) {
        let replies: [[UInt8]]? = state.withLock { state in
            state.replies[index] = JSONRPCBatch.bounded(reply, id, after: state.bytes)
            state.bytes += state.replies[index]?.count ?? 0
            state.unanswered -= 1
            return state.unanswered == 0 ? state.replies.compactMap(\.self) : nil
        }
        if let replies { deliver(replies.isEmpty ? nil : JSONRPCBatch.join(replies)) }
    }

    private static func bounded(_ reply: [UInt8]?, _ id: JSON?, after bytes: Int) -> [UInt8]? {
        guard let reply, bytes + reply.count > JSONRPCLimits.batchReplyBytesMax else { return reply }
        let maximum = JSONRPCLimits.batchReplyBytesMax
        let error = JSONRPCError.internalError("the batch's replies exceed \(maximum) bytes: send smaller batches")
        return JSONRPCReply.text(id: id ?? .null, .failure(error))
    }

    private static func join(_ replies: [[UInt8]]) -> [UInt8] {
        var text: [UInt8] = [UInt8(ascii: "[")]
        text.reserveCapacity(replies.reduce(1) { $0 + $1.count + 1 })
        for (index, reply) in replies.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            text.append(contentsOf: reply)
        }
        text.append(UInt8(ascii: "]"))
        return text
    }
}

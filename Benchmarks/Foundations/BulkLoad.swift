import Cryptography
import HTTP
import Ledger
import Networking
import Primitives

/// Sends transactions in bulk over one WebSocket, some messages at a time, and waits for the receipt of each.
struct BulkLoad {
    static let frameTransactions = 1000
    /// How many messages wait for their answers; fewer than what makes the node stop reading.
    static let framesInFlight = 7
    /// How many transactions wait for their receipts: what the node's pool takes without refusing any.
    static let transactionsInFlight = 60_000

    let endpoint: String

    /// From the first message to the last receipt.
    func run(_ transactions: [SignedTransaction]) async throws -> Duration {
        let loop = try EventLoop(name: "bulk-client")
        let client = try await WebSocketClient.connect(on: loop, to: try HTTPEndpoint(endpoint))
        try await subscribe(client)
        // Coding is the client's own work and done as it sends.
        let start = ContinuousClock.now
        try await send(transactions, client)
        let elapsed = ContinuousClock.now - start
        await client.close()
        loop.stop()
        return elapsed
    }

    private func subscribe(_ client: WebSocketClient) async throws {
        let options: JSON = ["own": true, "format": "binary"]
        let call: JSON = [
            "jsonrpc": "2.0", "id": 1, "method": "cairn_subscribe", "params": ["receipts", options],
        ]
        try await client.send(.text(call.text))
        guard case .text(let reply) = try await client.receive(), try JSON(parsing: reply)["result"] != nil else {
            throw BenchmarkError("the subscription was refused")
        }
    }

    private func send(_ transactions: [SignedTransaction], _ client: WebSocketClient) async throws {
        var (sent, answered, received) = (0, 0, 0)
        var frames: UInt64 = 0
        while received < transactions.count {
            while sent < transactions.count, Int(frames) - answered < Self.framesInFlight,
                sent - received < Self.transactionsInFlight
            {
                let end = min(sent + Self.frameTransactions, transactions.count)
                let submission = BulkSubmission(
                    request: frames, transactions: transactions[sent..<end].map(\.canonicalBytes))
                try await client.send(.binary(submission.canonicalBytes))
                frames += 1
                sent = end
            }
            guard case .binary(let bytes) = try await client.receive() else {
                throw BenchmarkError("a text in reply to bulk")
            }
            switch try BulkReply(canonicalBytes: bytes) {
            case .answer(let answer):
                if let refusal = answer.refused.first { throw BenchmarkError("refused: \(refusal.text)") }
                answered += 1
            case .receipts(let receipts):
                guard receipts.expired.isEmpty else { throw BenchmarkError("transactions expired") }
                received += receipts.receipts.count
            }
        }
    }
}

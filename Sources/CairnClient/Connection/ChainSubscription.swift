internal import HTTP
internal import Ledger
internal import Primitives

/// What a node tells as it happens, in the chain's order, each thing once.
///
/// It begins when it is first iterated, by one task. A user who is slower than the chain falls behind and misses nothing.
public struct ChainSubscription<Element: Sendable>: AsyncSequence, Sendable {
    let connection: CairnConnection
    let kind: String
    let options: SubscriptionOptions
    let from: UInt64?
    let read: @Sendable (SubscriptionResult) -> Element?

    /// Takes one thing after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let subscription: ChainSubscription
        var handle: SubscriptionHandle?

        /// The next thing; nil if the task was cancelled.
        public mutating func next() async throws(ClientError) -> Element? {
            if handle == nil {
                handle = SubscriptionHandle(
                    subscription.connection,
                    await subscription.connection.begin(
                        subscription.kind, subscription.options.json, from: subscription.from))
            }
            guard let handle, let result = try await subscription.connection.next(handle.number) else { return nil }
            guard let element = subscription.read(SubscriptionResult(json: result)) else {
                throw CairnClient.malformed("cairn_subscribe")
            }
            return element
        }
    }

    /// An iterator with a subscription of its own.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(subscription: self) }
}

/// What a subscription is asked with.
struct SubscriptionOptions: Sendable {
    let json: JSON
}

/// What a subscription tells.
struct SubscriptionResult: Sendable {
    let json: JSON
}

/// Ends a subscription with the last iterator that uses it.
final class SubscriptionHandle: Sendable {
    private let connection: CairnConnection
    let number: Int

    init(_ connection: CairnConnection, _ number: Int) {
        self.connection = connection
        self.number = number
    }

    deinit { Task { [connection, number] in await connection.end(number) } }
}

extension CairnConnection {
    /// Every block.
    /// - Parameter from: the height of the first; nil for the next one to come.
    public nonisolated func blocks(from: UInt64? = nil) -> ChainSubscription<BlockSummary> {
        ChainSubscription(
            connection: self, kind: "blocks", options: SubscriptionOptions(json: [:]), from: from
        ) { BlockSummary($0.json) }
    }

    /// The receipts of the transactions that an account signed, or that name it in a topic of an event.
    /// - Parameter from: the height of the first block; nil for the next one to come.
    public nonisolated func receipts(
        of account: AccountAddress, from: UInt64? = nil
    ) -> ChainSubscription<TransactionReceipt> {
        ChainSubscription(
            connection: self, kind: "receipts",
            options: SubscriptionOptions(json: ["account": .string(account.description)]), from: from
        ) { TransactionReceipt($0.json) }
    }

    /// The events of a contract.
    /// - Parameter name: nil for all.
    /// - Parameter topics: what the topics must be from the first on, each 32 bytes in hexadecimal digits; nil for any.
    /// - Parameter from: the height of the first block; nil for the next one to come.
    public nonisolated func events(
        of contract: AccountAddress, name: String? = nil, topics: [String?] = [], from: UInt64? = nil
    ) -> ChainSubscription<ChainEvent> {
        var options = JSONObject()
        options["contract"] = .string(contract.description)
        options["name"] = name.map(JSON.string)
        if !topics.isEmpty { options["topics"] = .array(topics.map { $0.map(JSON.string) ?? .null }) }
        return ChainSubscription(
            connection: self, kind: "events", options: SubscriptionOptions(json: .object(options)), from: from
        ) { ChainEvent($0.json) }
    }
}

internal import Cryptography
internal import HTTP
internal import Ledger
internal import Networking

/// The limits of the methods.
package enum MethodLimits {
    /// How many items a page of history, events or transactions has unless told otherwise, and at most.
    package static let pageItems = 100
    package static let pageItemsMax = 1000
    /// The most transactions of one `cairn_sendTransactions`.
    package static let transactionsMax = 10_000
    /// How long `cairn_waitForReceipt` waits unless told otherwise.
    package static let receiptWaitMilliseconds: UInt64 = 20_000
    /// The gas that `cairn_call` may use unless told otherwise.
    package static let callGas: UInt64 = 10_000_000
    /// The gas for questions about members, of which an answer may hold many.
    static let membersGas: UInt64 = 50_000_000
}

/// The limits of subscriptions and of submissions in bulk. How many connections there may be is in `HTTPLimits`.
package enum SubscriptionLimits {
    /// The most subscriptions of one connection.
    package static let subscriptionsMax = 32
    /// The most bulk submissions of one connection that wait for their answers; at more the node stops reading.
    package static let bulkUnansweredMax = 8
    /// The most bytes of bulk submissions, of all connections together, that wait to be decoded; more are refused.
    package static let bulkWaitingBytesMax = 256 << 20
    /// The most transactions of one connection that were sent and have neither a receipt nor expired; more are refused.
    package static let ownTransactionsMax = 200_000
    /// About how many bytes are made for a connection before it is another's turn, and before the loop has taken them.
    static let sliceByteCount = 512 << 10
    /// How many blocks one subscription is told of, or looks through, before it is another's turn.
    static let sliceBlocksMax = 16
    /// How many slices are made before messages to the publisher are looked at again.
    static let slicesTogetherMax = 64
    /// The most blocks whose indexes the publisher keeps.
    static let viewsMax = 16
    /// The most transactions in these blocks, at least one block.
    static let viewTransactionsMax = 1 << 15
    /// A connection with fewer open transactions than this part of a block is served from the block's index.
    static let ownScanRatio = 4
    /// The most messages that wait for the publisher. What one connection sends it is bounded by its calls, its
    /// unanswered submissions and its subscriptions.
    static let publisherMessagesMax = 1 << 20
    /// How often the publisher looks whether transactions have expired.
    static let publisherTickMilliseconds: UInt64 = 250
}

/// The limits of an endpoint that knows its callers, and of what its configuration may ask for.
package enum EndpointLimits {
    /// How many requests a client has in a second, and how many bytes it sends, unless the configuration says otherwise;
    /// each twice at once after a rest.
    static let requestsPerSecond = 500
    static let bytesPerSecond = 8 << 20
    static let requestsPerSecondRange = 1...1_000_000
    static let bytesPerSecondRange = 64 << 10...1 << 34
    /// How many connections an address has unless the configuration says otherwise; WebSockets among them.
    static let connectionsPerAddress = 64
    static let connectionsPerAddressRange = 1...HTTPLimits.connectionsMax
    /// How many handshakes of TLS are under way, by address and in all, and how many are begun in a second.
    static let handshakesMax = 256
    static let handshakesPerAddressMax = 32
    static let handshakesPerSecond = 200
    /// The most names and origins in a configuration.
    static let hostsMax = 64
    static let originsMax = 64
    /// The most tokens, the longest name of one, and the largest file of them, in bytes.
    package static let tokensMax = 4096
    package static let tokenNameBytesMax = 64
    static let tokenFileBytesMax = 2 << 20
    /// The longest token that is looked up, in bytes. One of ours has 43.
    static let tokenBytesMax = 512
    /// How often files that have changed are read again, and members asked for again after new blocks.
    static let lookMilliseconds: UInt64 = 1_000
    /// How long a certificate that was refused stays so without being looked at again.
    static let refusalMilliseconds: UInt64 = 1_000
    /// How long a starting node waits until it knows the chain's members; then callers wait.
    static let membersWaitMilliseconds: UInt64 = 5_000
}

/// The limits of a network's description in a node's configuration.
package enum NetworkConfigurationLimits {
    /// The most nodes.
    package static let nodesMax = LedgerLimits.validatorsMax
    /// The most addresses of a node: as many as are tried.
    package static let addressesMax = PeerLimits.addressesMax
    /// The most keys that a node orders and certifies with: more than one where they are being replaced.
    package static let keysMax = 4
    /// The longest name of a node or an organisation, in characters: as certificates have them.
    package static let nameCharactersMax = CertificateLimits.nameCharactersMax
    /// The longest name of a machine, in bytes (RFC 1035, section 2.3.4).
    package static let hostByteCountMax = 253
}

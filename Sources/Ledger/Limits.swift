internal import Primitives

/// The limits of the ledger's types that hold on every chain. What a chain may choose itself is in `ChainLimits`.
package enum LedgerLimits {
    /// The longest method name, in visible ASCII characters.
    package static let methodByteCountMax = 64
    /// The largest transaction that any chain may allow, in bytes.
    package static let transactionByteCountMax = 1 << 20
    /// The most accounts that may sign one transaction.
    package static let signersMax = 16
    /// The most signatures of one transaction: an account with an authentication record may need several.
    package static let signaturesMax = 32
    /// The most keys of one account.
    package static let accountKeysMax = 16
    /// The most extensions of one transaction.
    package static let extensionsMax = 8
    /// The most events of one receipt.
    package static let eventsMax = 1024
    /// The most topics of one event.
    package static let topicsMax = 4
    /// The longest event name, in UTF-8 bytes.
    package static let eventNameByteCountMax = 64
    /// The longest return value or event payload, in bytes.
    package static let payloadByteCountMax = 1 << 20
    /// The longest explanation of a failure, in UTF-8 bytes.
    package static let failureTextByteCountMax = 512
    /// The longest key of a contract, in bytes.
    package static let stateKeyByteCountMax = 256
    /// The longest key of the state: the contract's address, and the longest key of a contract.
    package static let wholeStateKeyByteCountMax = Address.byteCount + stateKeyByteCountMax
    /// The longest value under a key, in bytes.
    package static let stateValueByteCountMax = 1 << 20
    /// The most transactions that any chain may allow in a block.
    package static let blockTransactionCountMax = 1 << 16
    /// The largest block that any chain may allow, in bytes of its transactions: with its receipts it is one message.
    package static let blockByteCountMax = 32 << 20
    /// The most validators of an epoch.
    package static let validatorsMax = 1024
    /// The longest interval between checkpoints that any chain may have, in blocks.
    package static let checkpointIntervalMax: UInt32 = 1 << 20
    /// The longest name of a chain, in UTF-8 bytes.
    package static let chainNameByteCountMax = 64
    /// The most transactions of one bulk submission.
    package static let bulkTransactionsMax = 10_000
    /// The longest explanation of why a transaction was not taken, in UTF-8 bytes.
    package static let refusalTextByteCountMax = 1024
    /// The first execution version with the contract by which members govern a chain.
    package static let executionVersionWithMembersMin: UInt32 = 3
    /// The most expired transactions of one message with receipts.
    package static let bulkExpiredMax = 10_000
}

/// The limits of organisations, their nodes and authorities.
package enum MemberLimits {
    /// The longest name of an organisation or a node, in ASCII characters.
    package static let nameByteCountMax = 32
    /// The most organisations of a chain.
    package static let organisationsMax = 64
    /// The most authorities of one organisation: two that overlap while one takes the other's place, for two services.
    package static let authoritiesMax = 4
    /// The largest certificate of an authority, in bytes. One of ours has about 500.
    package static let authorityByteCountMax = 4_096
    /// The most administrators of one organisation.
    package static let administratorsMax = 16
    /// The most nodes of one organisation, and of all together: they are listed in one answer.
    package static let organisationNodesMax = 64
    package static let nodesMax = 1_024
    /// The most addresses of one node.
    package static let addressesMax = 4
    /// The longest host, and with a colon and a port the longest address, in ASCII characters.
    package static let hostByteCountMax = 128
    package static let addressByteCountMax = hostByteCountMax + 6
}

/// What separates the hashes of different kinds of things, so that the bytes of one never pass for another.
enum Domain {
    static let genesis = Array("cairn.genesis".utf8)
    static let epoch = Array("cairn.epoch.configuration".utf8)
    static let transaction = Array("cairn.transaction".utf8)
    static let block = Array("cairn.block".utf8)
    static let result = Array("cairn.result".utf8)
    static let stateKey = Array("cairn.key".utf8)
    static let stateValue = Array("cairn.value".utf8)
}

/// The first byte of what is hashed into a tree: a leaf can't pass for an inner node, nor one kind of tree for another.
enum TreeTag {
    static let stateLeaf: UInt8 = 0
    static let stateInner: UInt8 = 1
    static let listLeaf: UInt8 = 2
    static let listInner: UInt8 = 3
}

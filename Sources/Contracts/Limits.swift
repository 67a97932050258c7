/// The limits of execution that no gas buys.
package enum ContractLimits {
    /// How deeply contracts may call each other.
    package static let callDepthMax = 64
    /// The most items that one scan gives.
    package static let scanItemsMax = 1000
    /// How many keys an execution remembers from block to block, at some 300 bytes each with their values; when there
    /// are more it begins anew with the next block.
    package static let rememberedKeysMax = 1 << 16
    /// For how many keys a block's execution makes room at first, for each of its transactions.
    package static let expectedKeysPerTransaction = 2
    /// For how many bytes of receipts a block's execution makes room at first, for each of its transactions.
    package static let expectedReceiptByteCount = 256
    /// How many transactions ahead the memory is asked for one.
    static let transactionsReadAhead = 4
    /// How many items a scan takes from the state at a time.
    package static let scanPageItems = 64
    /// The most bytes that a block's transactions may put into their receipts by events and results.
    package static let blockOutputByteCountMax = 16 << 20
    /// What an event takes in a receipt besides its name, topics and data: the contract, and three lengths.
    package static let eventFrameByteCountMax = 32
}

/// The limits of proposals. Part of the execution version.
package enum GovernanceLimits {
    /// The most actions of one proposal.
    package static let actionsMax = 16
    /// The most bytes of a proposal's arguments: a page of reports fits into a contract's answer.
    package static let proposalByteCountMax = 48 << 10
    /// The longest note of a proposal, in UTF-8 bytes.
    package static let noteByteCountMax = 256
    /// The most open proposals, in all and of one organisation.
    package static let openMax = 64
    package static let openOfOrganisationMax = 8
    /// How long a proposal may be open: 90 days.
    package static let lifetimeMillisecondsMax: UInt64 = 90 * 86_400_000
    /// The most proposals of one answer, and how many are looked at for it.
    package static let pageItemsMax = 16
    package static let pageLooksMax = pageItemsMax + openMax
}

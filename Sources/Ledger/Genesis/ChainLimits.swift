package import Primitives

/// The limits that a chain sets itself; the same on every node.
package struct ChainLimits: Hashable, Sendable {
    /// The most gas that a block's transactions may declare together, and so the most that one may.
    package var blockGasMax: UInt64 = 2_000_000_000
    /// The most bytes of transactions in a block.
    package var blockByteCountMax: UInt64 = 4 << 20
    package var blockTransactionCountMax: UInt32 = 10_000
    package var transactionByteCountMax: UInt32 = 128 << 10
    /// How far ahead of a block's time a transaction in it may expire.
    package var expiryWindowMilliseconds: UInt64 = 120_000
    /// The most identities in the duplicates' window.
    package var duplicateWindowCountMax: UInt32 = 4 << 20
    /// After so many blocks a node may keep the state as it was, see `holdsCheckpoint`.
    package var checkpointInterval: UInt32 = 1000

    package init() {}

    /// Whether the limits agree with each other and with what any chain may have; else which does not.
    package var violation: String? {
        if transactionByteCountMax < 512 || transactionByteCountMax > UInt32(LedgerLimits.transactionByteCountMax) {
            return "transactionByteCountMax must be from 512 to \(LedgerLimits.transactionByteCountMax)"
        }
        if blockByteCountMax < UInt64(transactionByteCountMax)
            || blockByteCountMax > UInt64(LedgerLimits.blockByteCountMax)
        {
            return "blockByteCountMax must be from transactionByteCountMax to \(LedgerLimits.blockByteCountMax)"
        }
        if blockTransactionCountMax < 1
            || blockTransactionCountMax > UInt32(LedgerLimits.blockTransactionCountMax)
        {
            return "blockTransactionCountMax must be from 1 to \(LedgerLimits.blockTransactionCountMax)"
        }
        if blockGasMax < 100_000 || blockGasMax > 1 << 53 { return "blockGasMax must be from 100,000 to 2^53" }
        if expiryWindowMilliseconds < 1000 || expiryWindowMilliseconds > 120_000 {
            return "expiryWindowMilliseconds must be from 1,000 to 120,000"
        }
        if duplicateWindowCountMax < blockTransactionCountMax || duplicateWindowCountMax > 1 << 26 {
            return "duplicateWindowCountMax must be from blockTransactionCountMax to \(1 << 26)"
        }
        if checkpointInterval < 1 || checkpointInterval > LedgerLimits.checkpointIntervalMax {
            return "checkpointInterval must be from 1 to \(LedgerLimits.checkpointIntervalMax)"
        }
        return nil
    }

    /// Whether the last of these heights, which are those of one decision, is a checkpoint: a height whose state is
    /// kept. It is if a multiple of the interval is among them, so that the heights are the same on every node, and
    /// each ends a decision.
    package func holdsCheckpoint(_ decision: ClosedRange<UInt64>) -> Bool {
        decision.upperBound / UInt64(checkpointInterval) > (decision.lowerBound - 1) / UInt64(checkpointInterval)
    }
}

extension ChainLimits: CanonicalCodable {
    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(blockGasMax)
        encoder.encode(blockByteCountMax)
        encoder.encode(blockTransactionCountMax)
        encoder.encode(transactionByteCountMax)
        encoder.encode(expiryWindowMilliseconds)
        encoder.encode(duplicateWindowCountMax)
        encoder.encode(checkpointInterval)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        blockGasMax = try decoder.decode()
        blockByteCountMax = try decoder.decode()
        blockTransactionCountMax = try decoder.decode()
        transactionByteCountMax = try decoder.decode()
        expiryWindowMilliseconds = try decoder.decode()
        duplicateWindowCountMax = try decoder.decode()
        checkpointInterval = try decoder.decode()
        if let violation { throw CodingError(.invalid(violation), at: start) }
    }
}

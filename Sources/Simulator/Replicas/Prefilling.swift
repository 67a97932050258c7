internal import Ledger
internal import Primitives
internal import Replica

/// A chain that is there before a simulation begins, without anybody having ordered it.
///
/// Its blocks are a second apart, the last one a second before the start. It ends with an epoch, which the next one
/// continues with the same nodes: so those who have it on their disks need to know of no decision before.
package struct Prefilling: Sendable, Hashable {
    package var blockCount: UInt64
    /// How many keys the state has after the last block.
    package var keyCount: Int
    /// Nodes that are in no epoch, whose disks hold nothing of it, and who begin a second after the others.
    package var emptyPlaces: [Int]
    /// Whether these join by a snapshot, of the last block's state or a later one, or follow from the first block on.
    package var joinsBySnapshot = false

    package init(blockCount: UInt64, keyCount: Int, emptyPlaces: [Int] = []) {
        self.blockCount = blockCount
        self.keyCount = keyCount
        self.emptyPlaces = emptyPlaces
    }

    static let stepMilliseconds: UInt64 = 1000
    static let emptyStartMilliseconds: UInt64 = 1000
    private static let checkpointInterval: UInt64 = 1000

    /// The chain's.
    var genesisTime: Timestamp {
        Timestamp(milliseconds: SimulatedChain.start.milliseconds - (blockCount + 1) * Self.stepMilliseconds)
    }

    func time(ofBlock height: UInt64) -> Timestamp {
        Timestamp(milliseconds: genesisTime.milliseconds + height * Self.stepMilliseconds)
    }

    /// The limits of a chain whose blocks have room for what they hold before the start; its last block is a checkpoint
    /// if there are as many blocks as a whole number of intervals has, or fewer.
    func limits(certifierCount: Int) -> ChainLimits {
        var limits = SimulatedChain.limits
        let count = UInt32(approvalCount(certifierCount) / Int(max(1, blockCount)) + 2 + certifierCount)
        limits.blockTransactionCountMax = max(limits.blockTransactionCountMax, count)
        limits.blockByteCountMax = max(
            limits.blockByteCountMax, UInt64(count) * UInt64(limits.transactionByteCountMax))
        limits.blockGasMax = UInt64(count) * SimulatedChain.voteGasLimit
        let blocksInWindow = UInt32(limits.expiryWindowMilliseconds / Self.stepMilliseconds + 2)
        limits.duplicateWindowCountMax += blocksInWindow * count
        limits.checkpointInterval = UInt32(min(Self.checkpointInterval, blockCount))
        return limits
    }

    /// How many allowances there are, each of which is a key: what else there is is the asset, the certifiers' votes, and
    /// the epoch that they vote for.
    func approvalCount(_ certifierCount: Int) -> Int { keyCount - 2 - certifierCount }

    /// How many of so many approvals are in blocks up to a height.
    func approvals(upTo height: UInt64, of count: Int) -> Int { Int(UInt64(count) * height / blockCount) }

    /// How many blocks hold what the duplicates' window holds after the last one.
    package var windowBlockCount: UInt64 {
        let limits = SimulatedChain.limits
        var height = blockCount
        while height > 0,
            DuplicateWindow.reaches(time(ofBlock: height), from: time(ofBlock: blockCount), limits: limits)
        { height -= 1 }
        return blockCount - height
    }
}

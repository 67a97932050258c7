package import Replica
package import Storage

/// When a node writes files, and how large they become: a matter of speed, never of results.
package struct NodeSizes: Sendable {
    /// When the state is flushed.
    package var flush = WriteBackLimits()
    /// A journal segment at or above this size gets no further records.
    package var journalSegmentBytes = StorageLimits.journalSegmentBytes
    /// A log segment at or above this size gets no further blocks.
    package var logSegmentBytes = StorageLimits.logSegmentBytes
    /// How many bytes of blocks may wait before the block log is synced.
    package var unsyncedLogByteCountMax = NodeLimits.unsyncedLogByteCountMax
    /// How many bytes of committed blocks may wait for the block log before nothing more is ordered.
    package var unloggedByteCountMax = NodeLimits.unloggedByteCountMax
    /// The most committed blocks that are kept in memory for readers.
    package var recentBlocksMax = NodeLimits.recentBlocksMax

    /// How far from a checkpoint the state of a later height may be.
    package var earlier = EarlierLimits()

    package init() {}

    /// So small that a second of load flushes the state, begins segments and lets go of old ones many times: for the
    /// crash test, whose kills would else hardly ever hit any of that.
    package static var tiny: NodeSizes {
        var sizes = NodeSizes()
        sizes.flush.keysToFlush = 100
        sizes.journalSegmentBytes = 64 << 10
        sizes.logSegmentBytes = 96 << 10
        sizes.unsyncedLogByteCountMax = 32 << 10
        sizes.unloggedByteCountMax = 256 << 10
        sizes.recentBlocksMax = 8
        sizes.earlier.blocksMax = 7
        return sizes
    }
}

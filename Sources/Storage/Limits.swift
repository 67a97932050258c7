/// The limits of storage. Those that depend on each other are checked by a test.
package enum StorageLimits {
    /// The longest payload of one record of the journal or a block log: the largest block with its receipts fits.
    package static let recordBytesMax = 160 << 20
    /// The highest number of a record that is read: sequence or height. So no sum of two overflows.
    package static let recordNumberMax = UInt64(1) << 62
    /// How many bytes of records may wait for a sync before `append` refuses.
    package static let bufferedBytesMax = 256 << 20
    /// A journal segment at or above this size gets no further records.
    package static let journalSegmentBytes = 64 << 20
    /// A log segment at or above this size gets no further records. With what one sync may add, offsets within a
    /// segment fit 32 bits.
    package static let logSegmentBytes = 256 << 20
    /// The longest data that is compressed or decompressed at once.
    package static let plainBytesMax = 512 << 20
    /// Zstandard's level: below zero it does less, and faster.
    package static let compressionLevel = -3
    /// Room for a segment is set aside in so many steps.
    package static let segmentStepsCount = 16
    /// How much is read at once when a segment is checked.
    package static let readChunkBytes = 1 << 20
    /// Reads up to this length reserve their memory without asking for the file's size.
    package static let shortReadBytesMax = 1 << 16
    /// The longest value of the key-value store.
    package static let valueBytesMax = 64 << 20
    /// From this many distinct dirty keys on the write-back store wants to be flushed.
    package static let dirtyKeysToFlush = 1_000_000
    /// From this many dirty bytes (keys and values) on it wants to be flushed.
    package static let dirtyBytesToFlush = 256 << 20
    /// With this many times the above in the active overlay, while one is frozen, the executor must wait.
    package static let dirtyFactorMax = 2
    /// The longest format stamp of a data folder.
    package static let stampBytesMax = 4096
    /// The memory for what is read from one checkpoint that is open.
    package static let checkpointCacheBytes = 16 << 20
    /// How many files of one checkpoint may be open.
    package static let checkpointTableFilesMax = 64
    /// How often, and with what pause, a store is tried to be opened again after a disk was full: for a minute.
    package static let reopeningTriesMax = 300
    package static let reopeningPauseMicroseconds: UInt32 = 200_000
    /// How many files RocksDB may hold open.
    package static let openTableFilesMax = 512
    /// The most rows of one run of the index: 4 GiB. Runs that would be longer when merged stay apart.
    package static let indexRunRowsMax = 1 << 28
    /// With so many about one look-up in a hundred for what is not there reads in vain.
    package static let indexFilterBitsPerKey = 12
    /// The memory for filters of all runs of a group. The newest runs' are kept; look-ups in the others always read.
    package static let indexFilterBytesMax = 512 << 20
    /// Pieces of the index in memory are merged up to this size as they come; larger ones only into a run.
    package static let indexChunkRowsMax = 1 << 18
    /// From this many rows in memory on the index wants to be sealed.
    package static let indexRowsToSeal = 1 << 20
    /// With this many times the above in memory, who appends must wait.
    package static let indexRowsFactorMax = 4
    /// How many rows a merge of runs holds in memory.
    package static let indexMergeWindowRows = 1 << 16
    /// After so many bytes of a run a sync, so that none has much to do.
    package static let indexUnsyncedBytesMax = 32 << 20
    /// The most positions that one look-up gives.
    package static let indexPositionsMax = 10_000
    /// The largest directory of a sorted piece has two to this many buckets.
    package static let indexDirectoryBitsMax = 16
}

/// The limits of storage. Those that depend on each other are checked by a test.
package enum StorageLimits {
    /// The longest payload of one record of the journal or a block log: the largest block with its receipts fits.
    package static let recordBytesMax = 160 << 20
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
    /// How much is read at once when a segment is checked.
    package static let readChunkBytes = 1 << 20
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
    /// How many files RocksDB may hold open.
    package static let openTableFilesMax = 512
}

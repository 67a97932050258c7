internal import CRocksDB

/// The options of a `RocksDBStore`; owns RocksDB's objects for them.
///
/// Measured for sorted batches of about a million distinct keys: 335-373 k keys/s settled at a write amplification
/// of 3.7.
final class RocksDBConfiguration {
    let options: OpaquePointer
    let reads: OpaquePointer
    let scans: OpaquePointer
    let writes: OpaquePointer
    let flushes: OpaquePointer

    private static let bloomBitsPerKey = 10.0
    /// `InfoLogLevel::HEADER_LEVEL`, which the C interface has no name for.
    private static let headersOnly: Int32 = 5
    private static let tableFileBytes: UInt64 = 64 << 20
    private static let firstLevelBytes: UInt64 = 512 << 20

    init(_ settings: RocksDBStore.Options) {
        options = Self.made(rocksdb_options_create())
        reads = Self.made(rocksdb_readoptions_create())
        scans = Self.made(rocksdb_readoptions_create())
        writes = Self.made(rocksdb_writeoptions_create())
        flushes = Self.made(rocksdb_flushoptions_create())
        // A scan of everything must not drive the hot blocks out of the cache.
        rocksdb_readoptions_set_fill_cache(scans, 0)
        rocksdb_writeoptions_disable_WAL(writes, 1)
        rocksdb_flushoptions_set_wait(flushes, 1)
        setTables(settings)
        setWriting(settings)
        setHousekeeping(settings)
    }

    deinit {
        rocksdb_flushoptions_destroy(flushes)
        rocksdb_writeoptions_destroy(writes)
        rocksdb_readoptions_destroy(scans)
        rocksdb_readoptions_destroy(reads)
        rocksdb_options_destroy(options)
    }

    private func setTables(_ settings: RocksDBStore.Options) {
        let tables = Self.made(rocksdb_block_based_options_create())
        // The tables take over the filter policy; of the cache they share the ownership.
        rocksdb_block_based_options_set_filter_policy(
            tables, rocksdb_filterpolicy_create_bloom_full(Self.bloomBitsPerKey))
        let cache = Self.made(rocksdb_cache_create_lru(settings.blockCacheBytes))
        rocksdb_block_based_options_set_block_cache(tables, cache)
        rocksdb_cache_destroy(cache)
        rocksdb_block_based_options_set_cache_index_and_filter_blocks(tables, 1)
        rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(tables, 1)
        rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(tables, 1)
        rocksdb_block_based_options_set_format_version(tables, 5)
        let hashed = Int32(rocksdb_block_based_table_data_block_index_type_binary_search_and_hash)
        rocksdb_block_based_options_set_data_block_index_type(tables, hashed)
        rocksdb_block_based_options_set_data_block_hash_ratio(tables, 0.75)
        rocksdb_options_set_block_based_table_factory(options, tables)
        rocksdb_block_based_options_destroy(tables)
    }

    private func setWriting(_ settings: RocksDBStore.Options) {
        rocksdb_options_set_create_if_missing(options, 1)
        // Without atomic flushes: a batch is in one memtable as there is one column family, and with them RocksDB 7.8
        // may wait for ever, even to close, for a flush that failed on a full disk (its pull request 11872).
        rocksdb_options_set_compression(options, Int32(rocksdb_no_compression))
        rocksdb_options_set_write_buffer_size(options, settings.writeBufferBytes)
        rocksdb_options_set_max_write_buffer_number(options, 2)
        rocksdb_options_set_target_file_size_base(options, Self.tableFileBytes)
        rocksdb_options_set_max_bytes_for_level_base(options, Self.firstLevelBytes)
        rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 1)
        rocksdb_options_set_bytes_per_sync(options, 1 << 20)
    }

    private func setHousekeeping(_ settings: RocksDBStore.Options) {
        rocksdb_options_set_max_background_jobs(options, Int32(settings.backgroundJobsMax))
        rocksdb_options_set_max_open_files(options, Int32(settings.openTableFilesMax))
        rocksdb_options_set_keep_log_file_num(options, 4)
        // Nothing but what it says when it opens: where a write to this log fails on a full disk, RocksDB 7.8 as Debian
        // builds it trips over an assertion at the next one and ends the process.
        rocksdb_options_set_info_log_level(options, Self.headersOnly)
    }

    /// RocksDB's constructors give back nil only when memory is exhausted, which nothing can be done about.
    private static func made(_ pointer: OpaquePointer?) -> OpaquePointer {
        guard let pointer else { preconditionFailure("RocksDB has no memory for its options") }
        return pointer
    }
}

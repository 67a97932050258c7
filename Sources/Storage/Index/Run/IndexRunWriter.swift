/// Writes a run from ascending rows, with memory for about a megabyte of each of its parts, and its fences.
struct IndexRunWriter {
    private let file: any DiskFile
    private var footer: IndexRunFooter
    private var fences = IndexFences()
    private var filter: BlockedBloomFilter.Builder
    private var filterEnd: Int
    private var last: IndexRow?
    private var rowCount = 0
    /// Rows that are not written yet, and where they go.
    private var buffer: [UInt8] = []
    private var rowsEnd = 0
    private var unsyncedByteCount = 0

    /// - Parameters:
    ///   - rowCount: exactly.
    ///   - keyCountMax: no fewer distinct keys than there will be; the filter is made for so many.
    init(file: any DiskFile, _ identity: IndexRunIdentity, rowCount: Int, keyCountMax: Int) {
        self.file = file
        footer = IndexRunFooter(
            identity: identity, rowCount: rowCount,
            filterLineCount: BlockedBloomFilter.lineCount(forKeys: min(keyCountMax, rowCount)))
        filter = BlockedBloomFilter.Builder(lineCount: footer.filterLineCount)
        filterEnd = footer.filterOffset
    }

    /// Adds rows, which follow those before and ascend.
    mutating func append(_ rows: [IndexRow]) throws(StorageError) {
        let start = (IndexRunLayout.rowsPerBlock - rowCount % IndexRunLayout.rowsPerBlock) % IndexRunLayout.rowsPerBlock
        for index in stride(from: start, to: rows.count, by: IndexRunLayout.rowsPerBlock) {
            fences.append(first: rows[index])
        }
        addKeys(rows)
        rowCount += rows.count
        IndexRowCoding.append(rows, to: &buffer)
        if buffer.count >= StorageLimits.readChunkBytes {
            try writeRows(buffer.count - buffer.count % IndexRunLayout.blockByteCount)
        }
        if filter.bytes.count >= StorageLimits.readChunkBytes { try writeFilter() }
    }

    /// Writes what is left, and syncs the file.
    mutating func finish() throws(StorageError) {
        precondition(rowCount == footer.rowCount, "as many rows as announced")
        try writeRows(buffer.count)
        filter.finish()
        try writeFilter()
        let fenceBytes = fences.bytes
        footer.fencesChecksum = Checksum.crc32c(fenceBytes)
        try write(fenceBytes, at: footer.fencesOffset)
        try write(footer.bytes, at: footer.offset)
        try file.sync()
    }

    private mutating func addKeys(_ rows: [IndexRow]) {
        for row in rows where row.key != last?.key {
            footer.keyCount += 1
            filter.insert(row.key)
            last = row
        }
    }

    private mutating func writeRows(_ byteCount: Int) throws(StorageError) {
        for start in stride(from: 0, to: byteCount, by: IndexRunLayout.blockByteCount) {
            let block = start..<min(byteCount, start + IndexRunLayout.blockByteCount)
            fences.append(checksum: Checksum.crc32c(buffer, in: block))
        }
        let rest = Array(buffer[byteCount...])
        buffer.removeLast(rest.count)
        try write(buffer, at: rowsEnd)
        rowsEnd += byteCount
        buffer.removeAll(keepingCapacity: true)
        buffer.append(contentsOf: rest)
    }

    private mutating func writeFilter() throws(StorageError) {
        footer.filterChecksum = Checksum.crc32c(
            filter.bytes, in: filter.bytes.indices, continuing: footer.filterChecksum)
        try write(filter.bytes, at: filterEnd)
        filterEnd += filter.bytes.count
        filter.bytes.removeAll(keepingCapacity: true)
    }

    /// Syncs now and then, so that a large run's last sync does not hold up everybody else's.
    private mutating func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
        guard !bytes.isEmpty else { return }
        try file.write(bytes, at: offset)
        unsyncedByteCount += bytes.count
        guard unsyncedByteCount >= StorageLimits.indexUnsyncedBytesMax else { return }
        try file.sync()
        unsyncedByteCount = 0
    }
}

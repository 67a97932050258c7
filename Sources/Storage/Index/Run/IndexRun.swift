/// An immutable file of sorted rows of consecutive blocks. Its fences and, as far as there is room, its filter are in
/// memory; its blocks are read, and checked, at need.
final class IndexRun: Sendable {
    let footer: IndexRunFooter
    let filter: BlockedBloomFilter?
    private let file: any DiskFile
    private let fences: IndexFences

    var heights: ClosedRange<UInt64> { footer.identity.heights }
    var path: String { file.path }

    private init(file: any DiskFile, footer: IndexRunFooter, fences: IndexFences, filter: BlockedBloomFilter?) {
        (self.file, self.footer, self.fences, self.filter) = (file, footer, fences, filter)
    }

    /// Opens the file of the run `identity`, and checks everything but its rows.
    static func open(
        _ file: any DiskFile, _ identity: IndexRunIdentity, filterBytesMax: Int
    ) throws(StorageError) -> IndexRun {
        let footer = try IndexRunFooter.read(file, identity)
        let fences = try read(
            file, footer.fencesOffset, footer.fencesByteCount, checksum: footer.fencesChecksum, "fences")
        var filter: BlockedBloomFilter?
        if footer.filterByteCount <= filterBytesMax {
            filter = BlockedBloomFilter(
                bytes: try read(
                    file, footer.filterOffset, footer.filterByteCount, checksum: footer.filterChecksum, "filter"))
        }
        return IndexRun(
            file: file, footer: footer, fences: IndexFences(bytes: fences, blockCount: footer.blockCount),
            filter: filter)
    }

    /// The same run, which then needs less memory and more reads.
    func withoutFilter() -> IndexRun { IndexRun(file: file, footer: footer, fences: fences, filter: nil) }

    /// The rows of some blocks.
    func rows(ofBlocks blocks: Range<Int>) throws(StorageError) -> [IndexRow] {
        let start = blocks.lowerBound * IndexRunLayout.blockByteCount
        let end = min(blocks.upperBound * IndexRunLayout.blockByteCount, footer.fencesOffset)
        let bytes = try file.read(at: start, count: end - start)
        guard bytes.count == end - start else {
            throw .indexDamaged(path: path, offset: start, what: "the file became shorter")
        }
        for block in blocks {
            let offset = block * IndexRunLayout.blockByteCount - start
            let range = offset..<min(bytes.count, offset + IndexRunLayout.blockByteCount)
            guard Checksum.crc32c(bytes, in: range) == fences.checksums[block] else {
                throw .indexDamaged(path: path, offset: start + offset, what: "a block's checksum does not match")
            }
        }
        var rows: [IndexRow] = []
        IndexRowCoding.append(bytes, in: bytes.indices, to: &rows)
        return rows
    }

    /// Reads and checks all rows.
    func verify() throws(StorageError) {
        let step = StorageLimits.readChunkBytes / IndexRunLayout.blockByteCount
        for start in stride(from: 0, to: footer.blockCount, by: step) {
            _ = try rows(ofBlocks: start..<min(footer.blockCount, start + step))
        }
    }

    func find(_ query: IndexQuery, into result: inout [IndexPosition]) throws(StorageError) {
        guard filter?.mayContain(query.key) ?? true, let last = fences.block(before: query.highest) else { return }
        let first = fences.block(before: query.lowest) ?? 0
        for step in 0...last - first {
            guard result.count < query.limit else { return }
            let block = query.order == .ascending ? first + step : last - step
            let rows = try rows(ofBlocks: block..<block + 1)
            query.take(from: rows, in: rows.indices, into: &result)
        }
    }

    private static func read(
        _ file: any DiskFile, _ offset: Int, _ count: Int, checksum: UInt32, _ what: String
    ) throws(StorageError) -> [UInt8] {
        let bytes = try file.read(at: offset, count: count)
        guard bytes.count == count, Checksum.crc32c(bytes) == checksum else {
            throw .indexDamaged(path: file.path, offset: offset, what: "the checksum of the \(what) does not match")
        }
        return bytes
    }
}

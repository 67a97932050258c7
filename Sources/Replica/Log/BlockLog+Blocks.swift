package import Cryptography
internal import Ledger
package import Storage

extension BlockLog {
    /// Buffers a block.
    package func append(_ block: CommittedBlock) throws(StorageError) {
        try append(height: block.height, payload: block.record)
    }

    /// The whole block of a height, every part of it checked; nil outside `heights`.
    package func block(at height: UInt64, in suite: Suite) throws(BlockRecordError) -> CommittedBlock? {
        let record: [UInt8]?
        do throws(StorageError) { record = try read(height: height) } catch { throw .unreadable(error) }
        return try record.map { (record) throws(BlockRecordError) in
            try CommittedBlock(record: record, suite: suite)
        }
    }

    /// Reads the block of a height by parts; nil outside `heights`. The reader reads from this log while it lives.
    package func reader(at height: UInt64) throws(BlockRecordError) -> BlockRecordReader? {
        let byteCount: Int?
        do throws(StorageError) { byteCount = try self.byteCount(height: height) } catch { throw .unreadable(error) }
        guard let byteCount else { return nil }
        return try BlockRecordReader(byteCount: byteCount) { range throws(StorageError) in
            try self.read(height: height, range: range) ?? []
        }
    }
}

package import Cryptography
internal import Ledger
internal import Primitives
internal import Storage

extension CommittedBlock {
    /// Decodes a whole record, and checks that all its parts agree.
    package init(record: [UInt8], suite: Suite) throws(BlockRecordError) {
        var reader = try BlockRecordReader(byteCount: record.count) { range in Array(record[range]) }
        let (identities, expiries) = (try reader.identities(), try reader.expiries())
        let entries = try reader.entries(in: suite)
        var writes = BlockWrites()
        for (index, entry) in entries.enumerated() {
            guard entry.transaction.identity == identities[index], entry.transaction.expiry == expiries[index] else {
                throw .damaged(
                    part: "columns",
                    CodingError(.invalid("transaction \(index) has another identity or expiry"), at: 0))
            }
            writes.append(entry.writes)
        }
        self.init(
            certified: CertifiedBlock(
                block: Block(header: reader.header, transactions: entries.map(\.transaction)),
                receipts: entries.map(\.receipt), certificate: reader.certificate),
            writes: writes)
    }
}

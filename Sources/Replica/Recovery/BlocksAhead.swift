internal import Cryptography
internal import Ledger
internal import Primitives
internal import Storage

/// Reads the log's blocks one after another, and one further where it is asked whether a block is the last of its
/// decision. What was read ahead is kept, so that no block is decoded twice.
struct BlocksAhead {
    private let log: BlockLog
    private let suite: Suite
    /// The block that was read last, or why it could not be.
    private var newest: (height: UInt64, block: Result<CommittedBlock?, BlockRecordError>)?

    init(log: BlockLog, suite: Suite) {
        self.log = log
        self.suite = suite
    }

    /// The whole block of a height; nil outside of the log.
    mutating func block(at height: UInt64) throws(BlockRecordError) -> CommittedBlock? {
        if let newest, newest.height == height { return try newest.block.get() }
        let block: Result<CommittedBlock?, BlockRecordError>
        do throws(BlockRecordError) { block = .success(try log.block(at: height, in: suite)) } catch {
            block = .failure(error)
        }
        newest = (height, block)
        return try block.get()
    }

    /// Whether a block is the last of its decision: if the next one is of another. Of the log's newest its certificate
    /// is believed, as one that names the next epoch does so in the last block only.
    mutating func isLastOfDecision(_ block: CommittedBlock) -> Bool {
        // One that can't be read is found at its own turn.
        guard let next = try? self.block(at: block.height + 1) else {
            return block.certified.certificate.statement.nextEpoch != .zero
        }
        return next.header.decision != block.header.decision
    }
}

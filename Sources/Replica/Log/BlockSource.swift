package import Cryptography
package import Storage

/// Where committed blocks are read from: a log, or what shares one between threads.
package protocol BlockSource {
    /// Those that are in it; nil if there are none.
    var heights: ClosedRange<UInt64>? { get }
    /// Up to where they are durable; nil if none is.
    var durableHeight: UInt64? { get }

    /// The whole block of a height, every part of it checked; nil outside `heights`.
    func block(at height: UInt64, in suite: Suite) throws(BlockRecordError) -> CommittedBlock?

    /// Reads the block of a height by parts; nil outside `heights`.
    func reader(at height: UInt64) throws(BlockRecordError) -> BlockRecordReader?
}

extension BlockLog: BlockSource {}

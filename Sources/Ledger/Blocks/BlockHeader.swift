package import Cryptography
package import Primitives

/// What names a block: its place in the chain and the transactions in it. The results are in its certificate.
package struct BlockHeader: Hashable, Sendable, CanonicalCodable {
    package static let currentVersion: UInt16 = 1

    package let group: GroupIdentifier
    /// 1 for the first block after genesis.
    package let height: UInt64
    /// The hash of the block before; for the first block the digest of genesis.
    package let parent: Digest
    package let epoch: UInt64
    /// The version of the rules by which the block is executed.
    package let executionVersion: UInt32
    /// The decision that ordered the block.
    package let decision: UInt64
    package let time: Timestamp
    package let transactionCount: UInt32
    package let transactionsRoot: Digest

    package init(
        group: GroupIdentifier, height: UInt64, parent: Digest, epoch: UInt64, executionVersion: UInt32,
        decision: UInt64, time: Timestamp, transactionCount: UInt32, transactionsRoot: Digest
    ) {
        self.group = group
        self.height = height
        self.parent = parent
        self.epoch = epoch
        self.executionVersion = executionVersion
        self.decision = decision
        self.time = time
        self.transactionCount = transactionCount
        self.transactionsRoot = transactionsRoot
    }

    package func hash(in suite: Suite) -> Digest { suite.hash(Domain.block + canonicalBytes) }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(Self.currentVersion)
        encoder.encode(group)
        encoder.encode(height)
        encoder.encode(parent)
        encoder.encode(epoch)
        encoder.encode(executionVersion)
        encoder.encode(decision)
        encoder.encode(time)
        encoder.encode(transactionCount)
        encoder.encode(transactionsRoot)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let version: UInt16 = try decoder.decode()
        guard version == Self.currentVersion else {
            throw CodingError(.invalid("block version \(version) is not known"), at: start)
        }
        group = try decoder.decode()
        height = try decoder.decode()
        parent = try decoder.decode()
        epoch = try decoder.decode()
        executionVersion = try decoder.decode()
        decision = try decoder.decode()
        time = try decoder.decode()
        transactionCount = try decoder.decode()
        transactionsRoot = try decoder.decode()
    }
}

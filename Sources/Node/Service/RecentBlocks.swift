internal import Ledger
internal import Primitives
internal import Replica
internal import Synchronization

/// The newest committed blocks in memory, where readers look before they go to the log.
final class RecentBlocks: Sendable {
    private struct State {
        /// Ascending by height, without gaps.
        var blocks: [CommittedBlock] = []
        var byteCounts: [Int] = []
        var byteCount = 0
        var locations: [Digest: TransactionLocation] = [:]
    }

    private let state = Mutex(State())
    private let archive: Archive
    private let countMax: Int

    init(archive: Archive, countMax: Int) {
        self.archive = archive
        self.countMax = countMax
    }

    /// Takes in a block, and lets go of old ones that can be read from the log.
    func append(_ block: CommittedBlock, byteCount: Int) {
        state.withLock { state in
            state.blocks.append(block)
            state.byteCounts.append(byteCount)
            state.byteCount += byteCount
            for (index, signed) in block.certified.block.transactions.enumerated() {
                state.locations[signed.identity] = TransactionLocation(height: block.height, index: UInt32(index))
            }
            while state.blocks.count > 1, state.blocks[0].height <= archive.height,
                state.blocks.count > countMax || state.byteCount > NodeLimits.recentByteCountMax
            {
                let oldest = state.blocks.removeFirst().certified.block
                for signed in oldest.transactions { state.locations[signed.identity] = nil }
                state.byteCount -= state.byteCounts.removeFirst()
            }
        }
    }

    func block(at height: UInt64) -> CommittedBlock? {
        state.withLock { state in
            guard let first = state.blocks.first, height >= first.height,
                height - first.height < UInt64(state.blocks.count)
            else { return nil }
            return state.blocks[Int(height - first.height)]
        }
    }

    /// The height of the newest block; nil if none was committed since the start.
    var height: UInt64? { state.withLock { $0.blocks.last?.height } }

    func location(of transaction: Digest) -> TransactionLocation? {
        state.withLock { $0.locations[transaction] }
    }
}

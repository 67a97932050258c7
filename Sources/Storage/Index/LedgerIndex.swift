internal import Synchronization

/// How much the index holds in memory, and how its pieces grow.
package struct LedgerIndexLimits: Hashable, Sendable {
    package var chunkRowsMax = StorageLimits.indexChunkRowsMax
    package var runRowsMax = StorageLimits.indexRunRowsMax
    package var filterBytesMax = StorageLimits.indexFilterBytesMax
    /// Of all pieces that are merged together.
    package var mergeWindowRows = StorageLimits.indexMergeWindowRows
    package var rowsToSeal = StorageLimits.indexRowsToSeal

    package init() {}
}

/// A group's index: where in its blocks something is found, by key.
///
/// It is a list of sorted pieces, each of consecutive blocks, without gaps: the oldest are runs, the files
/// `index/<group>/<first height>-<last height>.run`; the newest are in memory. Pieces are merged as they gather, four
/// to one. The whole is made from the blocks and can be made again from them: what a crash or damage takes is asked
/// for anew when it opens.
///
/// Three sorts of threads use it at the same time. One *writer* appends and seals; it never waits for the disk. One
/// *maintainer* calls `maintain`, which writes runs. Any number of *readers* look up, in whatever pieces there are
/// when they begin, and wait for neither.
package final class LedgerIndex: Sendable {
    /// What there is at one moment.
    struct Contents: Sendable {
        /// Oldest first.
        var runs: [IndexRun] = []
        /// Oldest first, after the runs.
        var chunks: [IndexChunk] = []
        /// The last heights of the runs to come, ascending. No chunk crosses one.
        var seals: [UInt64] = []
        /// The next block's height; nil while any will do.
        var next: UInt64?
        /// The heights of the runs in which a damaged block was found.
        var damaged: Set<ClosedRange<UInt64>> = []
    }

    package let group: UInt32
    let disk: any Disk
    let stamp: UInt64
    let limits: LedgerIndexLimits
    let contents: Mutex<Contents>
    /// Held by the maintainer while it works.
    let maintenance = Mutex(())

    init(
        disk: any Disk, group: UInt32, stamp: UInt64, limits: LedgerIndexLimits, runs: [IndexRun], next: UInt64?
    ) {
        (self.disk, self.group, self.stamp, self.limits) = (disk, group, stamp, limits)
        contents = Mutex(Contents(runs: Self.keepingFilters(runs, limits), next: next))
    }

    static func folder(_ group: UInt32) -> String { "index/\(group)" }

    func identity(_ heights: ClosedRange<UInt64>) -> IndexRunIdentity {
        IndexRunIdentity(group: group, stamp: stamp, heights: heights)
    }

    /// The runs, of which the newest keep the filters for which there is memory.
    static func keepingFilters(_ runs: [IndexRun], _ limits: LedgerIndexLimits) -> [IndexRun] {
        var left = limits.filterBytesMax
        let kept: [IndexRun] = runs.reversed().map { run in
            guard let filter = run.filter else { return run }
            left -= filter.byteCount
            return left >= 0 ? run : run.withoutFilter()
        }
        return kept.reversed()
    }
}

// MARK: - What is there

extension LedgerIndex {
    /// Numbers for an operator.
    package struct Statistics: Hashable, Sendable {
        package let runCount: Int
        package let runRowCount: Int
        package let chunkCount: Int
        package let chunkRowCount: Int
        /// Of fences and filters.
        package let runMemoryByteCount: Int
        /// The heights in runs that are partly unreadable, until the next start makes them again.
        package let damagedHeights: [ClosedRange<UInt64>]
    }

    package var statistics: Statistics {
        let contents = contents.withLock { $0 }
        return Statistics(
            runCount: contents.runs.count, runRowCount: contents.runs.reduce(0) { $0 + $1.footer.rowCount },
            chunkCount: contents.chunks.count, chunkRowCount: contents.chunkRowCount,
            runMemoryByteCount: contents.runs.reduce(0) {
                $0 + $1.footer.fencesByteCount + ($1.filter?.byteCount ?? 0)
            },
            damagedHeights: contents.damaged.sorted { $0.lowerBound < $1.lowerBound })
    }

    /// The next block to append; nil if the index is empty, which begins with whatever block comes first.
    package var nextHeight: UInt64? { contents.withLock { $0.next } }

    /// The highest block whose rows are in a run, and so survive a crash; nil if there is none.
    package var durableHeight: UInt64? { contents.withLock { $0.runs.last?.heights.upperBound } }

    /// Which of a log's blocks the index lacks: the caller appends them, oldest first.
    package func rowsNeeded(for heights: ClosedRange<UInt64>) -> ClosedRange<UInt64>? {
        let next = nextHeight ?? heights.lowerBound
        return next <= heights.upperBound ? next...heights.upperBound : nil
    }
}

extension LedgerIndex.Contents {
    var chunkRowCount: Int { chunks.reduce(0) { $0 + $1.rows.count } }

    /// How many of the oldest chunks are to be sealed.
    var sealingChunkCount: Int {
        guard let seal = seals.last else { return 0 }
        return chunks.prefix { $0.heights.upperBound <= seal }.count
    }
}

/// How much of an index is checked when it opens. Reading rows always checks them.
package enum IndexVerification: Sendable {
    /// Every run's footer, fences and filter.
    case withoutRows
    /// The rows too.
    case everything
}

/// What opening an index found and did.
package struct LedgerIndexReport: Hashable, Sendable {
    /// A run that is of no use any more; its blocks are asked for anew.
    package struct Dropped: Hashable, Sendable {
        package let path: String
        package let why: String
    }

    package fileprivate(set) var runCount = 0
    package fileprivate(set) var rowCount = 0
    /// The heights in runs; nil if there are none.
    package fileprivate(set) var heights: ClosedRange<UInt64>?
    /// How many leftovers of interrupted or finished merges were removed.
    package fileprivate(set) var leftoverCount = 0
    package fileprivate(set) var dropped: [Dropped] = []
}

extension LedgerIndex {
    /// What opening gives back.
    package struct Opened {
        package let index: LedgerIndex
        package let report: LedgerIndexReport
    }

    /// Opens a group's index, or starts one.
    ///
    /// Kept are the runs that cover the log's first blocks without a gap. A run that is missing or damaged, of another
    /// stamp or format, or beyond the log's end is dropped with all above it, since these are the smaller ones and the
    /// index has no gaps; the report says which, and `rowsNeeded` which blocks must be appended again.
    ///
    /// - Parameters:
    ///   - heights: those of the log's durable blocks; nil if it has none.
    ///   - stamp: a number for what keys depend on: the seed, the kinds of things that have rows. Change it to have
    ///     the index made anew.
    package static func open(
        disk: any Disk, group: UInt32, stamp: UInt64, heights: ClosedRange<UInt64>?,
        verification: IndexVerification = .withoutRows, limits: LedgerIndexLimits = LedgerIndexLimits()
    ) throws(StorageError) -> Opened {
        try disk.makeFolder("index")
        try disk.makeFolder(folder(group))
        // What is found counts from now on: before others are removed for its sake its name must be durable.
        try disk.sync(folder: folder(group))
        var recovery = IndexRecovery(
            disk: disk, group: group, stamp: stamp, verification: verification, filterBytesMax: limits.filterBytesMax)
        try recovery.read(heights)
        let index = LedgerIndex(
            disk: disk, group: group, stamp: stamp, limits: limits, runs: recovery.runs, next: recovery.next)
        return Opened(index: index, report: recovery.report)
    }
}

/// Chooses among the runs of a folder those that cover a log's first blocks, and removes the others.
private struct IndexRecovery {
    let disk: any Disk
    let group: UInt32
    let stamp: UInt64
    let verification: IndexVerification
    let filterBytesMax: Int
    var report = LedgerIndexReport()
    var runs: [IndexRun] = []
    /// The height after the last run; nil if the log holds no blocks.
    var next: UInt64?

    private var folder: String { LedgerIndex.folder(group) }

    init(disk: any Disk, group: UInt32, stamp: UInt64, verification: IndexVerification, filterBytesMax: Int) {
        (self.disk, self.group, self.stamp) = (disk, group, stamp)
        (self.verification, self.filterBytesMax) = (verification, filterBytesMax)
    }

    mutating func read(_ heights: ClosedRange<UInt64>?) throws(StorageError) {
        next = heights?.lowerBound
        for (name, covered) in try candidates() {
            if let next, covered.upperBound < next, covered.lowerBound >= heights?.lowerBound ?? 0 {
                try remove(name, as: nil)
            } else if covered.lowerBound == next, let heights {
                try take(name, covered, heights)
            } else {
                try remove(name, as: "it does not follow the runs before it")
            }
        }
        report.runCount = runs.count
        report.rowCount = runs.reduce(0) { $0 + $1.footer.rowCount }
        if let first = runs.first, let last = runs.last {
            report.heights = first.heights.lowerBound...last.heights.upperBound
        }
    }

    /// The runs in the folder, ascending; of those with one first height the longest first, which holds the others'
    /// rows if all were written by merges.
    private mutating func candidates() throws(StorageError) -> [(String, ClosedRange<UInt64>)] {
        var found: [(name: String, heights: ClosedRange<UInt64>)] = []
        for name in try disk.list(folder) {
            if let heights = IndexRunLayout.heights(of: name) {
                found.append((name, heights))
            } else if name.hasSuffix(IndexRunLayout.unfinishedSuffix) {
                try remove(name, as: nil)
            }
        }
        return found.sorted { left, right in
            if left.heights.lowerBound != right.heights.lowerBound {
                return left.heights.lowerBound < right.heights.lowerBound
            }
            return left.heights.upperBound > right.heights.upperBound
        }
    }

    private mutating func take(
        _ name: String, _ covered: ClosedRange<UInt64>, _ heights: ClosedRange<UInt64>
    ) throws(StorageError) {
        guard covered.upperBound <= heights.upperBound else {
            return try remove(name, as: "the log ends before it, at height \(heights.upperBound)")
        }
        do throws(StorageError) {
            let run = try IndexRun.open(
                try disk.open(DiskPath.join(folder, name), .existing),
                IndexRunIdentity(group: group, stamp: stamp, heights: covered), filterBytesMax: filterBytesMax)
            if case .everything = verification { try run.verify() }
            runs.append(run)
            next = covered.upperBound + 1
        } catch {
            switch error {
            case .indexDamaged, .unknownFormat: try remove(name, as: error.cause)
            default: throw error
            }
        }
    }

    /// - Parameter why: nil for a leftover.
    private mutating func remove(_ name: String, as why: String?) throws(StorageError) {
        let path = DiskPath.join(folder, name)
        try disk.remove(path)
        if let why {
            report.dropped.append(LedgerIndexReport.Dropped(path: path, why: why))
        } else {
            report.leftoverCount += 1
        }
    }
}

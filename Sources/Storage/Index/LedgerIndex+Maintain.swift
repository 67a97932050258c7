internal import Synchronization

// For the maintainer.
extension LedgerIndex {
    /// Does one piece of work that waits: writes a sealed run, or merges runs. Gives back whether there was any, so
    /// that the maintainer calls again; false too if `continues` stopped it, which leaves everything as it was.
    ///
    /// If it throws, nothing that is in the index is lost, and it may be called again: after `noSpace` once there is
    /// room. A run found damaged is removed
    /// from the folder, so that the next start makes it again; until then its whole blocks still answer.
    package func maintain(while continues: () -> Bool = { true }) throws(StorageError) -> Bool {
        try maintenance.withLock { _ throws(StorageError) in
            try removeDamaged()
            let now = contents.withLock { $0 }
            if let seal = now.seals.first { return try write(sealUpTo: seal, now, continues) }
            return try mergeRuns(now, continues)
        }
    }

    private func write(
        sealUpTo height: UInt64, _ now: Contents, _ continues: () -> Bool
    ) throws(StorageError) -> Bool {
        let chunks = now.chunks.prefix { $0.heights.upperBound <= height }
        guard let first = chunks.first, let last = chunks.last else { preconditionFailure("a seal has its chunks") }
        let counts = (rows: chunks.reduce(0) { $0 + $1.rows.count }, keys: chunks.reduce(0) { $0 + $1.keyCount })
        let heights = first.heights.lowerBound...last.heights.upperBound
        var rows = RowMerge(Array(chunks), windowRows: limits.mergeWindowRows)
        guard let run = try write(&rows, counts, heights, continues) else { return false }
        contents.withLock { contents in
            contents.chunks.removeFirst(chunks.count)
            contents.seals.removeFirst()
            contents.runs = Self.keepingFilters(contents.runs + [run], limits)
        }
        return true
    }

    private func mergeRuns(_ now: Contents, _ continues: () -> Bool) throws(StorageError) -> Bool {
        guard let range = nextMerge(now) else { return false }
        let old = Array(now.runs[range])
        let counts = (
            rows: old.reduce(0) { $0 + $1.footer.rowCount }, keys: old.reduce(0) { $0 + $1.footer.keyCount }
        )
        let heights = old[0].heights.lowerBound...old[old.count - 1].heights.upperBound
        var rows = RowMerge(old, windowRows: limits.mergeWindowRows)
        let written: IndexRun?
        do throws(StorageError) {
            written = try write(&rows, counts, heights, continues)
        } catch {
            note(error, of: old)
            throw error
        }
        guard let written else { return false }
        contents.withLock { contents in
            contents.runs.replaceSubrange(range, with: [written])
            contents.runs = Self.keepingFilters(contents.runs, limits)
        }
        for run in old { try remove(run.heights) }
        return true
    }

    /// Damaged runs, and what is older, are left alone: the next start makes them again.
    private func nextMerge(_ now: Contents) -> Range<Int>? {
        let start = now.runs.lastIndex { now.damaged.contains($0.heights) }.map { $0 + 1 } ?? 0
        let counts = now.runs[start...].map(\.footer.rowCount)
        return GeometricMerge.next(counts, rowsMax: limits.runRowsMax).map {
            $0.lowerBound + start..<$0.upperBound + start
        }
    }

    /// Writes a run so that after a crash all of it is there or nothing. nil if stopped.
    private func write(
        _ rows: inout RowMerge, _ counts: (rows: Int, keys: Int), _ heights: ClosedRange<UInt64>,
        _ continues: () -> Bool
    ) throws(StorageError) -> IndexRun? {
        let path = path(heights)
        let unfinished = path + IndexRunLayout.unfinishedSuffix
        do throws(StorageError) {
            guard try write(&rows, counts, heights, to: unfinished, continues) else { return nil }
        } catch {
            // What it took shall be there for the next try, or for others.
            if case .noSpace = error, try disk.list(Self.folder(group)).contains(DiskPath(unfinished).name) {
                try disk.remove(unfinished)
            }
            throw error
        }
        try disk.rename(unfinished, to: path)
        try disk.sync(folder: Self.folder(group))
        return try IndexRun.open(
            try disk.open(path, .existing), identity(heights), filterBytesMax: limits.filterBytesMax)
    }

    /// Writes a run's file and syncs it; false, without the file, if stopped.
    private func write(
        _ rows: inout RowMerge, _ counts: (rows: Int, keys: Int), _ heights: ClosedRange<UInt64>,
        to unfinished: String, _ continues: () -> Bool
    ) throws(StorageError) -> Bool {
        let file = try disk.open(unfinished, .either)
        try file.truncate(to: 0)
        var writer = IndexRunWriter(file: file, identity(heights), rowCount: counts.rows, keyCountMax: counts.keys)
        while case let next = try rows.next(), !next.isEmpty {
            guard continues() else {
                try disk.remove(unfinished)
                return false
            }
            try writer.append(next)
        }
        try writer.finish()
        return true
    }

    private func removeDamaged() throws(StorageError) {
        let heights = contents.withLock { $0.damaged.sorted { $0.lowerBound < $1.lowerBound } }
        guard !heights.isEmpty else { return }
        let names = try disk.list(Self.folder(group))
        for heights in heights where names.contains(IndexRunLayout.name(heights)) { try remove(heights) }
        try disk.sync(folder: Self.folder(group))
    }

    private func remove(_ heights: ClosedRange<UInt64>) throws(StorageError) { try disk.remove(path(heights)) }

    private func path(_ heights: ClosedRange<UInt64>) -> String {
        DiskPath.join(Self.folder(group), IndexRunLayout.name(heights))
    }
}

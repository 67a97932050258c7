internal import Synchronization

// For any thread.
extension LedgerIndex {
    /// Where, in a range of positions, things with this key are. Another thing may share the key, so each answer is
    /// a candidate, which the block confirms or not.
    ///
    /// There may be more than are given if these are as many as `limit`: then ask again from the last one's
    /// `successor`, or `predecessor`, on.
    ///
    /// - Parameter limit: the most positions to give; more than `StorageLimits.indexPositionsMax` counts as that.
    /// - Throws: `indexDamaged` if a piece of a run that might hold an answer cannot be read.
    package func positions(
        of key: IndexKey, in range: ClosedRange<IndexPosition> = .lowest ... .highest,
        order: IndexOrder = .ascending, limit: Int = StorageLimits.indexPositionsMax
    ) throws(StorageError) -> [IndexPosition] {
        let contents = contents.withLock { $0 }
        let limit = max(0, min(limit, StorageLimits.indexPositionsMax))
        let query = IndexQuery(key: key, positions: range, order: order, limit: limit)
        var result: [IndexPosition] = []
        switch order {
        case .ascending:
            for run in contents.runs { try find(query, in: run, &result) }
            for chunk in contents.chunks { find(query, in: chunk, &result) }
        case .descending:
            for chunk in contents.chunks.reversed() { find(query, in: chunk, &result) }
            for run in contents.runs.reversed() { try find(query, in: run, &result) }
        }
        return result
    }

    private func find(_ query: IndexQuery, in chunk: IndexChunk, _ result: inout [IndexPosition]) {
        guard result.count < query.limit, query.meets(chunk.heights) else { return }
        chunk.find(query, into: &result)
    }

    private func find(
        _ query: IndexQuery, in run: IndexRun, _ result: inout [IndexPosition]
    ) throws(StorageError) {
        guard result.count < query.limit, query.meets(run.heights) else { return }
        do throws(StorageError) {
            try run.find(query, into: &result)
        } catch {
            note(error, of: [run])
            throw error
        }
    }

    /// Remembers the run that an error says is damaged.
    func note(_ error: StorageError, of runs: [IndexRun]) {
        guard case .indexDamaged(let path, _, _) = error, let run = runs.first(where: { $0.path == path }) else {
            return
        }
        contents.withLock { contents in
            if contents.runs.contains(where: { $0.heights == run.heights }) { contents.damaged.insert(run.heights) }
        }
    }
}

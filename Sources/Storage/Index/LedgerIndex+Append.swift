internal import Synchronization

// For the writer only.
extension LedgerIndex {
    /// Takes the rows of the next block. Heights are consecutive; a row may come twice and then counts once.
    package func append(height: UInt64, rows: [IndexRow]) {
        precondition(height <= IndexPosition.heightMax)
        let places = IndexPosition.all(in: height...height)
        precondition(rows.allSatisfy { places.contains($0.position) }, "a row of another block")
        var tail = contents.withLock { contents in
            precondition(contents.next ?? height == height, "heights are consecutive")
            return Array(contents.chunks.dropFirst(contents.sealingChunkCount))
        }
        let known = tail.count
        tail.append(IndexChunk(heights: height...height, rows: Self.ordered(rows)))
        merge(&tail)
        contents.withLock { contents in
            // The maintainer takes chunks only from before these.
            contents.chunks.removeLast(known)
            contents.chunks += tail
            contents.next = height + 1
        }
    }

    /// Asks for everything up to `height` to become a run, which `maintain` writes. The caller knows that these
    /// blocks are durable in the log; it asks, for example, when the log has begun another segment.
    package func seal(upTo height: UInt64) {
        let now = contents.withLock { $0 }
        precondition(now.next.map { height < $0 } ?? false, "only what was appended is sealed")
        guard let first = now.chunks.first, height >= first.heights.lowerBound,
            now.seals.last.map({ $0 < height }) ?? true
        else { return }
        let tail = now.chunks.dropFirst(now.sealingChunkCount)
        let divided = tail.flatMap { $0.divided(after: height) }
        contents.withLock { contents in
            contents.chunks.removeLast(tail.count)
            contents.chunks += divided
            contents.seals.append(height)
        }
    }

    /// How many rows are in memory only.
    package var memoryRowCount: Int { contents.withLock { $0.chunkRowCount } }

    /// Whether so much is in memory that the caller should seal what the log holds durably.
    package var shouldSeal: Bool {
        let (rows, isSealing) = contents.withLock { ($0.chunkRowCount, !$0.seals.isEmpty) }
        return !isSealing && rows >= limits.rowsToSeal
    }

    /// Whether so much is in memory that the caller must wait for the maintainer before it appends more.
    package var isOverLimit: Bool { memoryRowCount >= StorageLimits.indexRowsFactorMax * limits.rowsToSeal }

    /// In the order of positions, as chunks want those of one key.
    private static func ordered(_ rows: [IndexRow]) -> [IndexRow] {
        for index in rows.indices.dropFirst() where rows[index].position < rows[index - 1].position {
            return rows.sorted { $0.position < $1.position }
        }
        return rows
    }

    private func merge(_ chunks: inout [IndexChunk]) {
        while let range = GeometricMerge.next(chunks.map(\.rows.count), rowsMax: limits.chunkRowsMax) {
            chunks.replaceSubrange(range, with: [IndexChunk(merging: chunks[range])])
        }
    }
}

package import Cryptography
package import Ledger
internal import Primitives
package import Storage

/// Cuts the state of a checkpoint into a snapshot, in a folder of a disk.
///
/// ```
/// checkpoint ──by key──▶ sorted runs ──by path──▶ chunks, one after another ──▶ manifest
/// ```
/// It reads the checkpoint once from beginning to end, which must stay open meanwhile, and takes about three times
/// `ReplicaLimits.snapshotRunByteCount` of memory however large the state is, and a buffer for each run. While it works
/// the disk holds the state's pairs twice more. It blocks, so it belongs on a thread of its own.
package struct SnapshotCutter {
    private let suite: Suite
    private let statement: ResultStatement
    private let folder: SnapshotFolder
    private let chunkByteCount: Int
    private let runByteCount: Int

    /// Of the state that a certificate's statement names, which must be verified. All nodes must cut by the same limit.
    package init(
        certified statement: ResultStatement, suite: Suite, on disk: any Disk, in folder: String,
        chunkByteCount: Int = ReplicaLimits.snapshotChunkByteCount,
        runByteCount: Int = ReplicaLimits.snapshotRunByteCount
    ) {
        self.suite = suite
        self.statement = statement
        self.folder = SnapshotFolder(disk: disk, path: folder)
        (self.chunkByteCount, self.runByteCount) = (chunkByteCount, runByteCount)
    }

    /// Cuts what a checkpoint of the statement's height holds. A snapshot that is in the folder is replaced.
    package func cut(
        _ reader: any KeyValueReader, isStopping: () -> Bool = { false }
    ) throws(SnapshotError) -> KeptSnapshot {
        try checkHeight(of: reader)
        do throws(StorageError) { try folder.clear() } catch { throw .storage(error) }
        let contents: SnapshotContents
        do throws(SnapshotError) {
            var sorter = PairSorter(suite: suite, file: try folder.openRuns(), runByteCount: runByteCount)
            try read(reader, into: &sorter, isStopping)
            contents = try write(try sorter.sorted(), isStopping)
        } catch {
            // What is half there is in the way of nothing but room.
            try? folder.clear()
            throw error
        }
        do throws(StorageError) { try folder.finish(contents) } catch { throw .storage(error) }
        return try KeptSnapshot(certified: statement, suite: suite, in: folder)
    }

    private func checkHeight(of reader: any KeyValueReader) throws(SnapshotError) {
        let applied: UInt64?
        do throws(StorageError) {
            applied = try WriteBackStore(store: reader, group: statement.group).appliedHeight
        } catch { throw .storage(error) }
        guard applied == statement.height else { throw .notCertified(height: statement.height) }
    }

    private func read(
        _ reader: any KeyValueReader, into sorter: inout PairSorter, _ isStopping: () -> Bool
    ) throws(SnapshotError) {
        let layout = StateLayout(group: statement.group)
        var failure: SnapshotError?
        var count = 0
        do throws(StorageError) {
            try reader.iterate(from: layout.valuesPrefix, prefix: layout.valuesPrefix) { key, value in
                count += 1
                do throws(SnapshotError) {
                    if count.isMultiple(of: ReplicaLimits.snapshotPairsTogetherMax), isStopping() { throw .stopping }
                    let pair = SnapshotPair(key: layout.stateKey(key), value: value)
                    try pair.checkLengths()
                    do throws(StorageError) { try sorter.append(pair) } catch { throw .storage(error) }
                } catch { failure = error }
                return failure == nil
            }
        } catch { throw .storage(error) }
        if let failure { throw failure }
    }

    /// Writes the chunks, and checks that they are the state that was certified.
    private func write(
        _ pairs: consuming PairMerge, _ isStopping: () -> Bool
    ) throws(SnapshotError) -> SnapshotContents {
        var cut = StateCut(pairs, chunkByteCount: chunkByteCount)
        var chunks: [SnapshotManifest.Chunk] = []
        var writer = try folder.openChunks()
        while let (subtree, pairs) = try cut.next() {
            guard !isStopping() else { throw .stopping }
            guard chunks.count < ReplicaLimits.snapshotChunksMax else { throw .tooManyChunks }
            let leaves = pairs.map(\.leaf)
            let digest = subtree.digest(of: leaves[...], in: suite)
            do throws(StorageError) {
                try writer.append(pairs, index: UInt32(chunks.count), height: statement.height)
            } catch { throw .storage(error) }
            chunks.append(SnapshotManifest.Chunk(subtree: subtree, digest: digest))
        }
        let byteCounts: [UInt32]
        do throws(StorageError) { byteCounts = try writer.finish() } catch { throw .storage(error) }
        let manifest = SnapshotManifest(height: statement.height, chunks: chunks)
        guard manifest.root(in: suite) == statement.stateRoot else { throw .notCertified(height: statement.height) }
        return SnapshotContents(manifest: manifest, byteCounts: byteCounts)
    }
}

extension SnapshotPair {
    /// Checks that a state may hold it.
    fileprivate func checkLengths() throws(SnapshotError) {
        let count = key.storeKey.count
        guard count >= Address.byteCount, count <= LedgerLimits.wholeStateKeyByteCountMax else {
            throw .foreignPair(CodingError(.invalid("a key of \(count) bytes"), at: 0))
        }
        guard value.count <= LedgerLimits.stateValueByteCountMax else {
            throw .foreignPair(
                CodingError(
                    .lengthAboveLimit(length: value.count, maximum: LedgerLimits.stateValueByteCountMax), at: 0))
        }
    }
}

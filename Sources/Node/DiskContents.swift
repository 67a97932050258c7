internal import Ledger
internal import Replica
internal import Storage

/// What a node finds on its disk.
struct DiskContents {
    let journal: Journal
    let log: BlockLog
    let state: GroupState
    let contents: JournalContents
    private let parts: NodeParts

    /// Opens the journal, the log and the state, and reports what a crash had torn.
    init(_ parts: NodeParts, notice: (NodeNotice) -> Void) throws(NodeError) {
        self.parts = parts
        let group = parts.genesis.group
        let opened = try NodeError.storage { () throws(StorageError) in
            _ = try DataFolder.open(parts.disk, program: "cairn")
            return try Journal.open(disk: parts.disk, segmentBytes: parts.sizes.journalSegmentBytes)
        }
        if let torn = opened.report.torn { notice(.journalCut(torn)) }
        journal = opened.journal
        do throws(RecoveryError) {
            contents = try JournalContents(group: group, records: opened.records)
        } catch { throw .recovery(error) }
        let required = contents.loggedHeight > 0 ? contents.loggedHeight : nil
        let log = try NodeError.storage { () throws(StorageError) in
            try BlockLog.open(
                disk: parts.disk, group: group, requiredHeight: required, segmentBytes: parts.sizes.logSegmentBytes)
        }
        if let torn = log.report.torn { notice(.logCut(torn)) }
        self.log = log.log
        state = GroupState(
            group: group,
            store: try NodeError.storage { () throws(StorageError) in
                try WriteBackStore(store: parts.store, group: group, limits: parts.sizes.flush)
            })
    }

    func recover(notice: (NodeNotice) -> Void) throws(NodeError) -> NetworkRecovered {
        do throws(RecoveryError) {
            return try NetworkRecovered(
                genesis: parts.genesis, log: log, state: state, store: parts.store, contents: contents,
                checkpoints: parts.checkpoints, progress: { notice(.recovering($0)) },
                openDecisions: openDecisions)
        } catch { throw .recovery(error) }
    }

    /// Opens the log of an epoch's decisions, which must hold one unless that is 0.
    var openDecisions: @Sendable (_ epoch: UInt64, _ required: UInt64) throws(StorageError) -> BlockLog {
        let (disk, group, segmentBytes) = (parts.disk, parts.genesis.group, parts.sizes.logSegmentBytes)
        return { epoch, required throws(StorageError) in
            try BlockLog.open(
                disk: disk, group: group, name: NetworkRecovered.decisionsFolder(of: epoch),
                requiredHeight: required > 0 ? required : nil, segmentBytes: segmentBytes
            ).log
        }
    }

    /// Opens the index, and makes what it lacks from the log. To be called when the log is whole.
    func openIndex(notice: (NodeNotice) -> Void) throws(NodeError) -> (LedgerIndex, LedgerRows) {
        let (index, rows) = try NodeError.storage { () throws(StorageError) in
            let seed = try IndexSeed.load(parts.disk)
            let opened = try LedgerIndex.open(
                disk: parts.disk, group: parts.genesis.group, stamp: seed.stamp, heights: log.heights)
            return (opened.index, LedgerRows(seed: seed.words))
        }
        guard let heights = log.heights, let needed = index.rowsNeeded(for: heights) else { return (index, rows) }
        for height in needed {
            try NodeError.storage { () throws(StorageError) in try add(height, to: index, rows) }
            if height.isMultiple(of: Self.progressStep) { notice(.indexing(height: height, last: needed.upperBound)) }
        }
        return (index, rows)
    }

    private static let progressStep: UInt64 = 1000

    private func add(_ height: UInt64, to index: LedgerIndex, _ rows: LedgerRows) throws(StorageError) {
        do throws(BlockRecordError) {
            guard let block = try log.block(at: height, in: parts.genesis.suite) else { return }
            index.append(height: height, rows: rows.rows(of: block))
        } catch {
            throw .damaged(path: "log", offset: 0, height: height, what: "\(error)")
        }
        guard index.shouldSeal || index.isOverLimit else { return }
        index.seal(upTo: height)
        while try index.maintain() {}
    }
}

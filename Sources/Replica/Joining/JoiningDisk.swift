internal import Contracts
internal import Cryptography
package import Ledger
internal import Primitives
package import Storage

/// Puts onto the disk what a `Joiner` asks for, so that after a crash at any point it holds what it held before, or says
/// that joining is under way, or is a whole node.
///
/// ```
/// store: says so, cleared ──▶ log: cleared ──▶ store: chunks ──▶ tail, backwards ──▶ log ──▶ mark ──▶ store: whole ──▶ journal
/// ```
/// - The first thing that it writes says in the store that a state is being restored (`SnapshotRestorer`). From there to
///   the end nobody takes store or log for a node's, and who starts begins to join anew; chunks that are there stay.
/// - The tail comes from the newest block down, and a log can only grow upwards. So it stands in a log of its own, whose
///   first record is the newest block, until all of it is there.
/// - What the journal must be told is written into a file, the mark, before the store becomes whole. As long as it is
///   there, the record belongs into the journal, once more if it is there already.
///
/// Blocks: it belongs on the thread that flushes. Decision logs and the journal stay as they are: what this node has
/// signed it must not forget.
package struct JoiningDisk {
    /// What a disk holds of joining.
    package enum Standing: Hashable, Sendable {
        /// Nothing: it is as any other.
        case none
        /// Joining has begun, and must come to its end.
        case underWay
        /// Joining has ended. This record must be durable in the journal, then `settle` be called.
        case whole(ReplicaRecord)
    }

    private let genesis: Genesis
    private let disk: any Disk
    private let store: any KeyValueStore
    private let segmentBytes: Int
    private let batchByteCount: Int
    private var statement: ResultStatement?
    private var restorer: SnapshotRestorer?
    /// Nil before the first blocks of this attempt.
    private var tail: BlockLog?

    package init(
        genesis: Genesis, disk: any Disk, store: any KeyValueStore,
        segmentBytes: Int = StorageLimits.logSegmentBytes,
        batchByteCount: Int = ReplicaLimits.restoredByteCount
    ) {
        self.genesis = genesis
        self.disk = disk
        self.store = store
        self.segmentBytes = segmentBytes
        self.batchByteCount = batchByteCount
    }

    // MARK: Where it stands

    package static func standing(
        of group: GroupIdentifier, disk: any Disk, store: any KeyValueReader
    ) throws(JoiningError) -> Standing {
        do throws(StorageError) {
            if try SnapshotRestorer.isUnderWay(in: store, group: group) { return .underWay }
            return try JoinMark.read(group, on: disk).map { .whole($0.record) } ?? .none
        } catch { throw .storage(error) }
    }

    /// The record is durable in the journal.
    package static func settle(_ group: GroupIdentifier, disk: any Disk) throws(JoiningError) {
        do throws(StorageError) { try JoinMark.remove(group, on: disk) } catch { throw .storage(error) }
    }

    // MARK: What a joiner asks for

    /// Does what belongs to the disk, and gives what the joiner is to be told; nil for what is others'.
    package mutating func perform(_ effect: JoinerEffect) throws(JoiningError) -> JoinerInput? {
        switch effect {
        case .begin(let attempt, let statement, let manifest):
            return .begun(attempt: attempt, isComplete: try begin(statement, manifest))
        case .store(let attempt, let chunk):
            do throws(SnapshotError) { try restorer?.put(chunk) } catch { throw .snapshot(error) }
            return .stored(attempt: attempt)
        case .keep(let attempt, let blocks):
            do throws(StorageError) { try keep(blocks) } catch { throw .storage(error) }
            return .kept(attempt: attempt)
        case .readEpoch(let attempt, let number):
            return .epoch(attempt: attempt, number, try epoch(number))
        case .send, .verify, .refused, .ended: return nil
        }
    }

    private mutating func begin(
        _ statement: ResultStatement, _ manifest: SnapshotManifest
    ) throws(JoiningError) -> [Bool] {
        do throws(SnapshotError) {
            if self.statement == statement, restorer != nil {
                try restorer?.recut(manifest)
            } else {
                (self.statement, tail) = (statement, nil)
                restorer = try SnapshotRestorer(
                    manifest, certified: statement, suite: genesis.suite, store: store, batchByteCount: batchByteCount)
            }
        } catch { throw .snapshot(error) }
        // Only now that the store says so.
        do throws(StorageError) { try clear(BlockLog.blocks) } catch { throw .storage(error) }
        return restorer?.isComplete ?? []
    }

    private mutating func keep(_ blocks: [CommittedBlock]) throws(StorageError) {
        guard let statement else { return }
        if tail == nil {
            try clear(Self.tailName)
            tail = try BlockLog.open(
                disk: disk, group: genesis.group, name: Self.tailName, segmentBytes: segmentBytes
            ).log
        }
        guard let tail else { return }
        for block in blocks {
            let number = (tail.heights?.upperBound ?? 0) + 1
            precondition(block.height + number == statement.height + 1, "the tail goes down block by block")
            try tail.append(height: number, payload: block.record)
        }
        try tail.sync()
    }

    /// The restored state may have been asked for the epoch, or for any before it.
    private mutating func epoch(_ number: UInt64) throws(JoiningError) -> EpochConfiguration? {
        if number == genesis.epoch.number { return genesis.epoch }
        do throws(SnapshotError) { try restorer?.flush() } catch { throw .snapshot(error) }
        let bytes: [UInt8]?
        do throws(StorageError) {
            bytes = try store.get(StateLayout(group: genesis.group).key(of: EpochStore.epochKey(number)))
        } catch { throw .storage(error) }
        return bytes.flatMap { try? PlannedEpoch(canonicalBytes: $0) }?.configuration
    }

    // MARK: The end

    /// Makes a node of what is there. The record it gives must be durable in the journal; then `settle` is to be called.
    package mutating func finish(_ state: JoinedState) throws(JoiningError) -> ReplicaRecord {
        let mark = JoinMark(height: state.statement.height)
        guard statement == state.statement, let tail, let count = tail.heights?.upperBound else {
            throw .incomplete(height: state.statement.height)
        }
        do throws(StorageError) {
            try writeLog(from: tail, count: count, upTo: state.statement.height)
            try KeptHandOvers(state.handOvers).write(genesis.group, on: disk)
            try mark.write(genesis.group, on: disk)
        } catch { throw .storage(error) }
        do throws(SnapshotError) { try restorer?.finish() } catch { throw .snapshot(error) }
        // In the way of nothing but room.
        self.tail = nil
        try? clear(Self.tailName)
        return mark.record
    }

    /// Turns the tail round.
    private func writeLog(from tail: BlockLog, count: UInt64, upTo height: UInt64) throws(StorageError) {
        try clear(BlockLog.blocks)
        let log = try BlockLog.open(disk: disk, group: genesis.group, segmentBytes: segmentBytes).log
        for number in stride(from: count, to: 0, by: -1) {
            guard let payload = try tail.read(height: number) else { continue }
            try log.append(height: height + 1 - number, payload: payload)
            if log.bufferedByteCount >= ReplicaLimits.tailSyncByteCount { try log.sync() }
        }
        try log.sync()
    }

    // MARK: Files

    private static let tailName = "tail"

    /// Removes the files of a log of the group's.
    private func clear(_ name: String) throws(StorageError) {
        let folder = "\(name)/\(genesis.group)"
        try disk.makeFolder(name)
        try disk.makeFolder(folder)
        let names = try disk.list(folder)
        guard !names.isEmpty else { return }
        for name in names { try disk.remove("\(folder)/\(name)") }
        try disk.sync(folder: folder)
    }
}

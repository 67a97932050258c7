package import Contracts
internal import Cryptography
package import Ledger
internal import Primitives
package import Storage

/// Why the state after an earlier block can't be asked.
package enum EarlierStateError: Error, Sendable {
    /// It is not kept, nor near enough to one that is. `nearest` are the checkpoints around it.
    case notKept(height: UInt64, nearest: [UInt64])
    /// What is kept of it can't be read, or is not what the chain has certified.
    case unavailable(height: UInt64, String)
    /// There is no more time for it.
    case stopping
}

/// How far from a checkpoint the state of a later height may be.
package struct EarlierLimits: Hashable, Sendable {
    package var blocksMax = ReplicaLimits.earlierBlocksMax
    package var writesMax = ReplicaLimits.earlierWritesMax
    /// Of values.
    package var byteCountMax = ReplicaLimits.earlierByteCountMax
    /// Of transactions.
    package var readByteCountMax = ReplicaLimits.earlierReadByteCountMax

    package init() {}
}

/// The states after earlier blocks, for reading, proofs and calls.
///
/// ```
/// checkpoint ──height c──▶ what the blocks c+1… wrote, from the log ──▶ height h
/// ```
/// Before the first block the state is empty, which serves as a checkpoint too. A state is used only if its tree has
/// the root that the certificate of its block names.
package struct EarlierStates {
    package typealias Blocks = (UInt64) throws(BlockRecordError) -> CommittedBlock?

    private let genesis: Genesis
    private let rules: ExecutionRules
    private let checkpoints: Checkpoints?
    private let limits: EarlierLimits
    private let block: Blocks
    /// Whether the node stops, so that no question is to keep it.
    private let isStopping: () -> Bool
    /// Those that were used last, the newest at the end.
    private var open: [Executor] = []

    package init(
        genesis: Genesis, rules: ExecutionRules, checkpoints: Checkpoints?, limits: EarlierLimits = EarlierLimits(),
        isStopping: @escaping () -> Bool = { false }, block: @escaping Blocks
    ) {
        self.isStopping = isStopping
        self.limits = limits
        self.genesis = genesis
        self.rules = rules
        self.checkpoints = checkpoints
        self.block = block
    }

    /// Asks the state after the block of a height, which must be committed: by an executor whose head it is, and which
    /// must execute nothing.
    package mutating func ask<Value>(
        at height: UInt64, _ question: (inout Executor) throws(StateUnavailable) -> Value
    ) throws(EarlierStateError) -> Value {
        var executor = try take(height)
        let value: Value
        do throws(StateUnavailable) { value = try question(&executor) } catch {
            throw .unavailable(height: height, error.description)
        }
        if open.count == ReplicaLimits.openEarlierStatesMax { open.removeFirst() }
        open.append(executor)
        return value
    }

    /// Lets go of checkpoints that are not to be kept any more.
    package mutating func prune() throws(StorageError) {
        open.removeAll()
        try checkpoints?.prune()
    }

    /// The state of a height, from those that are open or as a new one.
    private mutating func take(_ height: UInt64) throws(EarlierStateError) -> Executor {
        if let index = open.firstIndex(where: { $0.head.height == height }) { return open.remove(at: index) }
        let kept: [UInt64]
        do throws(StorageError) { kept = [0] + (try checkpoints?.store.heights() ?? []) } catch {
            throw .unavailable(height: height, error.description)
        }
        let base = kept.last { $0 <= height } ?? 0
        var executor = try opened(base)
        guard base < height else { return executor }
        guard try advance(&executor, to: height) else {
            throw .notKept(height: height, nearest: [base] + kept.filter { $0 > height }.prefix(1))
        }
        return executor
    }
}

// MARK: - Checkpoints

extension EarlierStates {
    private func opened(_ height: UInt64) throws(EarlierStateError) -> Executor {
        guard height > 0, let checkpoints else {
            let empty = try reading(height) { () throws(StorageError) in try state(over: MemoryKeyValueStore()) }
            return executor(Head(genesis: genesis), empty)
        }
        let certified = try committed(height).certified
        let stored = try reading(height) { () throws(StorageError) in try state(over: checkpoints.store.open(height)) }
        var executor = executor(head(certified), stored)
        let root: Digest
        do throws(StateUnavailable) { root = try executor.stateRoot() } catch {
            throw .unavailable(height: height, error.description)
        }
        guard stored.store.appliedHeight == height, root == certified.certificate.statement.stateRoot else {
            // It would never be of use, and the next one below may be.
            try? checkpoints.store.remove(height)
            throw .unavailable(
                height: height, "the checkpoint is not the state that block \(height) was certified with")
        }
        return executor
    }

    private func state(over reader: any KeyValueReader) throws(StorageError) -> GroupState {
        GroupState(group: genesis.group, store: try WriteBackStore(store: reader, group: genesis.group))
    }

    private func executor(_ head: Head, _ state: GroupState) -> Executor {
        Executor(
            genesis: genesis, head: head, window: DuplicateWindow(countMax: 0), state: state, rules: rules,
            cachedTreePagesMax: ReplicaLimits.earlierTreePagesMax)
    }

    private func head(_ block: CertifiedBlock) -> Head {
        Head(header: block.block.header, hash: block.certificate.statement.blockHash)
    }

    private func reading<Value>(
        _ height: UInt64, _ body: () throws(StorageError) -> Value
    ) throws(EarlierStateError) -> Value {
        do throws(StorageError) { return try body() } catch {
            throw .unavailable(height: height, error.description)
        }
    }
}

// MARK: - Blocks

extension EarlierStates {
    /// Adds what the blocks after the executor's head wrote, up to a height. False if that is more than may be.
    private func advance(_ executor: inout Executor, to height: UInt64) throws(EarlierStateError) -> Bool {
        guard height - executor.head.height <= limits.blocksMax else { return false }
        var writes: [StateWrite] = []
        var (byteCount, readByteCount) = (0, 0)
        for next in executor.head.height + 1...height {
            let block = try committed(next)
            readByteCount += block.certified.block.transactions.reduce(0) { $0 + $1.byteCount }
            let added = block.writes.all
            writes += added
            byteCount += added.reduce(0) { $0 + ($1.stored?.count ?? 0) }
            guard writes.count <= limits.writesMax, byteCount <= limits.byteCountMax,
                readByteCount <= limits.readByteCountMax
            else { return false }
        }
        let certified = try committed(height).certified
        let root: Digest
        do throws(StateUnavailable) { root = try executor.adopt(writes, upTo: head(certified)) } catch {
            throw .unavailable(height: height, error.description)
        }
        guard root == certified.certificate.statement.stateRoot else {
            throw .unavailable(height: height, "what the log holds of writes does not give the certified state")
        }
        return true
    }

    private func committed(_ height: UInt64) throws(EarlierStateError) -> CommittedBlock {
        guard !isStopping() else { throw .stopping }
        let found: CommittedBlock?
        do throws(BlockRecordError) { found = try block(height) } catch {
            throw .unavailable(height: height, "block \(height): \(error)")
        }
        guard let found else { throw .unavailable(height: height, "block \(height) is not in the log") }
        return found
    }
}

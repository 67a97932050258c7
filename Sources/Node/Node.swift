internal import Consensus
internal import Contracts
package import Cryptography
internal import Foundation
package import Ledger
internal import Networking
internal import Primitives
package import Replica
package import Storage
internal import Synchronization

/// What a node is made of.
package struct NodeParts: Sendable {
    package let genesis: Genesis
    /// The certifier's key.
    package let key: any SigningKey
    /// Where the journal and the log are.
    package let disk: any Disk
    /// Where the state is.
    package let store: any KeyValueStore
    package let sizes: NodeSizes

    package init(
        genesis: Genesis, key: any SigningKey, disk: any Disk, store: any KeyValueStore,
        sizes: NodeSizes = NodeSizes()
    ) {
        self.genesis = genesis
        self.key = key
        self.disk = disk
        self.store = store
        self.sizes = sizes
    }
}

/// What the node reports of its doing, for its log.
package enum NodeNotice: Sendable {
    case journalCut(TornTail)
    case logCut(TornTail)
    case recovering(RecoveryProgress)
    case started(height: UInt64, replayed: UInt64)
    /// A stopping node gave up on what it had taken and not confirmed.
    case notDrained
    case stopped(height: UInt64)
}

/// A running node: the shell that gives a group's replica its threads, disks, keys and clocks.
///
/// ```
/// clients ─▶ (door) ─▶ replica ─▶ verifier pool         journal ─▶ (durable) ─▶ replica ─▶ clients
///                         ├─────▶ executor ─▶ flusher ─▶ state store
///                         └─────▶ archive ─▶ block log
/// ```
package final class Node: Sendable {
    package let genesis: Genesis
    package let terms: ChainTerms
    let threads: NodeThreads
    let replica: ReplicaThread
    let archive: Archive
    let openQuestions = OpenQuestions()
    private let executor: ExecutorThread
    private let flusher: Flusher
    private let verifier: PooledVerifier
    private let drained: Mailbox<Bool>
    private let notice: @Sendable (NodeNotice) -> Void
    /// In the order in which work flows, the flusher's thread last.
    private let running: Mutex<[DedicatedThread]>

    /// Recovers the chain from disk and starts the node. `onFailure` is called when the node can't go on; the process
    /// must end then.
    package init(
        _ parts: NodeParts, notice: @escaping @Sendable (NodeNotice) -> Void,
        onFailure: @escaping @Sendable (NodeError) -> Void
    ) throws(NodeError) {
        guard let certifier = parts.genesis.epoch.certifiers.firstIndex(of: parts.key.publicKey) else {
            throw .notACertifier(parts.key.publicKey)
        }
        let contents = try DiskContents(parts, notice: notice)
        let recovered = try contents.recover(notice: notice)
        let head = recovered.executor.head
        let threads = NodeThreads(fail: onFailure)
        let drained = Mailbox<Bool>(capacity: 1)
        genesis = parts.genesis
        terms = parts.genesis.terms
        self.notice = notice
        self.threads = threads
        self.drained = drained
        archive = Archive(
            log: contents.log, suite: parts.genesis.suite,
            unsyncedByteCountMax: parts.sizes.unsyncedLogByteCountMax)
        flusher = Flusher(store: parts.store, archive: archive, threads: threads)
        executor = ExecutorThread(
            executor: recovered.executor, state: contents.state, flusher: flusher, threads: threads)
        let journal = JournalWriter(
            journal: contents.journal, group: parts.genesis.group, decisions: contents.journaledDecisions,
            threads: threads)
        let archiver = ArchiveThread(archive: archive, threads: threads)
        do throws(NetworkingError) {
            verifier = PooledVerifier(threadCount: NodeLimits.verifierThreads)
            replica = ReplicaThread(
                replica: Replica(
                    genesis: parts.genesis, gas: recovered.gas, certifier: UInt32(certifier), engine: Solo(),
                    head: head,
                    uncertified: recovered.uncertified, executed: recovered.executor.window),
                committed: recovered.committed,
                recent: RecentBlocks(archive: archive, countMax: parts.sizes.recentBlocksMax), verifier: verifier,
                key: parts.key, threads: threads,
                onDrained: { _ = drained.send(true) })
            running = Mutex([
                try threads.door.start(fail: onFailure) { works throws(NodeError) in for work in works { work() } },
                try replica.start(), try executor.start(), try journal.start(), try archiver.start(),
                try threads.reader.start(fail: onFailure) { reads throws(NodeError) in for read in reads { read() } },
                try flusher.start(),
            ])
        } catch { throw .networking(error) }
        notice(.started(height: head.height, replayed: recovered.replayedBlockCount))
    }

    /// Takes nothing new, brings what was taken to its end, flushes the state and ends all threads.
    package func stop() {
        threads.replica.send(.input(.drain))
        if drained.takeAll(waitMilliseconds: NodeLimits.drainMillisecondsMax)?.isEmpty ?? true {
            // Blocks are missing that a flush may wait for; what was confirmed is in the journal.
            flusher.giveUp()
            notice(.notDrained)
        }
        let running = running.withLock { running in
            let threads = running
            running = []
            return threads
        }
        // One after the other, so that each thread finishes what the ones before gave it.
        let closes = [
            threads.door.close, threads.replica.close, threads.executor.close, threads.journal.close,
            threads.archive.close, threads.reader.close,
        ]
        for (close, thread) in zip(closes, running) {
            close()
            thread.join()
        }
        archive.close()
        executor.flushAtEnd()
        threads.flusher.close()
        running.last?.join()
        verifier.stop()
        notice(.stopped(height: archive.height))
    }
}

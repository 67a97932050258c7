import Contracts
import Ledger
import Primitives
import Storage
import TestSupport
import Testing

@testable import Replica

/// The disk of a node that joins, and what it starts with afterwards.
struct JoinedNode {
    let chain: JoiningChain
    let disk: MemoryDisk
    let store: MemoryKeyValueStore

    var group: GroupIdentifier { chain.genesis.group }

    var standing: JoiningDisk.Standing {
        get throws { try JoiningDisk.standing(of: group, disk: disk, store: store) }
    }

    func joiningDisk(over store: (any KeyValueStore)? = nil) -> JoiningDisk {
        JoiningDisk(
            genesis: chain.genesis, disk: disk, store: store ?? self.store, segmentBytes: 4096, batchByteCount: 500)
    }

    /// Starts as a node does, and checks that all is there.
    func check(_ record: ReplicaRecord, at height: UInt64) throws {
        guard case .logged(_, let logged) = record else { throw SimulationFailure("the record is \(record)") }
        guard logged == height else { throw SimulationFailure("the record says \(logged), not \(height)") }
        let journal = try LedgerMaker.journal([record], of: chain.genesis)
        let log = try BlockLog.open(
            disk: disk, group: group, requiredHeight: journal.loggedHeight, segmentBytes: 4096
        ).log
        let state = GroupState(group: group, store: try WriteBackStore(store: store, group: group))
        let recovered = try NetworkRecovered(
            genesis: chain.genesis, log: log, state: state, store: store, contents: journal
        ) { epoch, required throws(StorageError) in
            try BlockLog.open(
                disk: disk, group: group, name: NetworkRecovered.decisionsFolder(of: epoch),
                requiredHeight: required > 0 ? required : nil, segmentBytes: 4096
            ).log
        }
        var executor = recovered.executor
        let block = chain[height]
        guard executor.head == Head(header: block.header, hash: block.certified.certificate.statement.blockHash) else {
            throw SimulationFailure("the head is \(executor.head), not that of block \(height)")
        }
        guard try contents(of: store) == chain.contentsByHeight[height] else {
            throw SimulationFailure("another state at \(height)")
        }
        try checkLog(log, at: height)
        try goOn(&executor, after: height)
    }

    /// All blocks that reach into the window are there, and are those of the chain.
    private func checkLog(_ log: BlockLog, at height: UInt64) throws {
        let lowest = try chain.lowest(ofTailAt: height)
        guard log.heights == lowest...height else {
            throw SimulationFailure("the log has \(String(describing: log.heights)), not \(lowest)...\(height)")
        }
        for number in lowest...height {
            let found = try #require(try log.block(at: number, in: chain.genesis.suite))
            guard found.certified == chain[number].certified, found.writes.all.isEmpty else {
                throw SimulationFailure("block \(number) is another")
            }
        }
    }

    /// What follows has the same results, and what was executed before is a duplicate.
    private func goOn(_ executor: inout Executor, after height: UInt64) throws {
        var tail = SnapshotTail(certified: chain.certificate(height).statement, genesis: chain.genesis)
        while let wanted = tail.wantedHeight { _ = try tail.take(chain[wanted]) }
        guard executor.window.count == tail.duplicates?.count else { throw SimulationFailure("another window") }
        for block in chain.ledger.blocks where block.height > height {
            guard try executor.violation(of: block.certified.block) == nil else {
                throw SimulationFailure("block \(block.height) is refused")
            }
            let isLast = block.certified.certificate.statement.nextEpoch != .zero
            let executed = try executor.follow(block.certified.block, isLastOfEpoch: isLast)
            guard executed.blocks[0].statement == block.certified.certificate.statement else {
                throw SimulationFailure("block \(block.height) has another result")
            }
        }
    }
}

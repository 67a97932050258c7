import Consensus
import Ledger
import Primitives
import Storage
import TestSupport
import Testing

@testable import Replica
@testable import Simulator

/// Chains that are there before a simulation begins.
@Suite struct PrefilledTests {
    private static let small = Prefilling(blockCount: 200, keyCount: 2000, emptyPlaces: [4])

    private static func options(_ prefilling: Prefilling, seed: UInt64 = 1) -> SimulationOptions {
        var options = SimulationOptions(engine: .fbft, nodeCount: 5, seed: seed, faults: [])
        options.verification = .all
        options.prefilled = prefilling
        return options
    }

    private static func prefilled(_ prefilling: Prefilling) throws -> (PrefilledDisk, SimulatedChain) {
        let options = options(prefilling)
        var generator = SeededGenerator(seed: 1)
        let signatures = try Signatures(
            count: SimulatedChain.keyCount(options), signing: options.signing, generator: &generator)
        let chain = try SimulatedChain(options, .all, [0, 1, 2, 3], signatures)
        return (try PrefilledDisk(prefilling, chain, signatures), chain)
    }

    @Test func `a node recovers from a disk with a chain before the start`() throws {
        let (prefilled, chain) = try Self.prefilled(Self.small)
        let disk = MemoryDisk()
        disk.restore(prefilled.disk)
        let store = MemoryKeyValueStore(copying: prefilled.store)
        let journal = try Journal.open(disk: disk)
        let contents = try JournalContents(group: chain.genesis.group, records: journal.records)
        #expect(contents.loggedHeight == 200 && contents.loggedDecision == 0)
        let log = try BlockLog.open(disk: disk, group: chain.genesis.group, requiredHeight: 200).log
        let state = GroupState(
            group: chain.genesis.group, store: try WriteBackStore(store: store, group: chain.genesis.group))
        #expect(state.store.appliedHeight == 200)
        let recovered = try NetworkRecovered(
            genesis: chain.genesis, log: log, state: state, store: store, contents: contents
        ) { epoch, _ throws(StorageError) in
            try BlockLog.open(
                disk: disk, group: chain.genesis.group, name: NetworkRecovered.decisionsFolder(of: epoch)
            ).log
        }
        let last = try #require(prefilled.statements.last)
        #expect(recovered.executor.head.height == 200 && recovered.executor.head.hash == last.blockHash)
        #expect(recovered.epochs.current == prefilled.epoch && recovered.epochs.origin == 200)
        var tree = StateTree(suite: chain.suite, cachedPagesMax: 1)
        #expect(try tree.root(from: state) == last.stateRoot)
        #expect(
            try state.scan(prefix: StateKey(StoreKey.empty), from: StateKey(StoreKey.empty), limit: 5000).count == 2000)
        // Blocks within two minutes of the last one, and in the second in which they expire.
        #expect(Self.small.windowBlockCount == 121)
        #expect(recovered.executor.window.count < 121 * 10 && recovered.executor.window.count > 100 * 10)
    }

    @Test func `the same chain is made again`() throws {
        let (first, _) = try Self.prefilled(Self.small)
        let (second, _) = try Self.prefilled(Self.small)
        #expect(first.statements == second.statements && first.certificate == second.certificate)
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func `a node with an empty disk follows a chain before the start`(
        _ seed: UInt64
    ) throws {
        let simulation = try ReplicaSimulation(Self.options(Self.small, seed: seed))
        try simulation.run()
        #expect(simulation.summary.commands > 0 && simulation.checker.height > 200)
        for process in simulation.processes { #expect(process.loggedHeight == simulation.checker.height) }
    }

    @Test func `other engines go on with a chain before the start`() throws {
        for engine in [EngineKind.raft, .pbft] {
            var options = Self.options(Self.small)
            options.engine = engine
            let simulation = try ReplicaSimulation(options)
            try simulation.run()
            #expect(simulation.summary.commands > 0 && simulation.processes[4].loggedHeight > 200)
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func `a node with an empty disk joins by a snapshot of what was before`(
        _ seed: UInt64
    ) throws {
        var prefilling = Self.small
        prefilling.joinsBySnapshot = true
        let simulation = try ReplicaSimulation(Self.options(prefilling, seed: seed))
        try simulation.run()
        #expect(simulation.summary.joining.restored == 1 && simulation.summary.commands > 0)
        let log = try #require(simulation.processes[4].log?.heights)
        #expect(log.upperBound == simulation.checker.height && log.lowerBound > 1)
    }

    /// Of nodes with lines of 100 Mbit/s, 20 ms between any two, and 0.2 ms for the execution of a block.
    private static func measure(joinsBySnapshot: Bool) throws -> CatchingUp {
        var prefilling = Prefilling(blockCount: 10_000, keyCount: 100_000, emptyPlaces: [4])
        prefilling.joinsBySnapshot = joinsBySnapshot
        var options = options(prefilling)
        options.bandwidth = 12_500
        options.latency = .fixed(microseconds: 20_000)
        options.speed = NodeSpeed(sync: 1000, execution: 200, verification: 1000)
        options.busyMilliseconds = 1500
        let clock = ContinuousClock()
        let start = clock.now
        let simulation = try ReplicaSimulation(options)
        let made = clock.now
        try simulation.run()
        let time = (made - start, clock.now - made)
        let node = simulation.processes[4]
        let catchingUp = try #require(simulation.summary.catchingUp[4])
        print(
            "\(joinsBySnapshot ? "joining by a snapshot" : "following from the first block"): "
                + "\(catchingUp.nanoseconds / 1_000_000) ms, \(catchingUp.byteCount) bytes; blocks "
                + "\(node.log?.heights ?? 0...0), snapshots of others of "
                + "\(simulation.processes[0].shelf?.kept.map(\.snapshot.manifest.chunks.count) ?? []) chunks; "
                + "made in \(time.0), run in \(time.1)")
        #expect(simulation.summary.joining.restored == (joinsBySnapshot ? 1 : 0))
        return catchingUp
    }

    @Test func `joining by a snapshot takes what its bytes need on the line, and little more`() throws {
        let joining = try Self.measure(joinsBySnapshot: true)
        let following = try Self.measure(joinsBySnapshot: false)
        #expect(joining.byteCount < 12_000_000 && following.byteCount > 2 * joining.byteCount)
        #expect(joining.nanoseconds < 3_000_000_000 && joining.nanoseconds < following.nanoseconds)
    }
}

import Consensus
import Ledger
import Primitives
import Replica
import Storage
import TestSupport
import Testing

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
}

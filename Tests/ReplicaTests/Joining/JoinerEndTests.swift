import Contracts
import Ledger
import Primitives
import TestSupport
import Testing

@testable import Replica

/// How joining ends where it does not end with what was there when it began.
@Suite struct JoinerEndTests {
    private let chains: JoinerChains

    init() throws { chains = try JoinerChains() }

    private func run(
        _ behaviours: [JoinerPeerBehaviour], seed: UInt64 = 1, invitation: Int?, above: UInt64 = 0
    ) throws -> JoinerWorld {
        let world = try JoinerWorld(behaviours, seed: seed, chains, invitation: invitation, above: above)
        try world.run()
        return world
    }

    /// The two ends of the first epoch, in any order.
    private var ends: Set<Digest> {
        Set([chains.long, chains.usurped].map { $0.ledger.epochs[1].digest(in: $0.genesis.suite) })
    }

    private func expectContradiction(_ world: JoinerWorld) {
        guard case .failed(.contradictoryHandOvers(0, let first, let second))? = world.outcome else {
            Issue.record("\(String(describing: world.outcome))")
            return
        }
        #expect(Set([first, second]) == ends)
    }

    // MARK: Contradictions

    @Test func `two ends of an epoch are for people to judge`() throws {
        for seed in 0..<10 as Range<UInt64> {
            for invitation in [nil, 0] as [Int?] {
                expectContradiction(try run([.usurper, .honest, .honest], seed: seed, invitation: invitation))
            }
            expectContradiction(try run([.slow, .usurper, .usurper], seed: seed, invitation: nil))
        }
    }

    @Test func `a contradiction that comes late still counts`() throws {
        let world = try JoinerWorld([.honest, .usurper, .slow], seed: 3, chains, invitation: nil)
        try world.give(.disconnected(1))
        while world.joiner.status.stage != .chunks { try world.step() }
        try world.give(.connected(1))
        try world.run()
        expectContradiction(world)
    }

    @Test func `an invitation to an epoch of another number, or to none that can be`() throws {
        let digest = chains.long.invitation(to: 3).digest
        let bench = JoinerBench(chains.long, invitation: Invitation(epoch: 2, digest: digest))
        let answer = FetchedHandOvers(first: 2, configuration: chains.long.ledger.epochs[3], handOvers: [])
        let effects = bench.answer(.handOvers(answer), by: 0)
        #expect(bench.failure(in: effects) == .wrongInvitation(epoch: 2))
        let key = try EpochLedger.key(1).publicKey
        let solo = EpochConfiguration(
            number: 2, engine: .solo, verification: .all, orderers: [key], certifiers: [key])
        let other = JoinerBench(
            chains.long, invitation: Invitation(epoch: 2, digest: solo.digest(in: chains.long.genesis.suite)))
        let refused = other.answer(
            .handOvers(FetchedHandOvers(first: 2, configuration: solo, handOvers: [])), by: 0)
        #expect(other.failure(in: refused) == .epochNotAllowed(.faultModelNotAllowed(.none)))
    }

    // MARK: Nothing to begin with

    @Test func `where nobody has a snapshot it follows from the genesis, and knows who to meet`() throws {
        for (invitation, first) in [(nil, 0), (0, 0), (2, 2), (3, 3)] as [(Int?, Int)] {
            let world = try run([.withoutSnapshot, .withoutSnapshot, .silent], invitation: invitation)
            guard case .followFromGenesis(let epochs)? = world.outcome else {
                Issue.record("\(String(describing: world.outcome))")
                continue
            }
            #expect(epochs == Array(chains.long.ledger.epochs[first...]))
            #expect(world.now > ReplicaLimits.joinerNothingMilliseconds)
            #expect(try world.node.standing == .none)
        }
    }

    @Test func `a snapshot that is being cut is waited for`() throws {
        let world = try run([.cutting, .cutting], invitation: 3)
        try world.checkRestored()
        #expect(world.now < ReplicaLimits.joinerNothingMilliseconds)
    }

    @Test func `what the disk had already is of no use`() throws {
        let newest = try #require(chains.long.shelf.heights.last)
        let world = try run([.honest, .honest], invitation: 3, above: newest)
        guard case .followFromGenesis? = world.outcome else {
            Issue.record("\(String(describing: world.outcome))")
            return
        }
        let other = try run([.honest, .honest], invitation: 3, above: newest - 1)
        try other.checkRestored()
    }

    @Test(
        arguments: [[.silent, .silent], [.behind, .behind], [.usurper, .usurper], [.garbled]]
            as [[JoinerPeerBehaviour]])
    func `where nobody knows the epoch of the invitation it waits`(_ behaviours: [JoinerPeerBehaviour]) throws {
        let world = try JoinerWorld(behaviours, seed: 5, chains, invitation: 3)
        #expect(throws: SimulationFailure.self) { try world.run(hours: 1) }
        #expect(world.joiner.status.stage == .epochs && world.joiner.status.epoch == nil)
        // And asks less and less.
        #expect(world.sentCount < 1000)
    }

    @Test func `peers that are behind do not keep it in an old epoch`() throws {
        for seed in 0..<10 as Range<UInt64> {
            for invitation in [nil, 0, 1] as [Int?] {
                let world = try run([.behind, .behind, .behind, .slow], seed: seed, invitation: invitation)
                try world.checkRestored()
                #expect(world.joiner.status.epoch == 3)
            }
        }
    }

    // MARK: While it goes on

    @Test func `an epoch that begins meanwhile leaves what was chosen good`() throws {
        let world = try JoinerWorld([.honest, .slow], seed: 2, chains, invitation: 3)
        while world.joiner.status.stage != .chunks { try world.step() }
        let chosen = world.joiner.status.height
        try chains.long.handOver(to: try EpochLedger.epoch(4, .fbft, [1, 7, 3, 5]), by: [7, 3, 5])
        try chains.long.decide(2)
        try world.run()
        try world.checkRestored()
        guard case .restored(let state)? = world.outcome else { return }
        #expect(state.statement.height == chosen)
    }

    @Test func `a height that all have let go of is given up for a newer one`() throws {
        let world = try JoinerWorld([.honest, .honest], seed: 2, chains, invitation: 3)
        while world.joiner.status.stage != .chunks { try world.step() }
        let chosen = try #require(world.joiner.status.height)
        try chains.long.decide(6, cuts: [1, 3, 5])
        #expect(!chains.long.shelf.heights.contains(chosen))
        try world.run()
        try world.checkRestored()
        guard case .restored(let state)? = world.outcome else { return }
        #expect(state.statement.height == chains.long.shelf.heights.last)
        #expect(world.refusals.isEmpty)
    }

    @Test func `the last block of the epoch before is as good as the newest epoch itself`() throws {
        let chain = try JoiningChain.long(blocksAfter: 0, cuts: [])
        try chain.cut()
        #expect(chain.certificate(chain.shelf.heights[0]).statement.nextEpoch == chain.invitation(to: 3).digest)
        let bench = JoinerBench(chain, invitation: chain.invitation(to: 2))
        let restored = bench.run()
        #expect(restored?.statement.height == chain.shelf.heights[0])
        // Who is invited to the newest epoch has not seen that end.
        #expect(JoinerBench(chain, invitation: chain.invitation(to: 3)).run() == nil)
    }

    /// The state says who certified them.
    @Test func `blocks of epochs before the invitation`() throws {
        let chain = try JoiningChain.long(blocksAfter: 2, cuts: [1])
        let height = chain.shelf.heights[0]
        #expect(try chain[chain.lowest(ofTailAt: height)].header.epoch < 3)
        let bench = JoinerBench(chain, invitation: chain.invitation(to: 3))
        let state = try #require(bench.run())
        #expect(bench.readEpochs == [2, 1] || bench.readEpochs == [2])
        let record = try bench.disk.finish(state)
        try bench.node.check(record, at: height)
    }
}

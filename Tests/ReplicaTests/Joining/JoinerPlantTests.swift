import Primitives
import TestSupport
import Testing

@testable import Replica

/// Each planted bug shows in a world where a joiner without it ends as it should.
@Suite struct JoinerPlantTests {
    private let chains: JoinerChains

    init() throws { chains = try JoinerChains() }

    /// Where a bug shows.
    private static func world(for plant: JoinerPlant) -> (behaviours: [JoinerPeerBehaviour], invitation: Int?) {
        switch plant {
        case .believesUncertifiedSnapshot: ([.uncertified, .uncertified, .honest], 3)
        case .forgetsWindow: ([.honest, .honest], 3)
        case .ignoresInvitation: ([.usurper, .honest, .usurper], 3)
        case .believesOldEpoch: ([.retired, .honest, .retired], nil)
        }
    }

    private func fault(_ plant: JoinerPlant, isPlanted: Bool, seed: UInt64) throws -> (any Error)? {
        let (behaviours, invitation) = Self.world(for: plant)
        let world = try JoinerWorld(
            behaviours, seed: seed, chains, invitation: invitation, plant: isPlanted ? plant : nil)
        do {
            try world.run()
            try world.checkRestored()
            return nil
        } catch { return error }
    }

    @Test(arguments: JoinerPlant.allCases) func `a planted bug is found`(_ plant: JoinerPlant) throws {
        for seed in 0..<3 as Range<UInt64> {
            #expect(try fault(plant, isPlanted: false, seed: seed) == nil)
            #expect(try fault(plant, isPlanted: true, seed: seed) != nil)
        }
    }
}

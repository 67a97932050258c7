import Ledger
import Primitives
import TestSupport
import Testing

@testable import Replica

/// Peers of every kind, and a joiner between them: where one of them is honest it ends with the chain's state, and
/// nothing else is ever stored.
@Suite struct JoinerTests {
    private let chains: JoinerChains

    init() throws { chains = try JoinerChains() }

    private func join(
        _ behaviours: [JoinerPeerBehaviour], seed: UInt64, invitation: Int? = 3, lossPercent: Int = 0,
        doublePercent: Int = 0
    ) throws {
        let world = try JoinerWorld(
            behaviours, seed: seed, chains, invitation: invitation, lossPercent: lossPercent,
            doublePercent: doublePercent)
        try world.run()
        try world.checkRestored()
    }

    @Test func `peers are honest`() throws {
        for count in 1...4 {
            for invitation in [nil, 0, 1, 2, 3] as [Int?] {
                let world = try JoinerWorld(
                    Array(repeating: .honest, count: count), seed: 1, chains, invitation: invitation)
                try world.run()
                try world.checkRestored()
                #expect(world.now < 15_000, "it took \(world.now) ms")
            }
        }
    }

    @Test(arguments: JoinerPeerBehaviour.allCases) func `one honest peer, and three of a kind`(
        _ behaviour: JoinerPeerBehaviour
    ) throws {
        for seed in 0..<4 as Range<UInt64> {
            try join([behaviour, .honest, behaviour, behaviour], seed: seed)
            try join([behaviour, behaviour, .slow], seed: seed + 100)
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>) func `any peers but for one`(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &* 77)
        var behaviours = (0..<Int.random(in: 1...6, using: &generator)).compactMap { _ in
            JoinerPeerBehaviour.allCases.randomElement(using: &generator)
        }
        behaviours.insert(Bool.random(using: &generator) ? .honest : .slow, at: 0)
        behaviours.shuffle(using: &generator)
        try join(
            behaviours, seed: seed, lossPercent: seed.isMultiple(of: 2) ? 0 : 15,
            doublePercent: seed.isMultiple(of: 3) ? 30 : 0)
    }
}

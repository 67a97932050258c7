import Consensus
import Dissemination
import Ledger
import Replica
import Simulator
import Testing

/// Bugs of what is around the engine: each is found within a stated number of seeds of whole replicas.
@Suite struct ReplicaPlantsTests {
    enum Plant: Sendable, Hashable {
        case replica(ReplicaPlant)
        case dissemination(DisseminationPlant)
        case process(ProcessPlant)
        case joiner(JoinerPlant)
    }

    /// A bug, where it is looked for, what it must show as, and within how many seeds it must be found.
    struct Hunt: Sendable, CustomStringConvertible {
        let plants: [Plant]
        var engine = EngineKind.fbft
        var nodes = 4
        var faults = FaultKinds.all
        var actors: [Actor]?
        var oldCopies: Int?
        var changes: EpochChanges?
        let shownBy: Set<SimulationFailure.Property>
        let seedsMax: UInt64

        /// Whoever gets nowhere does not catch up either, and that is seen first.
        func isShown(by property: SimulationFailure.Property) -> Bool {
            shownBy.contains(property) || property == .catchUp && shownBy.contains(.liveness)
        }

        var description: String { plants.map { "\($0)" }.joined(separator: " and ") }

        func options(seed: UInt64) -> SimulationOptions {
            var options = SimulationOptions(
                engine: engine, nodeCount: nodes, seed: seed, faults: faults, actors: actors)
            options.oldCopies = oldCopies
            options.changes = changes
            for plant in plants {
                switch plant {
                case .replica(let plant): options.replicaPlant = plant
                case .dissemination(let plant): options.disseminationPlant = plant
                case .process(let plant): options.processPlant = plant
                case .joiner(let plant): options.joinerPlant = plant
                }
            }
            return options
        }
    }

    static let hunts: [Hunt] = [
        Hunt(plants: [.process(.forgetsDuplicates)], shownBy: [.exactlyOnce, .agreement, .proofs], seedsMax: 300),
        Hunt(plants: [.process(.skipsSync)], faults: [.crash], shownBy: [.durability, .evidence], seedsMax: 300),
        Hunt(plants: [.process(.executesOtherwise)], faults: .none, shownBy: [.agreement], seedsMax: 5),
        Hunt(
            plants: [.process(.executesOtherwise), .replica(.signsResultsAgain)], faults: [.crash],
            shownBy: [.oneResult], seedsMax: 100),
        Hunt(plants: [.replica(.certifiesTooEarly)], shownBy: [.proofs], seedsMax: 5),
        Hunt(plants: [.replica(.trustsResults)], actors: [.mutator], shownBy: [.proofs, .agreement], seedsMax: 50),
        Hunt(plants: [.replica(.keepsIncarnation)], faults: [.crash], shownBy: [.evidence, .liveness], seedsMax: 20),
        Hunt(
            plants: [.replica(.trustsOldCopy)], faults: [.crash, .partition], oldCopies: 3,
            shownBy: [.agreement, .durability, .exactlyOnce, .order, .evidence], seedsMax: 100),
        Hunt(
            plants: [.dissemination(.acknowledgesBeforeDurable)], faults: [.crash, .disk, .byzantine],
            actors: [.amnesiac], shownBy: [.liveness], seedsMax: 500),
        Hunt(
            plants: [.dissemination(.acceptsTooFewAcknowledgements)], actors: [.amnesiac], shownBy: [.liveness],
            seedsMax: 50),
        Hunt(plants: [.dissemination(.trustsCertificates)], actors: [.mutator], shownBy: [.liveness], seedsMax: 300),
        Hunt(
            plants: [.dissemination(.trustsTransactions)], actors: [.vouchesForGarbage], shownBy: [.validity],
            seedsMax: 100),
        Hunt(
            plants: [.dissemination(.forgetsFrontierOnRestart)], faults: [.crash],
            shownBy: [.exactlyOnce, .agreement, .liveness], seedsMax: 100),
        Hunt(plants: [.dissemination(.trustsFetched)], actors: [.mutator], shownBy: [.agreement], seedsMax: 1000),
        Hunt(
            plants: [.dissemination(.trustsInLine)], actors: [.vouchesForGarbage],
            shownBy: [.validity, .agreement, .liveness], seedsMax: 300),
        Hunt(plants: [.dissemination(.forgetsUnlogged)], shownBy: [.liveness], seedsMax: 1000),
    ]

    /// Of epochs.
    static let epochHunts: [Hunt] = [
        Hunt(plants: [.replica(.ignoresEnd)], shownBy: [.proofs, .epochs, .liveness], seedsMax: 20),
        Hunt(
            plants: [.replica(.entersBeforeCertified)], shownBy: [.epochs, .liveness, .order, .durability],
            seedsMax: 20),
        Hunt(plants: [.replica(.keepsCertifiers)], shownBy: [.proofs, .liveness, .evidence], seedsMax: 20),
        Hunt(
            plants: [.replica(.trustsBlocks)], actors: [.mutator], shownBy: [.agreement, .validity, .proofs, .order],
            seedsMax: 300),
        Hunt(plants: [.process(.leavesAtOnce)], shownBy: [.liveness], seedsMax: 300),
        Hunt(
            plants: [.replica(.raisesUnheard)], faults: [.crash], oldCopies: 3, shownBy: [.agreement], seedsMax: 1000),
        Hunt(plants: [.replica(.remembersKeys)], oldCopies: 1, shownBy: [.agreement], seedsMax: 1000),
        // What it believes does not go with what others say, or is not of the chain.
        Hunt(
            plants: [.joiner(.believesUncertifiedSnapshot)], actors: [.lyingSynchroniser],
            shownBy: [.evidence, .proofs], seedsMax: 100),
        Hunt(plants: [.replica(.waitsForSilentPeers)], shownBy: [.catchUp], seedsMax: 20),
        Hunt(plants: [.joiner(.forgetsWindow)], shownBy: [.exactlyOnce, .durability], seedsMax: 50),
        Hunt(plants: [.joiner(.ignoresInvitation)], actors: [.oldKeys], shownBy: [.evidence, .proofs], seedsMax: 300),
    ].map { hunt in
        var hunt = hunt
        hunt.nodes = 7
        hunt.changes = EpochChanges(engines: EngineKind.allCases, changesMembers: true)
        return hunt
    }

    @Test(arguments: hunts + epochHunts) func `a planted bug is found`(_ hunt: Hunt) throws {
        for seed in 0..<hunt.seedsMax {
            let simulation = try ReplicaSimulation(hunt.options(seed: seed))
            do { try simulation.run() } catch let failure as SimulationFailure {
                // Another fault that was planted, or no progress where more disks are old copies than may be.
                guard hunt.isShown(by: failure.property) else { continue }
                print("planted \(hunt) in \(hunt.engine), \(hunt.nodes) nodes: found by seed \(seed): \(failure)")
                return
            }
        }
        Issue.record("\(hunt) with \(hunt.nodes) nodes was not found in \(hunt.seedsMax) seeds")
    }

    @Test func `every bug is hunted`() {
        let hunted = Set((Self.hunts + Self.epochHunts).flatMap(\.plants))
        let all: [Plant] =
            ReplicaPlant.allCases.map { .replica($0) } + ProcessPlant.allCases.map { .process($0) }
            // Who is invited to the newest epoch knows no older one: JoinerPlantTests has that.
            + JoinerPlant.allCases.filter { $0 != .believesOldEpoch }.map { .joiner($0) }
            // What liars do is no bug; and where all go on in a forked lane nobody disagrees: DisseminatorTests has it.
            + DisseminationPlant.allCases.filter { ![.censors, .proposesGarbage, .continuesForkedLane].contains($0) }
            .map {
                .dissemination($0)
            }
        for plant in all { #expect(hunted.contains(plant), "\(plant)") }
    }
}

package import Consensus
package import Dissemination
package import Ledger
internal import Primitives
package import Replica

/// What to simulate.
package struct SimulationOptions: Sendable, Hashable {
    package var engine: EngineKind
    package var nodeCount: Int
    package var seed: UInt64
    package var faults: FaultKinds
    /// Faults and clients end after so many events at the latest.
    package var eventsMax: Int
    package var signing: SimulatedSigning
    /// What every liar does; nil lets the seed draw it.
    package var actors: [Actor]?
    package var plant: EnginePlant?
    /// Of whole replicas.
    package var replicaPlant: ReplicaPlant?
    package var disseminationPlant: DisseminationPlant?
    package var processPlant: ProcessPlant?
    package var joinerPlant: JoinerPlant?
    package var verification: VerificationMode?
    /// Overrides what the seed draws.
    package var latency: LatencyModel?
    /// How many bytes a millisecond carries of each node's line, up and down; nil for lines without limit.
    package var bandwidth: UInt64?
    /// How long clients and faults are busy, in virtual milliseconds; nil lets the seed draw it.
    package var busyMilliseconds: UInt64?
    /// How many disks are put back to old copies, whose nodes count as honest all the same; nil counts them as faulty,
    /// within what the engine bears.
    package var oldCopies: Int?
    /// Processes that end at a time and come back at another, in virtual milliseconds.
    package var crashes: [PlannedCrash] = []
    /// Nodes that are slow for a while.
    package var delays: [PlannedDelay] = []
    /// Overrides what the seed draws.
    package var viewTimeoutMilliseconds: UInt64?
    /// Whether more work waits at any time than a value holds: 200 commands a millisecond, one in each value.
    package var isSaturated = false
    /// Clients that ask for four things each so many milliseconds, without pauses; nil lets the seed draw them.
    package var steadyClientMilliseconds: UInt64?
    /// Overrides what the seed draws of how fast nodes are.
    package var speed: NodeSpeed?
    /// Whether epochs follow each other, and how; of whole replicas.
    package var changes: EpochChanges?
    /// The chain that nodes have when they start; of whole replicas.
    package var prefilled: Prefilling?
    /// Whether messages are kept, to be shown.
    package var explains: Bool

    package init(
        engine: EngineKind, nodeCount: Int, seed: UInt64, faults: FaultKinds = .all, eventsMax: Int = 200_000,
        signing: SimulatedSigning = .standIn, actors: [Actor]? = nil, plant: EnginePlant? = nil,
        latency: LatencyModel? = nil,
        busyMilliseconds: UInt64? = nil, explains: Bool = false
    ) {
        self.engine = engine
        self.nodeCount = nodeCount
        self.seed = seed
        self.faults = faults
        self.eventsMax = eventsMax
        self.signing = signing
        self.actors = actors
        self.plant = plant
        self.latency = latency
        self.busyMilliseconds = busyMilliseconds
        self.explains = explains
    }
}

package struct PlannedCrash: Sendable, Hashable {
    package let place: Int
    package let milliseconds: Range<UInt64>
    /// Whether its machine stays, and ends its connections.
    package let isNoticed: Bool

    package init(place: Int, milliseconds: Range<UInt64>, isNoticed: Bool = false) {
        self.place = place
        self.milliseconds = milliseconds
        self.isNoticed = isNoticed
    }
}

/// A node all of whose messages are late for a while, in virtual milliseconds.
package struct PlannedDelay: Sendable, Hashable {
    package let place: Int
    package let milliseconds: Range<UInt64>
    package let delayMilliseconds: UInt64

    package init(place: Int, milliseconds: Range<UInt64>, delayMilliseconds: UInt64) {
        self.place = place
        self.milliseconds = milliseconds
        self.delayMilliseconds = delayMilliseconds
    }
}

/// A bug that a test puts into what surrounds a replica, to see that it is found. Nothing but tests names one.
package enum ProcessPlant: String, Sendable, CaseIterable {
    /// What was executed before a restart may be executed again.
    case forgetsDuplicates
    /// The node is told that its records are durable before they are.
    case skipsSync
    /// Whoever does not order any more is gone at once.
    case leavesAtOnce
    /// One node's execution leaves out what others execute, now and then.
    case executesOtherwise
}

/// What may go wrong in a simulated network.
package struct FaultKinds: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Processes end and come back, with what they had synced.
    package static let crash = FaultKinds(rawValue: 1)
    /// Writes are torn, disks are full, bits rot.
    package static let disk = FaultKinds(rawValue: 2)
    /// Links fail, one way or both, for a while or again and again; some are slow.
    package static let partition = FaultKinds(rawValue: 4)
    /// Messages are lost, come twice, or overtake each other.
    package static let loss = FaultKinds(rawValue: 8)
    /// Clocks go at different speeds.
    package static let clock = FaultKinds(rawValue: 16)
    /// Some orderers are liars, as many as the engine bears.
    package static let byzantine = FaultKinds(rawValue: 32)

    package static let none: FaultKinds = []
    package static let all: FaultKinds = [.crash, .disk, .partition, .loss, .clock, .byzantine]

    package static let named: [(name: String, kind: FaultKinds)] = [
        ("crash", .crash), ("disk", .disk), ("partition", .partition), ("loss", .loss), ("clock", .clock),
        ("byzantine", .byzantine),
    ]
}

/// How long a node takes, in virtual microseconds.
package struct NodeSpeed: Sendable, Hashable {
    package var sync: UInt64
    package var execution: UInt64
    /// Of signatures, at most.
    package var verification: UInt64

    package init(sync: UInt64, execution: UInt64, verification: UInt64) {
        (self.sync, self.execution, self.verification) = (sync, execution, verification)
    }
}

/// How long messages take.
package enum LatencyModel: Sendable, Hashable {
    case zero
    case fixed(microseconds: UInt64)
    case uniform(microseconds: ClosedRange<UInt64>)
    /// So much, doubled again and again with a chance of a half each time.
    case longTailed(microseconds: UInt64)

    func draw(_ generator: inout SeededGenerator) -> UInt64 {
        switch self {
        case .zero: 0
        case .fixed(let microseconds): microseconds * 1000
        case .uniform(let range):
            (range.lowerBound + generator.next() % (range.upperBound - range.lowerBound + 1)) * 1000
        case .longTailed(let microseconds):
            microseconds * 1000 << UInt64(min(Self.doublingsMax, generator.next().trailingZeroBitCount))
        }
    }

    static let doublingsMax = 10
}

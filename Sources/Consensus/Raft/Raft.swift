package import Primitives

/// The engine for orderers that may stop but don't lie: a leader's log (Ongaro and Ousterhout 2014; Ongaro's thesis, 2014),
/// with votes before votes, leaders that stay, and pipelined replication. Rules stand on its page.
package struct Raft: ConsensusEngine {
    private let configuration: RaftConfiguration
    private let plant: EnginePlant?
    /// Nil before the start.
    private var machine: Machine?
    package private(set) var status = EngineStatus(phase: "stopped", view: 0, leader: nil, decided: 0)

    package init(configuration: RaftConfiguration = RaftConfiguration(), plant: EnginePlant? = nil) {
        self.configuration = configuration
        self.plant = plant
    }

    package mutating func handle(_ input: EngineInput, at now: Instant, into effects: inout [EngineEffect]) {
        if case .start(let start) = input {
            guard machine == nil else { return }
            machine = Machine(start, configuration, plant)
        }
        // Asked for with each input: taken out of the machine while that is changed in place.
        if let status = machine?.handle(input, at: now, into: &effects) { self.status = status }
    }

    package var liveRecords: [[UInt8]] { machine.map { [$0.liveRecord.canonicalBytes] } ?? [] }
}

/// What operators may choose of Raft. All orderers should choose alike.
package struct RaftConfiguration: Hashable, Sendable {
    /// How often a leader says that it is there.
    package let heartbeatMilliseconds: UInt64
    /// After how long without a leader another one is elected, at least; at most twice that.
    package let electionTimeoutMilliseconds: UInt64

    package init(heartbeatMilliseconds: UInt64 = 100, electionTimeoutMilliseconds: UInt64 = 500) {
        precondition(heartbeatMilliseconds > 0 && 2 * heartbeatMilliseconds <= electionTimeoutMilliseconds)
        self.heartbeatMilliseconds = heartbeatMilliseconds
        self.electionTimeoutMilliseconds = electionTimeoutMilliseconds
    }
}

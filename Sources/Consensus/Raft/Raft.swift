internal import Primitives

/// The engine for orderers that may stop but don't lie: a leader's log (Ongaro and Ousterhout 2014; Ongaro's thesis, 2014),
/// with votes before votes, leaders that stay, and pipelined replication. Rules stand on its page.
package struct Raft: MachineEngine {
    let configuration: RaftConfiguration
    let plant: EnginePlant?
    /// Nil before the start.
    var machine: Machine?
    package internal(set) var status = EngineStatus(phase: "stopped", view: 0, leader: nil, decided: 0)

    package init(configuration: RaftConfiguration = RaftConfiguration(), plant: EnginePlant? = nil) {
        self.configuration = configuration
        self.plant = plant
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

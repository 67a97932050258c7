package import Cryptography
internal import Primitives

/// The engine for orderers of whom less than a third may do anything, after Castro and Liskov (1999): all tell all what
/// they vote for, and several decisions are on their way at once. Rules and argument stand on its page.
///
/// ```
/// leader ──proposal──▶ all ──prepare votes──▶ all ──commit votes──▶ all: decided
/// ```
package struct PBFT: MachineEngine {
    let configuration: ViewConfiguration
    let plant: EnginePlant?
    /// Nil before the start.
    var machine: Machine?
    package internal(set) var status = EngineStatus(phase: "stopped", view: 0, leader: nil, decided: 0)

    package init(configuration: ViewConfiguration = ViewConfiguration(), plant: EnginePlant? = nil) {
        self.configuration = configuration
        self.plant = plant
    }

    package var liveRecords: [[UInt8]] { machine.map { [$0.liveRecord.canonicalBytes] } ?? [] }

    package func heldVote(of orderer: UInt32) -> [UInt8]? {
        guard let votes = machine?.heldVotes(of: orderer), !votes.isEmpty else { return nil }
        return HeldVotes(votes: votes).canonicalBytes
    }

    package func missingVote(_ bytes: [UInt8]) -> SignatureCheck? {
        (try? HeldVotes(canonicalBytes: bytes)).flatMap { machine?.missingVote($0.votes) }
    }
}

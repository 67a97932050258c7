package import Cryptography
internal import Primitives

/// The engine for orderers of whom less than a third may do anything: linear, two rounds of votes a decision, with a
/// leader that stays while it performs. Rules and argument stand on its page.
///
/// ```
/// leader ──proposal──▶ all ──prepare votes──▶ leader ──next proposal, or certificate──▶ all ──votes──▶ leader ...
/// ```
package struct FBFT: MachineEngine {
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

    package func heldVote(of orderer: UInt32) -> [UInt8]? { machine?.heldVote(of: orderer)?.canonicalBytes }

    package func missingVote(_ bytes: [UInt8]) -> SignatureCheck? {
        (try? SignedVote(canonicalBytes: bytes)).flatMap { machine?.missingVote($0) }
    }
}

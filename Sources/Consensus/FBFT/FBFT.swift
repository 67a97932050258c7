package import Cryptography
package import Primitives

/// The engine for orderers of whom less than a third may do anything: linear, two rounds of votes a decision, with a
/// leader that stays while it performs. Rules and argument stand on its page.
///
/// ```
/// leader ──proposal──▶ all ──prepare votes──▶ leader ──next proposal, or certificate──▶ all ──votes──▶ leader ...
/// ```
package struct FBFT: ConsensusEngine {
    private let configuration: ViewConfiguration
    private let plant: EnginePlant?
    /// Nil before the start.
    private var machine: Machine?
    package private(set) var status = EngineStatus(phase: "stopped", view: 0, leader: nil, decided: 0)

    package init(configuration: ViewConfiguration = ViewConfiguration(), plant: EnginePlant? = nil) {
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

    package func heldVote(of orderer: UInt32) -> [UInt8]? { machine?.heldVote(of: orderer)?.canonicalBytes }

    package func missingVote(_ bytes: [UInt8]) -> SignatureCheck? {
        (try? SignedVote(canonicalBytes: bytes)).flatMap { machine?.missingVote($0) }
    }
}

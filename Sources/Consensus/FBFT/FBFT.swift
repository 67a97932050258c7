package import Cryptography
package import Primitives

/// The engine for orderers of whom less than a third may do anything: linear, two rounds of votes a decision, with a
/// leader that stays while it performs. Rules and argument stand on its page.
///
/// ```
/// leader ──proposal──▶ all ──prepare votes──▶ leader ──next proposal, or certificate──▶ all ──votes──▶ leader ...
/// ```
package struct FBFT: ConsensusEngine {
    private let configuration: FBFTConfiguration
    private let plant: EnginePlant?
    /// Nil before the start.
    private var machine: Machine?
    package private(set) var status = EngineStatus(phase: "stopped", view: 0, leader: nil, decided: 0)

    package init(configuration: FBFTConfiguration = FBFTConfiguration(), plant: EnginePlant? = nil) {
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

/// What operators may choose of FBFT. It binds nobody else.
package struct FBFTConfiguration: Hashable, Sendable {
    /// How long a view may be without a decision while work waits.
    package let viewTimeoutMilliseconds: UInt64
    /// What doubling that for views that failed one after another ends at.
    package let viewTimeoutMillisecondsMax: UInt64
    /// Below this no leader is slow: the average time of a decision.
    package let slowDecisionMilliseconds: UInt64

    package init(
        viewTimeoutMilliseconds: UInt64 = 1000, viewTimeoutMillisecondsMax: UInt64 = 10_000,
        slowDecisionMilliseconds: UInt64 = 50
    ) {
        precondition(viewTimeoutMilliseconds > 0 && viewTimeoutMilliseconds <= viewTimeoutMillisecondsMax)
        self.viewTimeoutMilliseconds = viewTimeoutMilliseconds
        self.viewTimeoutMillisecondsMax = viewTimeoutMillisecondsMax
        self.slowDecisionMilliseconds = slowDecisionMilliseconds
    }
}

import Consensus
import Ledger
import Primitives
import Replica

/// An engine that decides two proposals as one, so that a decision becomes several blocks: as engines will whose cuts
/// name many batches.
struct MergingEngine: ConsensusEngine {
    private var solo = Solo()
    private var first: [UInt8]?

    var liveRecords: [[UInt8]] { solo.liveRecords }
    var status: EngineStatus { solo.status }

    mutating func handle(_ input: EngineInput, at now: Instant, into effects: inout [EngineEffect]) {
        guard case .value(let token, let value) = input else { return solo.handle(input, at: now, into: &effects) }
        if let held = first {
            first = nil
            solo.handle(.value(token, Self.merge(held, value)), at: now, into: &effects)
        } else if let value {
            first = value
            effects.append(.requestValue(token, decision: solo.status.decided + 1, after: []))
        } else {
            solo.handle(.value(token, nil), at: now, into: &effects)
        }
    }

    private static func merge(_ first: [UInt8], _ second: [UInt8]?) -> [UInt8] {
        guard let second, let left = try? Proposal(canonicalBytes: first),
            let right = try? Proposal(canonicalBytes: second)
        else { return first }
        return Proposal(reading: left.reading, transactions: left.transactions + right.transactions).canonicalBytes
    }
}

internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives

/// Which epoch decisions belong to, counted anew from the votes in the ledger: knows nothing of how the contract counts.
struct EpochModel {
    private(set) var current: EpochConfiguration
    private(set) var planned: (configuration: EpochConfiguration, end: UInt64)?
    private let faultModels: [FaultModel]
    /// By the voter's key, what it voted for last.
    private var votes: [PublicKey: EpochConfiguration] = [:]

    init(_ genesis: Genesis, current: EpochConfiguration? = nil) {
        self.current = current ?? genesis.epoch
        faultModels = genesis.faultModels
    }

    /// Goes on to the epoch of a decision.
    mutating func advance(to decision: UInt64) {
        guard let planned, decision > planned.end else { return }
        (current, self.planned) = (planned.configuration, nil)
    }

    /// Whether the contract should take a vote, executed in a decision.
    mutating func vote(_ next: EpochConfiguration, by key: PublicKey, in decision: UInt64) -> Bool {
        guard next.number == current.number + 1, current.certifiers.contains(key),
            faultModels.contains(next.engine.faultModel)
        else { return false }
        votes[key] = next
        let agreeing = current.certifiers.count { votes[$0] == next }
        if isQuorum(agreeing) {
            planned = (next, planned?.end ?? decision + ConsensusLimits.executionLagDecisions)
        }
        return true
    }

    /// By the definition of quorums.
    func isQuorum(_ count: Int) -> Bool {
        let all = current.certifiers.count
        return switch current.engine.faultModel {
        case .byzantine: 3 * count > 2 * all
        case .crash: 2 * count > all
        case .none: count == all
        }
    }

    /// What the last block of a decision names as what follows.
    func successor(of decision: UInt64, in suite: Suite) -> Digest {
        guard let planned, planned.end == decision else { return .zero }
        return planned.configuration.digest(in: suite)
    }
}

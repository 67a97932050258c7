internal import Consensus
internal import Contracts
internal import Cryptography
package import Ledger
internal import Primitives

/// Which epoch blocks belong to, by what the state before them says.
///
/// A change that is executed in decision d ends the epoch with decision d + L: nobody votes for a decision before it has
/// executed the one L before, so that all know the end before it could be passed.
package struct EpochTracker: Sendable {
    package private(set) var current: EpochConfiguration
    /// The last decision before it.
    package private(set) var origin: UInt64 = 0
    private var voters: EpochVoters
    /// What follows, once it is known.
    private(set) var planned: PlannedEpoch?
    private let faultModels: [FaultModel]
    private let suite: Suite

    /// The epoch of a decision, in the state before it or after some of its blocks.
    package init(
        of decision: UInt64, genesis: Genesis, state: any LedgerState
    ) throws(StateUnavailable) {
        current = genesis.epoch
        voters = EpochVoters(of: genesis.epoch, in: genesis.suite)
        faultModels = genesis.faultModels
        suite = genesis.suite
        try read(from: state)
        try advance(to: decision, in: state)
    }

    /// The last decision of the epoch; nil as long as none is known.
    package var end: UInt64? { planned.map { $0.decision + ConsensusLimits.executionLagDecisions } }

    func terms(of decision: UInt64) -> EpochTerms {
        EpochTerms(epoch: current, voters: voters, decision: decision, faultModels: faultModels)
    }

    /// Enters the epoch of a decision, before its first block.
    mutating func advance(to decision: UInt64, in state: any LedgerState) throws(StateUnavailable) {
        let before = current.number
        while let planned, let end, end < decision {
            (current, origin) = (planned.configuration, end)
            try read(from: state)
        }
        if current.number != before { voters = EpochVoters(of: current, in: suite) }
    }

    /// What the last block of the epoch's last decision names: what follows; zero for any other.
    func successor(of decision: UInt64, isLastBlock: Bool) -> Digest {
        guard isLastBlock, decision == end, let planned else { return .zero }
        return planned.configuration.digest(in: suite)
    }

    /// After a block, which may have changed what follows.
    mutating func read(from state: any LedgerState) throws(StateUnavailable) {
        let stored = try state.value(at: EpochStore.epochKey(current.number + 1))
        // What does not decode, which the contract never writes, changes nothing, on all nodes alike.
        planned = stored.flatMap { try? PlannedEpoch(canonicalBytes: $0) }
    }
}

internal import Ledger
internal import Primitives

// What is the engine's own about when to go to another view.
extension FBFT.Machine: VotingMachine {
    var isBusy: Bool {
        hasWork || !proposals.isEmpty || pace.wish > view || lock.map { $0.decision > decided } ?? false
            || lastVote.map { $0.decision > decided } ?? false || commit != nil || foreignProof != nil
    }

    // It asks again once nothing is on its way.
    mutating func noteWork() {}

    mutating func progressTimer() -> EngineToken { token(for: .progressTimer) }

    mutating func votesToken(_ vote: ConsensusVote, _ signers: [UInt32]) -> EngineToken {
        token(for: .votes(vote, signers))
    }

    mutating func requestTimer() -> EngineToken { token(for: .requestTimer) }

    mutating func sendRequest(for wanted: WantedBlock, to holder: UInt32) {
        send(.blockRequest(decision: wanted.decision, block: wanted.block), to: holder)
    }

    mutating func sendWish(to peer: UInt32?) { send(.wish(view: pace.wish, decided: decided), to: peer) }

    mutating func sendProof(to peer: UInt32) -> Bool {
        guard let decidedProof else { return false }
        send(.decided(decidedProof), to: peer)
        return true
    }

    /// A decision was made. The leader asks for work until there is none; others are told of it again.
    mutating func countProgress() {
        noteProgress()
        if leadership == nil { (hasWork, hasOffer) = (false, false) }
    }

    /// In the first view nobody has to say what was voted for.
    mutating func takeLeadOfFirstView() {
        guard leadership == nil, view == 0, hasWork || hasOffer, lastVote == nil else { return }
        takeLead()
        guard leadership != nil else { return }
        leadership?.reports = Array(repeating: FBFT.Leadership.Report(vote: nil), count: terms.count)
    }

    mutating func expire(_ timer: FBFT.Awaited, _ token: EngineToken) {
        switch timer {
        case .progressTimer: expireProgress(token)
        case .gatheringTimer(let view): if leadership?.view == view { leadership?.hasWaited = true }
        case .requestTimer: if wanted?.timer == token { request() }
        default: break
        }
    }
}

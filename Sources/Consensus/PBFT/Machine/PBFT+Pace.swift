internal import Cryptography
internal import Ledger
internal import Primitives

// When to go to another view.
extension PBFT.Machine {
    var isBusy: Bool {
        // What an earlier view left over is expected to come again until it is known with what this one begins.
        hasWork || slots.indices.contains { slots[$0].block != nil } || pace.wish > view || !commits.isEmpty
            || foreignProof != nil || agenda == nil && !prepared.isEmpty
            || lastPrepare.map { $0.view == view && $0.decision > decided } ?? false
    }

    mutating func noteWork() { isExhausted = false }

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

    mutating func expire(_ timer: PBFT.Awaited, _ token: EngineToken) {
        switch timer {
        case .progressTimer: expireProgress(token)
        case .silenceTimer: expireSilence(token)
        case .requestTimer: if wanted?.timer == token { request() }
        default: break
        }
    }

    // MARK: Idle networks

    /// A leader says now and then that it is there; the others go to the next one if it doesn't, before there is work.
    mutating func listen() {
        guard let own = terms.own, terms.count > 1 else { return }
        let isLeader = terms.leader(of: view) == own
        let pause = max(1, terms.configuration.viewTimeoutMilliseconds / 4)
        keepSilence(now.advanced(byMilliseconds: isLeader ? pause : timeoutMilliseconds))
    }

    private mutating func keepSilence(_ instant: Instant) {
        guard let delay = silence.move(to: instant, at: now) else { return }
        let token = token(for: .silenceTimer)
        silence.set(token, afterMilliseconds: delay, at: now)
        effects.append(.setTimer(token, afterMilliseconds: delay))
    }

    private mutating func expireSilence(_ token: EngineToken) {
        switch silence.fired(token, at: now) {
        case .stale: return
        case .early: if let instant = silence.instant { keepSilence(instant) }
        case .due:
            if terms.leader(of: view) == terms.own {
                if pace.wish == view, leadership?.hasBegun == true { sendWish(to: nil) }
            } else if pace.wish <= view {
                giveUpOnLeader()
            }
            listen()
        }
    }
}

internal import Cryptography
internal import Primitives

// What a leader proposes.
extension PBFT.Machine {
    /// Rule 9: nothing is proposed in the first view before a record says so, nor in one that a record of an earlier life
    /// names.
    mutating func takeLead() {
        guard terms.own == terms.leader(of: view), leadership == nil, recordedView == nil else { return }
        leadership = PBFT.Leadership(view: view, count: terms.count)
        let record = PBFT.Record(view: view)
        effects.append(.persist(token(for: .viewRecord(view)), record: record.canonicalBytes, releases: []))
    }

    /// The next decision that nothing was proposed for, and the block before it; nil if something is missing.
    private var end: (decision: UInt64, parent: Digest)? {
        guard let agenda, decided >= agenda.base else { return nil }
        var (decision, parent) = (decided + 1, decidedBlock)
        while let block = named(decision) {
            guard blocks.holds(block) else { return nil }
            (decision, parent) = (decision + 1, block)
        }
        return decision > agenda.last ? (decision, parent) : nil
    }

    /// Asks for the next value as long as the window is open.
    mutating func lead() {
        guard let leadership, leadership.hasBegun, leadership.request == nil, hasWork || hasOffer, !isExhausted,
            let (decision, parent) = end, isWithinGate(decision), let after = values(upTo: parent),
            decision - decided <= UInt64(ConsensusLimits.pbftWindowDecisions)
        else { return }
        let token = token(for: .value(view: view, decision: decision, parent: parent))
        self.leadership?.request = token
        effects.append(.requestValue(token, decision: decision, after: after))
    }

    mutating func take(_ value: [UInt8]?, for asked: PBFT.Awaited) {
        guard case .value(let view, let decision, let parent) = asked, view == self.view,
            leadership?.request != nil
        else { return }
        leadership?.request = nil
        guard let value, value.count <= ConsensusLimits.valueByteCountMax else {
            isExhausted = true
            if namedBlocks.isEmpty { (hasWork, hasOffer) = (false, false) }
            return
        }
        guard let end, end == (decision, parent), let index = slotIndex(decision) else { return }
        let block = ConsensusBlock(decision: decision, parent: parent, value: value)
        let (header, identity) = blocks.identify(block)
        blocks.insert(block, header, identity, needed: neededBlocks + [identity])
        blocks.update(identity) { $0.verdict = .valid }
        guard blocks.holds(identity) else { return }
        send(.proposal(view: view, block), to: nil)
        name(identity, at: index)
    }
}

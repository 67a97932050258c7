internal import Primitives

// What an orderer knows when it comes back.
extension Raft.Machine {
    mutating func takeOver(_ record: Raft.Record) {
        if plant != .forgetsTermOnRestart, record.term >= term {
            if record.term > term { vote = nil }
            term = record.term
            vote = record.vote ?? vote
        }
        if let base = record.base { log.drop(through: base) }
        guard record.previous >= log.base.index, record.previous <= log.lastIndex else { return }
        if !record.entries.isEmpty { log.truncate(after: record.previous) }
        for entry in record.entries { log.append(entry) }
    }

    var liveRecord: Raft.Record {
        Raft.Record(term: term, vote: vote, base: log.base, previous: log.base.index, entries: log.entries)
    }

    /// Has a record made, and then lets go of what it must come before.
    mutating func persist(
        _ entries: [Raft.Entry], after previous: UInt64, base: Raft.Place? = nil, _ awaited: Raft.Awaited,
        releases: [EngineEffect] = []
    ) {
        let record = Raft.Record(term: term, vote: vote, base: base, previous: previous, entries: entries)
        recorded = (term, vote)
        let token = token(for: awaited)
        guard plant != .acksBeforeSync else {
            effects += releases + [.persist(token, record: record.canonicalBytes, releases: [])]
            return
        }
        effects.append(.persist(token, record: record.canonicalBytes, releases: releases))
    }

    mutating func persisted(_ record: Raft.Awaited) {
        switch record {
        case .record(let index, let truncations):
            guard truncations == self.truncations else { break }
            durableIndex = max(durableIndex, min(index, log.lastIndex))
            if case .leader(var leadership) = role, let own {
                leadership.progress[Int(own)].match = durableIndex
                role = .leader(leadership)
            }
        case .vote(let term):
            guard term == self.term, let own else { break }
            grant(from: own, isPrevote: false)
        case .value, .timer: break
        }
    }
}

internal import Primitives

extension Raft {
    /// The lines above what is decided and dropped.
    struct Log: Sendable {
        /// Invariant: what is up to here is decided.
        private(set) var base: Place
        private(set) var entries: [Entry] = []

        init(base: Place) { self.base = base }

        var entriesCount: Int { entries.count }
        var lastIndex: UInt64 { base.index + UInt64(entries.count) }
        var lastTerm: UInt64 { entries.last?.term ?? base.term }
        /// The highest decision in it.
        var lastDecision: UInt64 { entries.last { $0.decision > 0 }?.decision ?? base.decision }

        subscript(index: UInt64) -> Entry? {
            guard index > base.index, index <= lastIndex else { return nil }
            return entries[Int(index - base.index) - 1]
        }

        /// The term of a line, or of the base; nil if the log does not reach there.
        func term(at index: UInt64) -> UInt64? { index == base.index ? base.term : self[index]?.term }

        /// The lines behind an index, up to a number and a size.
        func entries(after index: UInt64, byteCountMax: Int) -> [Entry] {
            guard index >= base.index, index < lastIndex else { return [] }
            var taken: [Entry] = []
            var byteCount = 0
            for entry in entries[Int(index - base.index)...].prefix(ConsensusLimits.raftEntriesPerMessageMax) {
                byteCount += entry.value.count + 32
                if !taken.isEmpty, byteCount > byteCountMax { break }
                taken.append(entry)
            }
            return taken
        }

        mutating func append(_ entry: Entry) { entries.append(entry) }

        /// Lets go of everything behind an index.
        mutating func truncate(after index: UInt64) {
            guard index < lastIndex else { return }
            entries.removeLast(Int(lastIndex - max(index, base.index)))
        }

        /// Lets go of what is decided, up to an index.
        mutating func drop(through place: Place) {
            guard place.index > base.index else { return }
            // Lines behind the place stay only if they follow it.
            entries = term(at: place.index) == place.term ? Array(entries[Int(place.index - base.index)...]) : []
            base = place
        }

        /// The place of a line.
        func place(at index: UInt64) -> Place? {
            guard let term = term(at: index) else { return nil }
            let before = entries.prefix(Int(index - base.index))
            return Place(index: index, term: term, decision: before.last { $0.decision > 0 }?.decision ?? base.decision)
        }
    }
}

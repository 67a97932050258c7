package import Primitives

extension Raft {
    /// A line of the log. A new leader's first one carries no decision.
    package struct Entry: Hashable, Sendable, CanonicalCodable {
        package let term: UInt64
        /// Zero for a line that carries none.
        package let decision: UInt64
        package let value: [UInt8]

        package init(term: UInt64, decision: UInt64, value: [UInt8]) {
            self.term = term
            self.decision = decision
            self.value = value
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(term)
            encoder.encode(decision)
            encoder.encode(bytes: value)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            term = try decoder.decode()
            decision = try decoder.decode()
            value = try decoder.decodeBytes(maximum: ConsensusLimits.valueByteCountMax)
        }
    }

    /// A place in the log, with the last decision up to it.
    package struct Place: Hashable, Sendable, CanonicalCodable {
        package let index: UInt64
        package let term: UInt64
        package let decision: UInt64

        package init(index: UInt64, term: UInt64, decision: UInt64) {
            self.index = index
            self.term = term
            self.decision = decision
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(index)
            encoder.encode(term)
            encoder.encode(decision)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            index = try decoder.decode()
            term = try decoder.decode()
            decision = try decoder.decode()
        }
    }

    /// What must survive before an orderer speaks: its term and vote, and lines that replace what its log has behind
    /// `previous`. With `base` the log begins anew there.
    package struct Record: Hashable, Sendable, CanonicalCodable {
        package static let formatVersion: UInt8 = 1

        package let term: UInt64
        package let vote: UInt32?
        package let base: Place?
        package let previous: UInt64
        package let entries: [Entry]

        package init(term: UInt64, vote: UInt32?, base: Place?, previous: UInt64, entries: [Entry]) {
            self.term = term
            self.vote = vote
            self.base = base
            self.previous = previous
            self.entries = entries
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(Self.formatVersion)
            encoder.encode(term)
            encoder.encode(vote)
            encoder.encode(base)
            encoder.encode(previous)
            encoder.encode(sequence: entries)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            let version: UInt8 = try decoder.decode()
            guard version == Self.formatVersion else {
                throw CodingError(.invalid("record version \(version) is not known"), at: 0)
            }
            term = try decoder.decode()
            vote = try decoder.decodeOption(UInt32.self)
            base = try decoder.decodeOption(Place.self)
            previous = try decoder.decode()
            entries = try decoder.decodeSequence(maximum: ConsensusLimits.raftLogEntriesMax, elementByteCountMin: 17)
        }
    }
}

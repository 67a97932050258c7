package import Primitives

/// Up to where lanes are ordered: a function of the epoch's decisions, the same on every node.
package struct LaneFrontier: Hashable, Sendable, CanonicalCodable {
    package struct Entry: Hashable, Sendable, CanonicalCodable {
        package let lane: LaneIdentifier
        /// The last ordered batch; 0 and zero if there is none.
        package internal(set) var position: UInt64
        package internal(set) var digest: Digest
        /// Its owner has signed two batches for one position: nothing more of it is ordered in this epoch.
        package internal(set) var isEnded: Bool
        /// The last batch that went in-line with a decision, ordered or not.
        package internal(set) var inLine: InLine?
        /// The last position that went in-line with a decision whose batches are ordered, or left for later. For what
        /// lies above it those who certified it have vouched.
        package internal(set) var inLineUpTo: UInt64

        init(lane: LaneIdentifier) {
            self.lane = lane
            position = 0
            digest = .zero
            isEnded = false
            inLineUpTo = 0
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(lane)
            encoder.encode(position)
            encoder.encode(digest)
            encoder.encode(isEnded)
            encoder.encode(inLine)
            encoder.encode(inLineUpTo)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            lane = try decoder.decode()
            position = try decoder.decode()
            digest = try decoder.decode()
            isEnded = try decoder.decodeBool()
            inLine = try decoder.decodeOption(InLine.self)
            inLineUpTo = try decoder.decode()
        }
    }

    package struct InLine: Hashable, Sendable, CanonicalCodable {
        package let position: UInt64
        package let digest: Digest
        package let decision: UInt64

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(position)
            encoder.encode(digest)
            encoder.encode(decision)
        }

        init(position: UInt64, digest: Digest, decision: UInt64) {
            self.position = position
            self.digest = digest
            self.decision = decision
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            position = try decoder.decode()
            digest = try decoder.decode()
            decision = try decoder.decode()
        }
    }

    /// Ascending by lane. A lane of which nothing was decided is not there.
    package private(set) var entries: [Entry] = []

    package init() {}

    package subscript(lane: LaneIdentifier) -> Entry {
        let index = place(of: lane)
        return index < entries.count && entries[index].lane == lane ? entries[index] : Entry(lane: lane)
    }

    mutating func update(_ lane: LaneIdentifier, _ change: (inout Entry) -> Void) {
        let index = place(of: lane)
        if index == entries.count || entries[index].lane != lane { entries.insert(Entry(lane: lane), at: index) }
        change(&entries[index])
    }

    /// Where a lane is, or belongs.
    private func place(of lane: LaneIdentifier) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].lane < lane { low = middle + 1 } else { high = middle }
        }
        return low
    }

    package func encode(to encoder: inout CanonicalEncoder) { encoder.encode(sequence: entries) }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        entries = try decoder.decodeSequence(
            maximum: DisseminationLimits.frontierLanesMax, elementByteCountMin: 62)
        for (left, right) in zip(entries, entries.dropFirst()) where left.lane >= right.lane {
            throw CodingError(.notAscending, at: start)
        }
    }
}

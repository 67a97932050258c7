internal import Consensus
package import Dissemination
package import Ledger
package import Primitives

/// A decision with all that another node needs to order and execute the same, and to believe it: what peers give to
/// those who were away, and, with the frontier, what the decision log holds.
package struct DecisionRecord: Hashable, Sendable, CanonicalCodable {
    package static let formatVersion: UInt8 = 1

    package let number: UInt64
    package let value: [UInt8]
    /// The engine's; nil where it has none.
    package let proof: [UInt8]?
    /// What is ordered, but for what the value carries itself, and what lies between that and the value's tips.
    package let batches: [Batch]
    package let headers: [BatchHeader]
    /// Of its blocks; empty as long as they are not certified.
    package let certificates: [BlockCertificate]

    package init(
        number: UInt64, value: [UInt8], proof: [UInt8]?, batches: [Batch], headers: [BatchHeader],
        certificates: [BlockCertificate]
    ) {
        self.number = number
        self.value = value
        self.proof = proof
        self.batches = batches
        self.headers = headers
        self.certificates = certificates
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(Self.formatVersion)
        encoder.encode(number)
        encoder.encode(bytes: value)
        encoder.encode(proof != nil)
        if let proof { encoder.encode(bytes: proof) }
        encoder.encode(sequence: batches)
        encoder.encode(sequence: headers)
        encoder.encode(sequence: certificates)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let version: UInt8 = try decoder.decode()
        guard version == Self.formatVersion else {
            throw CodingError(.invalid("decision record version \(version) is not known"), at: start)
        }
        number = try decoder.decode()
        guard number <= ConsensusLimits.numberMax else {
            throw CodingError(.invalid("a decision of number \(number)"), at: start)
        }
        value = try decoder.decodeBytes(maximum: ConsensusLimits.valueByteCountMax)
        proof =
            try decoder.decodeBool() ? try decoder.decodeBytes(maximum: ConsensusLimits.messageByteCountMax) : nil
        batches = try decoder.decodeSequence(
            maximum: ReplicaLimits.decisionBatchesMax, elementByteCountMin: 100)
        headers = try decoder.decodeSequence(
            maximum: ReplicaLimits.decisionBatchesMax, elementByteCountMin: 100)
        certificates = try decoder.decodeSequence(
            maximum: LedgerLimits.blockTransactionCountMax, elementByteCountMin: 100)
    }
}

/// A decision in the decision log, with up to where lanes are ordered after it.
package struct LoggedDecision: Hashable, Sendable, CanonicalCodable {
    package let record: DecisionRecord
    package let frontier: LaneFrontier

    package init(record: DecisionRecord, frontier: LaneFrontier) {
        self.record = record
        self.frontier = frontier
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(record)
        encoder.encode(frontier)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        record = try decoder.decode()
        frontier = try decoder.decode()
    }
}

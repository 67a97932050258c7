package import Ledger
internal import Primitives
package import Storage

/// What the journal holds for one group.
package struct JournalContents: Sendable {
    /// Ascending by number, each once.
    package private(set) var decisions: [(number: UInt64, value: [UInt8], sequence: UInt64)] = []
    private var results: [UInt64: [BlockCertificate]] = [:]
    /// The highest block that was synced in the log, and the decision that it ends.
    package private(set) var loggedHeight: UInt64 = 0
    package private(set) var loggedDecision: UInt64 = 0
    private var proofs: [UInt64: [UInt8]] = [:]
    /// Of the engine and of dissemination, oldest first.
    package private(set) var engineRecords: [[UInt8]] = []
    package private(set) var batchRecords: [[UInt8]] = []
    package private(set) var ownResults = OwnResults()
    /// 0 before the first start.
    package private(set) var incarnation: UInt64 = 0
    /// Of other nodes, the last of each.
    private(set) var peerStarts: [UInt32: StartAnnouncement] = [:]

    /// The newest decision that the journal knows of.
    package var newestDecision: UInt64 { max(decisions.last?.number ?? 0, loggedDecision) }

    /// An empty journal.
    package init() {}

    package init(group: GroupIdentifier, records: [RecoveredRecord]) throws(RecoveryError) {
        for recovered in records where recovered.record.group == group {
            do throws(CodingError) {
                try take(
                    ReplicaRecord(kind: recovered.record.kind, payload: recovered.record.payload), recovered.sequence)
            } catch {
                throw .damagedRecord(sequence: recovered.sequence, error)
            }
        }
    }

    /// Whether the journal has the decision itself.
    package func holds(_ decision: UInt64) -> Bool { decisions.contains { $0.number == decision } }

    package func proof(of decision: UInt64) -> [UInt8]? { proofs[decision] }

    package func certificates(of decision: UInt64) -> [BlockCertificate]? { results[decision] }

    private mutating func take(_ record: ReplicaRecord, _ sequence: UInt64) {
        switch record {
        case .decision(let number, let value):
            // The same again was written forward.
            let isKnown = decisions.last.map { $0.number >= number } ?? false
            if isKnown, decisions.contains(where: { $0.number == number && $0.value == value }) { return }
            // Another one of the same number was written by a later run, which did not know of this one.
            while let last = decisions.last, last.number >= number { decisions.removeLast() }
            decisions.append((number, value, sequence))
        case .result(let decision, let certificates): results[decision] = certificates
        case .logged(let decision, let height):
            loggedHeight = max(loggedHeight, height)
            loggedDecision = max(loggedDecision, decision)
        case .proof(let decision, let bytes): proofs[decision] = bytes
        case .engine(let bytes): engineRecords.append(bytes)
        case .batch(let bytes): batchRecords.append(bytes)
        case .signed(let result): ownResults.insert(result, isDurable: true)
        case .incarnation(let number): incarnation = max(incarnation, number)
        case .peerStart(let start):
            if start.incarnation > peerStarts[start.place]?.incarnation ?? 0 { peerStarts[start.place] = start }
        }
    }
}

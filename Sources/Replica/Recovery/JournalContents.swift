internal import Cryptography
package import Ledger
internal import Primitives
package import Storage

/// What the journal holds for one group.
package struct JournalContents: Sendable {
    /// Ascending by number, each once.
    package private(set) var decisions: [(number: UInt64, value: [UInt8])] = []
    /// The highest block that was synced in the log, and the decision that it ends.
    package private(set) var loggedHeight: UInt64 = 0
    package private(set) var loggedDecision: UInt64 = 0
    private var proofs: [UInt64: [UInt8]] = [:]
    /// Of engines, of dissemination and of other nodes' starts, by epoch, oldest first.
    private var epochRecords: [(epoch: UInt64, record: ReplicaRecord)] = []
    package private(set) var ownResults = OwnResults()
    /// 0 before the first start.
    package private(set) var incarnation: UInt64 = 0
    /// By which the node signs no more.
    private(set) var forgottenKeys: [PublicKey] = []

    /// The newest decision that the journal knows of.
    package var newestDecision: UInt64 { max(decisions.last?.number ?? 0, loggedDecision) }

    /// An empty journal.
    package init() {}

    package init(group: GroupIdentifier, records: [RecoveredRecord]) throws(RecoveryError) {
        for recovered in records where recovered.record.group == group {
            do throws(CodingError) {
                take(try ReplicaRecord(kind: recovered.record.kind, payload: recovered.record.payload))
            } catch {
                throw .damagedRecord(sequence: recovered.sequence, error)
            }
        }
    }

    /// Whether the journal has the decision itself.
    package func holds(_ decision: UInt64) -> Bool { decisions.contains { $0.number == decision } }

    package func proof(of decision: UInt64) -> [UInt8]? { proofs[decision] }

    // MARK: By epoch

    /// What is there of an epoch, oldest first.
    package func engineRecords(of epoch: UInt64) -> [[UInt8]] {
        epochRecords.compactMap { if case .engine(epoch, let bytes) = $0.record { bytes } else { nil } }
    }

    func batchRecords(of epoch: UInt64) -> [[UInt8]] {
        epochRecords.compactMap { if case .batch(epoch, let bytes) = $0.record { bytes } else { nil } }
    }

    /// The last start of another node.
    func start(of place: UInt32, in epoch: UInt64) -> StartAnnouncement? {
        epochRecords.lazy.compactMap { entry -> StartAnnouncement? in
            guard case .peerStart(epoch, let start) = entry.record, start.place == place else { return nil }
            return start
        }.max { $0.incarnation < $1.incarnation }
    }

    /// What was written in later epochs, by a run that had come further: as it has spoken of these, they count.
    func records(after epoch: UInt64) -> [ReplicaRecord] {
        epochRecords.filter { $0.epoch > epoch }.map(\.record)
    }

    /// The decisions after one, as records.
    func decisionRecords(after decision: UInt64) -> [ReplicaRecord] {
        decisions.filter { $0.number > decision }.flatMap { entry -> [ReplicaRecord] in
            (proofs[entry.number].map { [.proof(decision: entry.number, bytes: $0)] } ?? [])
                + [.decision(number: entry.number, value: entry.value)]
        }
    }

    /// Whether there is anything of later epochs, or of decisions after one.
    func reaches(beyond epoch: UInt64, _ decision: UInt64) -> Bool {
        epochRecords.contains { $0.epoch > epoch } || decisions.last?.number ?? 0 > decision
    }

    private mutating func take(_ record: ReplicaRecord) {
        switch record {
        case .decision(let number, let value):
            // The same again was written forward.
            let isKnown = decisions.last.map { $0.number >= number } ?? false
            if isKnown, decisions.contains(where: { $0.number == number && $0.value == value }) { return }
            // Another one of the same number was written by a later run, which did not know of this one.
            while let last = decisions.last, last.number >= number { decisions.removeLast() }
            decisions.append((number, value))
        case .logged(let decision, let height):
            loggedHeight = max(loggedHeight, height)
            loggedDecision = max(loggedDecision, decision)
        case .proof(let decision, let bytes): proofs[decision] = bytes
        case .engine(let epoch, _), .batch(let epoch, _), .peerStart(let epoch, _):
            epochRecords.append((epoch, record))
        case .signed(let result): ownResults.insert(result, isDurable: true)
        case .incarnation(let number): incarnation = max(incarnation, number)
        case .forgotten(let key): if !forgottenKeys.contains(key) { forgottenKeys.append(key) }
        }
    }
}

internal import Dissemination
internal import Ledger
internal import Primitives

/// A decision between the engine and the logs.
struct Flight: Sendable {
    /// What dissemination made of it.
    struct Order: Sendable {
        let batches: [Batch]
        let headers: [BatchHeader]
        let frontier: LaneFrontier
    }

    let number: UInt64
    let value: [UInt8]
    let proof: [UInt8]?
    /// When it was decided, or executed.
    var since: Instant
    /// Whether the journal has it. The logs are never ahead of the journal.
    var isDurable: Bool
    var order: Order?
    var executed: ExecutedDecision?
    /// Of all its blocks; empty until they are certified.
    var certificates: [BlockCertificate] = []

    init(number: UInt64, value: [UInt8], proof: [UInt8]?, since: Instant, isDurable: Bool) {
        self.number = number
        self.value = value
        self.proof = proof
        self.since = since
        self.isDurable = isDurable
    }

    var isCommitted: Bool { !certificates.isEmpty }

    var record: DecisionRecord {
        DecisionRecord(
            number: number, value: value, proof: proof, batches: order?.batches ?? [], headers: order?.headers ?? [],
            certificates: certificates)
    }

    /// What the journal holds of it.
    var journaled: [ReplicaRecord] {
        (proof.map { [.proof(decision: number, bytes: $0)] } ?? []) + [.decision(number: number, value: value)]
    }
}

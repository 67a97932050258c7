package import Ledger
package import Primitives

/// What a replica keeps in the node's journal until the block log holds it.
package enum ReplicaRecord: Hashable, Sendable {
    /// The value of a decision.
    case decision(number: UInt64, value: [UInt8])
    /// The certificates of a decision's blocks, the last thing before anybody is told of them.
    case result(decision: UInt64, certificates: [BlockCertificate])
    /// All blocks up to this height, which ends this decision, are synced in the block log.
    case logged(decision: UInt64, height: UInt64)

    /// The journal's number of the kind of record.
    package var kind: UInt8 {
        switch self {
        case .decision: 1
        case .result: 2
        case .logged: 3
        }
    }

    package var payload: [UInt8] {
        var encoder = CanonicalEncoder()
        switch self {
        case .decision(let number, let value):
            encoder.bytes.reserveCapacity(value.count + 8)
            encoder.encode(number)
            encoder.bytes.append(contentsOf: value)
        case .result(let decision, let certificates):
            encoder.encode(decision)
            encoder.encode(sequence: certificates)
        case .logged(let decision, let height):
            encoder.encode(decision)
            encoder.encode(height)
        }
        return encoder.bytes
    }

    package init(kind: UInt8, payload: [UInt8]) throws(CodingError) {
        var decoder = CanonicalDecoder(payload)
        switch kind {
        case 1:
            self = .decision(number: try decoder.decode(), value: Array(payload.dropFirst(8)))
            return
        case 2:
            self = .result(
                decision: try decoder.decode(),
                certificates: try decoder.decodeSequence(maximum: LedgerLimits.blockTransactionCountMax))
        case 3:
            self = .logged(decision: try decoder.decode(), height: try decoder.decode())
        default:
            throw CodingError(.unknownVariant(UInt32(kind)), at: 0)
        }
        try decoder.finish()
    }
}

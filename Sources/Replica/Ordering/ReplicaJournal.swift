package import Cryptography
package import Primitives

/// What a replica keeps in the node's journal until the block log holds it.
package enum ReplicaRecord: Hashable, Sendable {
    /// The value of a decision.
    case decision(number: UInt64, value: [UInt8])
    /// All blocks up to this height, which ends this decision, are synced in the block log.
    case logged(decision: UInt64, height: UInt64)
    /// The engine's proof of a decision, which follows.
    case proof(decision: UInt64, bytes: [UInt8])
    /// What the engine wants to know after a restart.
    case engine(epoch: UInt64, [UInt8])
    /// A batch of dissemination.
    case batch(epoch: UInt64, [UInt8])
    /// This node's signature under a result: never is there another one of this height.
    case signed(OwnResult)
    /// How often this node has been started, or has begun another epoch.
    case incarnation(UInt64)
    /// That another node has been started.
    case peerStart(epoch: UInt64, StartAnnouncement)
    /// This node signs by this key no more, as what it signed by it is not all on its disk.
    case forgotten(PublicKey)

    /// The journal's number of the kind of record. (2 was that of certificates, which it does not hold any more.)
    package var kind: UInt8 {
        switch self {
        case .decision: 1
        case .logged: 3
        case .proof: 4
        case .engine: 5
        case .batch: 6
        case .signed: 7
        case .incarnation: 8
        case .peerStart: 9
        case .forgotten: 10
        }
    }

    package var payload: [UInt8] {
        var encoder = CanonicalEncoder()
        switch self {
        case .decision(let number, let value):
            encoder.bytes.reserveCapacity(value.count + 8)
            encoder.encode(number)
            encoder.bytes.append(contentsOf: value)
        case .logged(let decision, let height):
            encoder.encode(decision)
            encoder.encode(height)
        case .proof(let decision, let bytes):
            encoder.encode(decision)
            encoder.bytes.append(contentsOf: bytes)
        case .engine(let epoch, let bytes), .batch(let epoch, let bytes):
            encoder.bytes.reserveCapacity(bytes.count + 8)
            encoder.encode(epoch)
            encoder.bytes.append(contentsOf: bytes)
        case .signed(let result): encoder.encode(result)
        case .incarnation(let number): encoder.encode(number)
        case .peerStart(let epoch, let announcement):
            encoder.encode(epoch)
            encoder.encode(announcement)
        case .forgotten(let key): encoder.encode(key)
        }
        return encoder.bytes
    }

    package init(kind: UInt8, payload: [UInt8]) throws(CodingError) {
        var decoder = CanonicalDecoder(payload)
        switch kind {
        case 1:
            self = .decision(number: try decoder.decode(), value: Array(payload.dropFirst(8)))
            return
        case 3:
            self = .logged(decision: try decoder.decode(), height: try decoder.decode())
        case 4:
            self = .proof(decision: try decoder.decode(), bytes: Array(payload.dropFirst(8)))
            return
        case 5, 6:
            let epoch: UInt64 = try decoder.decode()
            let bytes = Array(payload.dropFirst(8))
            self = kind == 5 ? .engine(epoch: epoch, bytes) : .batch(epoch: epoch, bytes)
            return
        case 7: self = .signed(try decoder.decode())
        case 8: self = .incarnation(try decoder.decode())
        case 9: self = .peerStart(epoch: try decoder.decode(), try decoder.decode())
        case 10: self = .forgotten(try decoder.decode())
        default:
            throw CodingError(.unknownVariant(UInt32(kind)), at: 0)
        }
        try decoder.finish()
    }
}

/// What a certifier has said of a height.
package struct OwnResult: Hashable, Sendable, CanonicalCodable {
    package let height: UInt64
    /// Of the result's statement.
    package let digest: Digest
    package let signature: Signature

    package init(height: UInt64, digest: Digest, signature: Signature) {
        self.height = height
        self.digest = digest
        self.signature = signature
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(height)
        encoder.encode(digest)
        encoder.encode(signature)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        height = try decoder.decode()
        digest = try decoder.decode()
        signature = try decoder.decode()
    }
}

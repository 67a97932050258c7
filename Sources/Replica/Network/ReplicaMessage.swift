package import Ledger
package import Primitives

/// What replicas of a group say to each other: one byte for the kind, then the contents.
package enum ReplicaMessage: Hashable, Sendable, CanonicalCodable {
    /// Between engines, and between disseminators; their own coding.
    case engine([UInt8])
    case dissemination([UInt8])
    /// What its sender's execution of a height gave. Whoever repeats it lacks the others'.
    case result(OwnResult, isRepeated: Bool)
    /// An answer to that: the height is certified.
    case certificate(BlockCertificate)
    /// Its sender lacks decisions from this one on.
    case fetchDecisions(from: UInt64)
    /// One of several answers to that.
    case decision(DecisionRecord)
    /// Its sender starts, and signs nothing until a quorum has stored that.
    case starting(StartAnnouncement)
    case started(StartAnswer)
    /// The certificate of the last block of an epoch that its receiver takes for the present one.
    case epochEnd(BlockCertificate)
    /// Its sender lacks certified blocks from this one on.
    case fetchBlocks(from: UInt64)
    case blocks(FetchedBlocks)
    /// Its sender joins, and wants to know how this epoch came to the present one.
    case fetchHandOvers(from: UInt64)
    case handOvers(FetchedHandOvers)
    /// Its sender joins, and wants to know of which height its receiver has a snapshot.
    case fetchOffer
    /// An answer to that, or to who asks for what its sender does not have any more.
    case offer(SnapshotOffer)
    case fetchManifest(height: UInt64)
    case manifest(height: UInt64, [UInt8])
    case fetchChunk(height: UInt64, index: UInt32)
    case chunk(height: UInt64, index: UInt32, [UInt8])
    /// Its sender lacks the blocks from this height on downwards.
    case fetchTail(from: UInt64)
    case tail(FetchedTail)

    /// The kind of a result's message.
    package static let resultKind: UInt8 = 2

    package func encode(to encoder: inout CanonicalEncoder) {
        switch self {
        case .engine(let bytes):
            encoder.bytes.reserveCapacity(bytes.count + 1)
            encoder.encode(UInt8(0))
            encoder.bytes.append(contentsOf: bytes)
        case .dissemination(let bytes):
            encoder.bytes.reserveCapacity(bytes.count + 1)
            encoder.encode(UInt8(1))
            encoder.bytes.append(contentsOf: bytes)
        case .result(let result, let isRepeated):
            encoder.encode(Self.resultKind)
            encoder.encode(result)
            encoder.encode(isRepeated)
        case .certificate(let certificate):
            encoder.encode(UInt8(3))
            encoder.encode(certificate)
        case .fetchDecisions(let first):
            encoder.encode(UInt8(4))
            encoder.encode(first)
        case .decision(let record):
            encoder.encode(UInt8(5))
            encoder.encode(record)
        case .starting(let announcement):
            encoder.encode(UInt8(6))
            encoder.encode(announcement)
        case .started(let answer):
            encoder.encode(UInt8(7))
            encoder.encode(answer)
        case .epochEnd(let certificate):
            encoder.encode(UInt8(8))
            encoder.encode(certificate)
        case .fetchBlocks(let first):
            encoder.encode(UInt8(9))
            encoder.encode(first)
        case .blocks(let blocks):
            encoder.encode(UInt8(10))
            encoder.encode(blocks)
        case .fetchHandOvers, .handOvers, .fetchOffer, .offer, .fetchManifest, .manifest, .fetchChunk, .chunk,
            .fetchTail, .tail:
            encodeForJoining(to: &encoder)
        }
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let kind: UInt8 = try decoder.decode()
        switch kind {
        case 0: self = .engine(decoder.takeRest())
        case 1: self = .dissemination(decoder.takeRest())
        case Self.resultKind: self = .result(try decoder.decode(), isRepeated: try decoder.decodeBool())
        case 3: self = .certificate(try decoder.decode())
        case 4: self = .fetchDecisions(from: try decoder.decode())
        case 5: self = .decision(try decoder.decode())
        case 6: self = .starting(try decoder.decode())
        case 7: self = .started(try decoder.decode())
        case 8: self = .epochEnd(try decoder.decode())
        case 9: self = .fetchBlocks(from: try decoder.decode())
        case 10: self = .blocks(try decoder.decode())
        case 11: self = .fetchHandOvers(from: try decoder.decode())
        case 12: self = .handOvers(try decoder.decode())
        case 13: self = .fetchOffer
        case 14: self = .offer(try decoder.decode())
        case 15: self = .fetchManifest(height: try decoder.decode())
        case 16:
            self = .manifest(
                height: try decoder.decode(),
                try decoder.decodeBytes(maximum: ReplicaLimits.snapshotManifestByteCountMax))
        case 17: self = .fetchChunk(height: try decoder.decode(), index: try decoder.decode())
        case 18:
            self = .chunk(
                height: try decoder.decode(), index: try decoder.decode(),
                try decoder.decodeBytes(maximum: ReplicaLimits.snapshotChunkByteCountMax))
        case 19: self = .fetchTail(from: try decoder.decode())
        case 20: self = .tail(try decoder.decode())
        default: throw CodingError(.unknownVariant(UInt32(kind)), at: start)
        }
    }
}

// What is said to and by those who join.
extension ReplicaMessage {
    private func encodeForJoining(to encoder: inout CanonicalEncoder) {
        switch self {
        case .fetchHandOvers(let first):
            encoder.encode(UInt8(11))
            encoder.encode(first)
        case .handOvers(let handOvers):
            encoder.encode(UInt8(12))
            encoder.encode(handOvers)
        case .fetchOffer: encoder.encode(UInt8(13))
        case .offer(let offer):
            encoder.encode(UInt8(14))
            encoder.encode(offer)
        case .fetchManifest(let height):
            encoder.encode(UInt8(15))
            encoder.encode(height)
        case .manifest(let height, let bytes):
            encoder.encode(UInt8(16))
            encoder.encode(height)
            encoder.encode(bytes: bytes)
        case .fetchChunk(let height, let index):
            encoder.encode(UInt8(17))
            encoder.encode(height)
            encoder.encode(index)
        case .chunk(let height, let index, let bytes):
            encoder.encode(UInt8(18))
            encoder.encode(height)
            encoder.encode(index)
            encoder.encode(bytes: bytes)
        case .fetchTail(let height):
            encoder.encode(UInt8(19))
            encoder.encode(height)
        case .tail(let tail):
            encoder.encode(UInt8(20))
            encoder.encode(tail)
        default: preconditionFailure("the others are coded elsewhere")
        }
    }
}

/// A message with the epoch that its sender is in.
package struct EpochMessage: Hashable, Sendable, CanonicalCodable {
    package let epoch: UInt64
    package let message: ReplicaMessage

    package init(epoch: UInt64, message: ReplicaMessage) {
        self.epoch = epoch
        self.message = message
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(epoch)
        encoder.encode(message)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        epoch = try decoder.decode()
        message = try decoder.decode()
    }

    /// Where the message's own bytes begin.
    package static let messageOffset = 8
}

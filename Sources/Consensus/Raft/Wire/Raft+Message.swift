package import Primitives

extension Raft {
    /// What orderers say to each other. One byte for the format, one for the kind, then the contents.
    package enum Message: Hashable, Sendable, CanonicalCodable {
        package static let formatVersion: UInt8 = 1

        /// Asks for a vote in a term, or, before a term is begun, whether there would be one (thesis, 9.6).
        case voteRequest(VoteRequest)
        case voteReply(term: UInt64, isPrevote: Bool, isGranted: Bool)
        /// Lines of the log, or none, to say that the leader is there.
        case append(Append)
        /// Up to where the log is the leader's, or, refused, up to where it could be at most.
        case appendReply(term: UInt64, round: UInt64, isAccepted: Bool, index: UInt64)
        /// The leader does not have what its receiver lacks any more: that must fetch decisions up to here.
        case behind(term: UInt64, Place)
        /// Its receiver shall be elected at once (thesis, 3.10).
        case timeoutNow(term: UInt64)

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(Self.formatVersion)
            switch self {
            case .voteRequest(let request):
                encoder.encode(UInt8(0))
                encoder.encode(request)
            case .voteReply(let term, let isPrevote, let isGranted):
                encoder.encode(UInt8(1))
                encoder.encode(term)
                encoder.encode(isPrevote)
                encoder.encode(isGranted)
            case .append(let append):
                encoder.encode(UInt8(2))
                encoder.encode(append)
            case .appendReply(let term, let round, let isAccepted, let index):
                encoder.encode(UInt8(3))
                encoder.encode(term)
                encoder.encode(round)
                encoder.encode(isAccepted)
                encoder.encode(index)
            case .behind(let term, let place):
                encoder.encode(UInt8(4))
                encoder.encode(term)
                encoder.encode(place)
            case .timeoutNow(let term):
                encoder.encode(UInt8(5))
                encoder.encode(term)
            }
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            let version: UInt8 = try decoder.decode()
            guard version == Self.formatVersion else {
                throw CodingError(.invalid("message version \(version) is not known"), at: 0)
            }
            let start = decoder.offset
            let kind: UInt8 = try decoder.decode()
            switch kind {
            case 0: self = .voteRequest(try decoder.decode())
            case 1:
                self = .voteReply(
                    term: try decoder.decode(), isPrevote: try decoder.decodeBool(),
                    isGranted: try decoder.decodeBool())
            case 2: self = .append(try decoder.decode())
            case 3:
                self = .appendReply(
                    term: try decoder.decode(), round: try decoder.decode(), isAccepted: try decoder.decodeBool(),
                    index: try decoder.decode())
            case 4: self = .behind(term: try decoder.decode(), try decoder.decode())
            case 5: self = .timeoutNow(term: try decoder.decode())
            default: throw CodingError(.unknownVariant(UInt32(kind)), at: start)
            }
        }
    }

    package struct VoteRequest: Hashable, Sendable, CanonicalCodable {
        /// The term that would begin.
        package let term: UInt64
        package let isPrevote: Bool
        /// The leader itself asked for the election.
        package let isTransfer: Bool
        package let lastIndex: UInt64
        package let lastTerm: UInt64

        package init(term: UInt64, isPrevote: Bool, isTransfer: Bool, lastIndex: UInt64, lastTerm: UInt64) {
            self.term = term
            self.isPrevote = isPrevote
            self.isTransfer = isTransfer
            self.lastIndex = lastIndex
            self.lastTerm = lastTerm
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(term)
            encoder.encode(isPrevote)
            encoder.encode(isTransfer)
            encoder.encode(lastIndex)
            encoder.encode(lastTerm)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            term = try decoder.decode()
            isPrevote = try decoder.decodeBool()
            isTransfer = try decoder.decodeBool()
            lastIndex = try decoder.decode()
            lastTerm = try decoder.decode()
        }
    }

    package struct Append: Hashable, Sendable, CanonicalCodable {
        package let term: UInt64
        /// The leader's last round of reading, which the answer names.
        package let round: UInt64
        /// What comes before the entries.
        package let previousIndex: UInt64
        package let previousTerm: UInt64
        package let committed: UInt64
        package let entries: [Entry]

        package init(
            term: UInt64, round: UInt64 = 0, previousIndex: UInt64, previousTerm: UInt64, committed: UInt64,
            entries: [Entry]
        ) {
            self.term = term
            self.round = round
            self.previousIndex = previousIndex
            self.previousTerm = previousTerm
            self.committed = committed
            self.entries = entries
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(term)
            encoder.encode(round)
            encoder.encode(previousIndex)
            encoder.encode(previousTerm)
            encoder.encode(committed)
            encoder.encode(sequence: entries)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            term = try decoder.decode()
            round = try decoder.decode()
            previousIndex = try decoder.decode()
            previousTerm = try decoder.decode()
            committed = try decoder.decode()
            entries = try decoder.decodeSequence(
                maximum: ConsensusLimits.raftEntriesPerMessageMax, elementByteCountMin: 17)
        }
    }
}

package import Cryptography
package import Primitives

extension PBFT {
    /// What orderers say to each other. One byte for the format, one for the kind, then the contents.
    package enum Message: Hashable, Sendable, CanonicalCodable {
        package static let formatVersion: UInt8 = 1

        /// A leader's block, in its view: to all.
        case proposal(view: UInt64, ConsensusBlock)
        /// To all.
        case vote(ConsensusVote, Signature)
        /// Its sender wants to be in this view at least, and has decided so far: to all, when it sees no progress; of a
        /// leader, that it is there.
        case wish(view: UInt64, decided: UInt64)
        /// To the leader of a view that its sender has entered.
        case report(ProvenReport)
        /// A leader's, to all.
        case newView(NewView)
        /// To one who is behind.
        case decided(Proof)
        case blockRequest(decision: UInt64, block: Digest)
        case block(ConsensusBlock)

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(Self.formatVersion)
            switch self {
            case .proposal(let view, let block):
                encoder.encode(UInt8(0))
                encoder.encode(view)
                encoder.encode(block)
            case .vote(let vote, let signature):
                encoder.encode(UInt8(1))
                encoder.encode(vote)
                encoder.encode(signature)
            case .wish(let view, let decided):
                encoder.encode(UInt8(2))
                encoder.encode(view)
                encoder.encode(decided)
            case .report(let report):
                encoder.encode(UInt8(3))
                encoder.encode(report)
            case .newView(let newView):
                encoder.encode(UInt8(4))
                encoder.encode(newView)
            case .decided(let proof):
                encoder.encode(UInt8(5))
                encoder.encode(proof)
            case .blockRequest(let decision, let block):
                encoder.encode(UInt8(6))
                encoder.encode(decision)
                encoder.encode(block)
            case .block(let block):
                encoder.encode(UInt8(7))
                encoder.encode(block)
            }
        }

        /// About how many bytes it takes, so that they are not moved while it is coded.
        var byteCountExpected: Int {
            switch self {
            case .proposal(_, let block), .block(let block): 128 + block.value.count
            case .report(let report): 512 + 800 * report.certificates.count
            case .newView(let newView): 512 + 400 * newView.reports.count
            case .vote, .wish, .decided, .blockRequest: 160
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
            case 0: self = .proposal(view: try decoder.decode(), try decoder.decode())
            case 1: self = .vote(try decoder.decode(), try decoder.decode())
            case 2: self = .wish(view: try decoder.decode(), decided: try decoder.decode())
            case 3: self = .report(try decoder.decode())
            case 4: self = .newView(try decoder.decode())
            case 5: self = .decided(try decoder.decode())
            case 6: self = .blockRequest(decision: try decoder.decode(), block: try decoder.decode())
            case 7: self = .block(try decoder.decode())
            default: throw CodingError(.unknownVariant(UInt32(kind)), at: start)
            }
        }
    }
}

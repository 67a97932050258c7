package import Cryptography
package import Primitives

extension FBFT {
    /// What orderers say to each other. One byte for the format, one for the kind, then the contents.
    package enum Message: Hashable, Sendable, CanonicalCodable {
        package static let formatVersion: UInt8 = 1

        /// A leader's block, and why it may follow: to all.
        case proposal(Proposal)
        /// To the leader of its view.
        case vote(ConsensusVote, Signature)
        /// The leader's, to all: a prepare certificate asks for commit votes (the closing round), a commit certificate
        /// ends it. To a leader, from a voter that knows of more than a proposal shows.
        case certificate(VoteCertificate)
        /// Its sender wants to be in this view at least, and has decided so far: to all, when it sees no progress.
        case wish(view: UInt64, decided: UInt64)
        /// To the leader of a view that its sender has entered.
        case newView(NewView)
        /// To one who is behind.
        case decided(Proof)
        case blockRequest(decision: UInt64, block: Digest)
        case block(ConsensusBlock)

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(Self.formatVersion)
            switch self {
            case .proposal(let proposal):
                encoder.encode(UInt8(0))
                encoder.encode(proposal)
            case .vote(let vote, let signature):
                encoder.encode(UInt8(1))
                encoder.encode(vote)
                encoder.encode(signature)
            case .certificate(let certificate):
                encoder.encode(UInt8(2))
                encoder.encode(certificate)
            case .wish(let view, let decided):
                encoder.encode(UInt8(3))
                encoder.encode(view)
                encoder.encode(decided)
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
            case .proposal(let proposal):
                256 + proposal.block.value.count + 72 * (proposal.justification?.signatures.count ?? 0)
            case .certificate(let certificate): 128 + 72 * certificate.signatures.count
            case .block(let block): 128 + block.value.count
            case .vote, .wish, .newView, .decided, .blockRequest: 160
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
            case 0: self = .proposal(try decoder.decode())
            case 1: self = .vote(try decoder.decode(), try decoder.decode())
            case 2: self = .certificate(try decoder.decode())
            case 3: self = .wish(view: try decoder.decode(), decided: try decoder.decode())
            case 4: self = .newView(try decoder.decode())
            case 5: self = .decided(try decoder.decode())
            case 6: self = .blockRequest(decision: try decoder.decode(), block: try decoder.decode())
            case 7: self = .block(try decoder.decode())
            default: throw CodingError(.unknownVariant(UInt32(kind)), at: start)
            }
        }
    }

    /// A block that a leader wants decided.
    package struct Proposal: Hashable, Sendable, CanonicalCodable {
        package let view: UInt64
        package let block: ConsensusBlock
        /// A prepare certificate of this view for the parent, a commit certificate for it, or a prepare certificate of
        /// an earlier view for the block itself; nil right after the epoch's beginning.
        package let justification: VoteCertificate?

        package init(view: UInt64, block: ConsensusBlock, justification: VoteCertificate?) {
            self.view = view
            self.block = block
            self.justification = justification
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(view)
            encoder.encode(block)
            encoder.encode(justification)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            view = try decoder.decode()
            block = try decoder.decode()
            justification = try decoder.decodeOption(VoteCertificate.self)
        }
    }

    /// What the leader of a view must know of those who enter it.
    package struct NewView: Hashable, Sendable, CanonicalCodable {
        package let view: UInt64
        /// The prepare certificate that its sender is locked on.
        package let lock: VoteCertificate?
        /// Of the newest decision.
        package let proof: Proof?
        /// Its sender's last prepare vote.
        package let vote: ConsensusVote?

        package init(view: UInt64, lock: VoteCertificate?, proof: Proof?, vote: ConsensusVote?) {
            self.view = view
            self.lock = lock
            self.proof = proof
            self.vote = vote
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(view)
            encoder.encode(lock)
            encoder.encode(proof)
            encoder.encode(vote)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            view = try decoder.decode()
            lock = try decoder.decodeOption(VoteCertificate.self)
            proof = try decoder.decodeOption(Proof.self)
            vote = try decoder.decodeOption(ConsensusVote.self)
        }
    }
}

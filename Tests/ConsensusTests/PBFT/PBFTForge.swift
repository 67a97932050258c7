import Consensus
import Cryptography
import Primitives

/// What tests make up: blocks, and anything signed by anybody, as the orderers of a test network would.
enum PBFTForge {
    /// What a leader names as the parent of the first block.
    static let origin: Digest = {
        var network = PBFTNetwork(count: 4)
        network.startAll()
        network.propose([[1]])
        guard case .proposal(_, let block)? = network.mail.first?.message else {
            preconditionFailure("a leader proposes first")
        }
        return block.parent
    }()

    static func block(_ decision: UInt64, after parent: Digest = origin, _ value: UInt8) -> ConsensusBlock {
        ConsensusBlock(decision: decision, parent: parent, value: [value])
    }

    static func identity(_ block: ConsensusBlock) -> Digest {
        block.header(in: .international).identity(in: .zero, suite: .international)
    }

    // MARK: Votes

    static func vote(_ phase: VotePhase, for block: ConsensusBlock, view: UInt64 = 0) -> ConsensusVote {
        ConsensusVote(phase: phase, view: view, decision: block.decision, block: identity(block))
    }

    static func signed(_ vote: ConsensusVote, by orderer: Int) -> PBFT.Message {
        .vote(vote, PBFTNetwork.signature(vote.digest(in: .zero, suite: .international), by: orderer))
    }

    static func certificate(_ vote: ConsensusVote, by orderers: [Int] = [0, 1, 2]) -> VoteCertificate {
        let digest = vote.digest(in: .zero, suite: .international)
        return VoteCertificate(
            vote: vote,
            signatures: orderers.map {
                OrdererSignature(orderer: UInt32($0), signature: PBFTNetwork.signature(digest, by: $0))
            })
    }

    /// For the same vote, with signatures that nobody gave.
    static func wrong(_ certificate: VoteCertificate) -> VoteCertificate {
        VoteCertificate(
            vote: certificate.vote,
            signatures: certificate.signatures.map {
                OrdererSignature(orderer: $0.orderer, signature: PBFTNetwork.signature(.zero, by: 9))
            })
    }

    static func holds(_ certificate: VoteCertificate) -> Bool {
        let digest = certificate.vote.digest(in: .zero, suite: .international)
        return certificate.signatures.count >= 3
            && certificate.signatures.allSatisfy {
                $0.signature == PBFTNetwork.signature(digest, by: Int($0.orderer))
            }
    }

    static func proof(_ block: ConsensusBlock, view: UInt64 = 0) -> PBFT.Proof {
        PBFT.Proof(
            header: block.header(in: .international), certificate: certificate(vote(.commit, for: block, view: view)))
    }

    // MARK: Reports

    static func claim(_ block: ConsensusBlock, view: UInt64 = 0) -> PBFT.Claim {
        PBFT.Claim(view: view, header: block.header(in: .international))
    }

    static func report(
        _ view: UInt64, _ claims: [PBFT.Claim] = [], decided: UInt64 = 0, by orderer: Int
    ) -> PBFT.SignedReport {
        let report = PBFT.Report(view: view, decided: decided, claims: claims)
        let digest = report.digest(in: .zero, suite: .international)
        return PBFT.SignedReport(
            orderer: UInt32(orderer), report: report, signature: PBFTNetwork.signature(digest, by: orderer))
    }

    /// With a certificate for each claim.
    static func proven(
        _ view: UInt64, _ claims: [PBFT.Claim] = [], after proof: PBFT.Proof? = nil, by orderer: Int
    ) -> PBFT.ProvenReport {
        PBFT.ProvenReport(
            signed: report(view, claims, decided: proof?.header.decision ?? 0, by: orderer), proof: proof,
            certificates: claims.map { claim in
                certificate(
                    ConsensusVote(
                        phase: .prepare, view: claim.view, decision: claim.decision,
                        block: claim.header.identity(in: .zero, suite: .international)))
            })
    }
}

extension PBFT.Message {
    var isProposal: Bool { if case .proposal = self { true } else { false } }

    var vote: ConsensusVote? { if case .vote(let vote, _) = self { vote } else { nil } }

    var report: PBFT.ProvenReport? { if case .report(let report) = self { report } else { nil } }

    var newView: PBFT.NewView? { if case .newView(let newView) = self { newView } else { nil } }
}

extension PBFTNetwork {
    /// What an orderer has sent votes for and one other has not had yet.
    func votes(_ phase: VotePhase, from sender: UInt32, to receiver: UInt32) -> [ConsensusVote] {
        mail.filter { $0.from == sender && $0.to == receiver }.compactMap(\.message.vote).filter { $0.phase == phase }
    }

    /// Tells one engine that others want to be in a view.
    mutating func bring(_ index: Int, to view: UInt64, by peers: [Int] = [0, 1, 2, 3]) {
        for peer in peers where peer != index {
            give(.wish(view: view, decided: 0), from: UInt32(peer), to: index)
        }
    }
}

internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives

extension FBFT: FuzzedEngine {
    static var kind: EngineKind { .fbft }

    static func lie(about message: [UInt8], as liar: FuzzLiar, _ input: inout FuzzInput) -> [UInt8]? {
        let (choice, amount) = (input.byte(), UInt64(input.byte() % 4))
        switch try? FBFT.Message(canonicalBytes: message) {
        case .vote(let vote, _):
            let other = vote.altered(choice, amount)
            return FBFT.Message.vote(other, liar.signed(other)).canonicalBytes
        case .proposal(let proposal):
            let other = FBFT.Proposal(
                view: choice < 128 ? proposal.view : liar.view(from: proposal.view),
                block: proposal.block.altered(choice, amount), justification: proposal.justification)
            return FBFT.Message.proposal(other).canonicalBytes
        case .certificate(let certificate):
            return FBFT.Message.certificate(certificate.altered(choice)).canonicalBytes
        case .decided(let proof):
            let other = FBFT.Proof(
                header: proof.header, certificate: proof.certificate.altered(choice), child: proof.child)
            return FBFT.Message.decided(other).canonicalBytes
        default: return nil
        }
    }

    static func certificate(of proof: [UInt8]) -> VoteCertificate? {
        (try? FBFT.Proof(canonicalBytes: proof))?.certificate
    }

    static func certificates(in record: [UInt8]) -> [VoteCertificate] {
        (try? FBFT.Record(canonicalBytes: record))?.lock.map { [$0] } ?? []
    }
}

// MARK: - What the engines share

extension ConsensusVote {
    func altered(_ choice: UInt8, _ amount: UInt64) -> ConsensusVote {
        let other = Digest(copying: [UInt8](repeating: choice, count: Digest.byteCount).span, at: 0)
        return ConsensusVote(
            phase: choice % 5 == 0 ? (phase == .prepare ? .commit : .prepare) : phase,
            view: choice % 5 == 1 ? view &+ amount : view,
            decision: choice % 5 == 2 ? decision &+ amount : decision,
            block: choice % 5 == 3 ? other : block)
    }
}

extension ConsensusBlock {
    func altered(_ choice: UInt8, _ amount: UInt64) -> ConsensusBlock {
        ConsensusBlock(
            decision: choice % 4 == 1 ? decision &+ amount : decision,
            parent: choice % 4 == 2 ? .zero : parent,
            value: choice % 4 == 3 ? value : [UInt8](repeating: choice, count: Int(amount)))
    }
}

extension VoteCertificate {
    /// With a signature that is wrong, with one less, or the same.
    func altered(_ choice: UInt8) -> VoteCertificate {
        guard let first = signatures.first else { return self }
        let wrong = OrdererSignature(
            orderer: first.orderer, signature: FuzzLiar.signature(vote.block, by: Int(choice % 8)))
        switch choice % 3 {
        case 0: return VoteCertificate(vote: vote, signatures: [wrong] + signatures.dropFirst())
        case 1: return VoteCertificate(vote: vote, signatures: Array(signatures.dropFirst()))
        default: return self
        }
    }
}

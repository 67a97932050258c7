internal import Consensus
internal import Ledger
internal import Primitives

/// The messages of a short run, for people.
package struct MessageTrace: Sendable {
    package struct Line: Sendable {
        package let nanoseconds: UInt64
        package let sender: Int
        package let receiver: Int
        package let what: String
    }

    package private(set) var lines: [Line] = []
    private static let linesMax = 2000

    mutating func note(
        _ bytes: [UInt8], from sender: Int, to receiver: Int, at nanoseconds: UInt64, _ engine: EngineKind
    ) {
        guard lines.count < Self.linesMax else { return }
        let what =
            switch engine {
            case .fbft: (try? FBFT.Message(canonicalBytes: bytes))?.summary
            case .pbft: (try? PBFT.Message(canonicalBytes: bytes))?.summary
            case .raft: (try? Raft.Message(canonicalBytes: bytes))?.summary
            case .solo: String?.none
            }
        lines.append(Line(nanoseconds: nanoseconds, sender: sender, receiver: receiver, what: what ?? "not a message"))
    }

    /// As a sequence diagram of Mermaid.
    package var mermaid: String {
        let arrows = lines.map { "    n\($0.sender)->>n\($0.receiver): \($0.what)" }
        return (["sequenceDiagram"] + arrows).joined(separator: "\n")
    }
}

extension FBFT.Message {
    var summary: String {
        switch self {
        case .proposal(let proposal):
            "proposal of \(proposal.block.decision) in view \(proposal.view)"
        case .vote(let vote, _): "\(vote.phase) vote for \(vote.decision) in view \(vote.view)"
        case .certificate(let certificate):
            "\(certificate.vote.phase) certificate for \(certificate.decision) of view \(certificate.view)"
        case .wish(let view, let decided): "wish for view \(view), decided \(decided)"
        case .newView(let report): "new view \(report.view)"
        case .decided(let proof): "proof of decision \(proof.header.decision)"
        case .blockRequest(let decision, _): "request for the block of \(decision)"
        case .block(let block): "block of \(block.decision)"
        }
    }
}

extension PBFT.Message {
    var summary: String {
        switch self {
        case .proposal(let view, let block): "proposal of \(block.decision) in view \(view)"
        case .vote(let vote, _): "\(vote.phase) vote for \(vote.decision) in view \(vote.view)"
        case .wish(let view, let decided): "wish for view \(view), decided \(decided)"
        case .report(let proven):
            "report for view \(proven.signed.report.view), \(proven.signed.report.claims.count) prepared"
        case .newView(let newView):
            "new view \(newView.view), \(newView.certificates.count) to be voted for again"
        case .decided(let proof): "proof of decision \(proof.header.decision)"
        case .blockRequest(let decision, _): "request for the block of \(decision)"
        case .block(let block): "block of \(block.decision)"
        }
    }
}

extension Raft.Message {
    var summary: String {
        switch self {
        case .voteRequest(let asked): "\(asked.isPrevote ? "sounds for" : "asks for") votes in term \(asked.term)"
        case .voteReply(let term, let isPrevote, let isGranted):
            "\(isGranted ? "grants" : "denies") \(isPrevote ? "a vote that is asked ahead" : "a vote") in term \(term)"
        case .append(let append):
            "\(append.entries.count) lines after \(append.previousIndex) in term \(append.term), "
                + "committed \(append.committed)"
        case .appendReply(let term, _, let isAccepted, let index):
            "\(isAccepted ? "has lines up to" : "lacks what follows") \(index) in term \(term)"
        case .behind(let term, let place): "is behind: decisions up to \(place.decision), term \(term)"
        case .timeoutNow(let term): "hands over in term \(term)"
        }
    }
}

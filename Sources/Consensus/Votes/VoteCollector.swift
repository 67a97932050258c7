internal import Cryptography
internal import Ledger
internal import Primitives

/// Votes on their way to a certificate.
struct VoteCollector: Sendable {
    let vote: ConsensusVote
    /// By orderer: the first that came of each.
    private(set) var votes: [SignedVote?]
    private var isChecked: [Bool]
    /// How many votes came of those that had voted.
    private(set) var repeatCount = 0
    /// Whether votes are being checked.
    var isChecking = false

    init(for vote: ConsensusVote, count: Int) {
        self.vote = vote
        votes = Array(repeating: nil, count: count)
        isChecked = Array(repeating: false, count: count)
    }

    /// Those that voted for it, the own vote and checked ones among them.
    var voters: [UInt32] { votes.indices.filter { votes[$0]?.vote == vote }.map(UInt32.init) }

    var unchecked: [UInt32] { voters.filter { !isChecked[Int($0)] } }

    /// Takes a vote in, or gives back the one that contradicts it.
    mutating func insert(_ signed: SignedVote, from orderer: UInt32, isOwn: Bool) -> SignedVote? {
        if let first = votes[Int(orderer)] {
            repeatCount += 1
            guard first.vote != signed.vote else { return nil }
            // Who contradicts himself has still voted for this.
            if signed.vote == vote {
                votes[Int(orderer)] = signed
                isChecked[Int(orderer)] = isOwn
            }
            return first
        }
        votes[Int(orderer)] = signed
        isChecked[Int(orderer)] = isOwn
        return nil
    }

    mutating func mark(_ orderer: UInt32, isValid: Bool) {
        if isValid { isChecked[Int(orderer)] = true } else { votes[Int(orderer)] = nil }
    }

    var signatures: [OrdererSignature] {
        voters.compactMap { voter in
            votes[Int(voter)].map { OrdererSignature(orderer: voter, signature: $0.signature) }
        }
    }
}

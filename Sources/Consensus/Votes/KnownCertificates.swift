/// The last certificates that are known to hold, so that none is checked twice. A certificate for the same vote with
/// other signatures may not hold: it is never taken in place of the known one.
struct KnownCertificates: Sendable {
    private let countMax: Int
    private var certificates: [VoteCertificate] = []

    init(countMax: Int) { self.countMax = countMax }

    subscript(vote: ConsensusVote) -> VoteCertificate? { certificates.last { $0.vote == vote } }

    func contains(_ vote: ConsensusVote) -> Bool { self[vote] != nil }

    mutating func insert(_ certificate: VoteCertificate) {
        guard !contains(certificate.vote) else { return }
        if certificates.count == countMax { certificates.removeFirst() }
        certificates.append(certificate)
    }
}

internal import Cryptography
internal import Ledger
package import Primitives

extension PBFT {
    /// How a leader begins its view: what a quorum reported, and what follows from it (the paper's NEW-VIEW).
    package struct NewView: Hashable, Sendable, CanonicalCodable {
        package let view: UInt64
        /// A quorum's, ascending by orderer.
        package let reports: [SignedReport]
        /// Of the highest decision that one of them has; nil if that is the epoch's beginning.
        package let proof: Proof?
        /// For each block that is to be voted for again.
        package let certificates: [VoteCertificate]

        package init(view: UInt64, reports: [SignedReport], proof: Proof?, certificates: [VoteCertificate]) {
            self.view = view
            self.reports = reports
            self.proof = proof
            self.certificates = certificates
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(view)
            encoder.encode(sequence: reports)
            encoder.encode(proof)
            encoder.encode(sequence: certificates)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            view = try decoder.decode()
            let start = decoder.offset
            reports = try decoder.decodeSequence(maximum: LedgerLimits.validatorsMax)
            for (left, right) in zip(reports, reports.dropFirst()) where left.orderer >= right.orderer {
                throw CodingError(.notAscending, at: start)
            }
            proof = try decoder.decodeOption(Proof.self)
            certificates = try decoder.decodeSequence(maximum: ConsensusLimits.pbftWindowDecisions)
        }
    }

    /// What must be voted for in a view before anything new: it follows from a quorum's reports, so that all who see them
    /// come to the same.
    struct Agenda: Hashable, Sendable {
        /// The highest decision that one of the reporters has.
        let base: UInt64
        /// What comes after it, one after another.
        let claims: [Claim]

        var last: UInt64 { base + UInt64(claims.count) }

        /// `block` is the identity of the block of the decision `base`.
        init(_ reports: [Report], after block: Digest, in context: Digest, suite: Suite) {
            let base = reports.map(\.decided).max() ?? 0
            var claims: [Claim] = []
            var parent = block
            let all = reports.flatMap(\.claims)
            while claims.count < ConsensusLimits.pbftWindowDecisions {
                let next = base + UInt64(claims.count) + 1
                // Where a certificate of a later view names another parent, it is no longer open what that one became.
                let candidates = all.filter { $0.decision == next && $0.header.parent == parent }
                guard var highest = candidates.first else { break }
                for candidate in candidates.dropFirst() where highest.isBelow(candidate) { highest = candidate }
                claims.append(highest)
                parent = highest.header.identity(in: context, suite: suite)
            }
            (self.base, self.claims) = (base, claims)
        }

        /// Of a view that nobody has to report for.
        init(base: UInt64) { (self.base, claims) = (base, []) }
    }
}

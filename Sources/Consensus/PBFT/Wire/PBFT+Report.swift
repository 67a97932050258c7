package import Cryptography
package import Primitives

extension PBFT {
    /// A block for which there is a prepare certificate of a view.
    package struct Claim: Hashable, Sendable, CanonicalCodable {
        package let view: UInt64
        package let header: ConsensusHeader

        package var decision: UInt64 { header.decision }

        package init(view: UInt64, header: ConsensusHeader) {
            self.view = view
            self.header = header
        }

        /// Of one view there are claims for two blocks only if one is made up.
        func isBelow(_ other: Claim) -> Bool {
            (view, header.valueHash) < (other.view, other.header.valueHash)
        }

        /// What its certificate is for.
        func vote(in context: Digest, suite: Suite) -> ConsensusVote {
            ConsensusVote(
                phase: .prepare, view: view, decision: decision, block: header.identity(in: context, suite: suite))
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(view)
            encoder.encode(header)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            view = try decoder.decode()
            header = try decoder.decode()
        }
    }

    /// What an orderer says when it enters a view, signed: from then on it votes in no view before (the paper's
    /// VIEW-CHANGE).
    package struct Report: Hashable, Sendable, CanonicalCodable {
        package let view: UInt64
        package let decided: UInt64
        /// What has a prepare certificate, from the first decision that it lacks on, without a gap.
        package let claims: [Claim]

        package init(view: UInt64, decided: UInt64, claims: [Claim]) {
            self.view = view
            self.decided = decided
            self.claims = claims
        }

        /// What is signed.
        package func digest(in context: Digest, suite: Suite) -> Digest {
            var encoder = CanonicalEncoder(continuing: ConsensusDomain.report)
            encoder.encode(context)
            encode(to: &encoder)
            return suite.hash(encoder.bytes)
        }

        /// Whether an honest orderer could say this.
        var isSound: Bool {
            guard decided <= ConsensusLimits.numberMax, claims.count <= ConsensusLimits.pbftWindowDecisions else {
                return false
            }
            return claims.enumerated().allSatisfy { index, claim in
                claim.view < view && claim.decision == decided + UInt64(index) + 1
            }
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(view)
            encoder.encode(decided)
            encoder.encode(sequence: claims)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            view = try decoder.decode()
            decided = try decoder.decode()
            claims = try decoder.decodeSequence(maximum: ConsensusLimits.pbftWindowDecisions)
        }
    }

    package struct SignedReport: Hashable, Sendable, CanonicalCodable {
        package let orderer: UInt32
        package let report: Report
        package let signature: Signature

        package init(orderer: UInt32, report: Report, signature: Signature) {
            self.orderer = orderer
            self.report = report
            self.signature = signature
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(orderer)
            encoder.encode(report)
            encoder.encode(signature)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            orderer = try decoder.decode()
            report = try decoder.decode()
            signature = try decoder.decode()
        }
    }

    /// A report with what shows that it is true: for the leader of its view.
    package struct ProvenReport: Hashable, Sendable, CanonicalCodable {
        package let signed: SignedReport
        /// Of the last decision; nil if there is none in the epoch.
        package let proof: Proof?
        /// One for each claim.
        package let certificates: [VoteCertificate]

        package init(signed: SignedReport, proof: Proof?, certificates: [VoteCertificate]) {
            self.signed = signed
            self.proof = proof
            self.certificates = certificates
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(signed)
            encoder.encode(proof)
            encoder.encode(sequence: certificates)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            signed = try decoder.decode()
            proof = try decoder.decodeOption(Proof.self)
            certificates = try decoder.decodeSequence(maximum: ConsensusLimits.pbftWindowDecisions)
        }
    }
}

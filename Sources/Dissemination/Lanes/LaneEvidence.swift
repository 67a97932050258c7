package import Cryptography
package import Primitives

/// Two headers of one owner for one position of a lane: anyone who has the epoch can check it.
package struct LaneEvidence: Hashable, Sendable, CanonicalCodable {
    package struct SignedHeader: Hashable, Sendable, CanonicalCodable {
        package let header: BatchHeader
        package let signature: Signature

        package init(header: BatchHeader, signature: Signature) {
            self.header = header
            self.signature = signature
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(header)
            encoder.encode(signature)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            header = try decoder.decode()
            signature = try decoder.decode()
        }
    }

    package let first: SignedHeader
    package let second: SignedHeader

    package init(_ first: SignedHeader, _ second: SignedHeader) {
        self.first = first
        self.second = second
    }

    /// Whether no honest owner signs both.
    package var isContradiction: Bool {
        first.header.context == second.header.context && first.header.lane == second.header.lane
            && first.header.position == second.header.position && first.header != second.header
    }

    /// What must be checked for it to be the owner's fault; nil if it can't be.
    package func checks(by orderers: [PublicKey], suite: Suite) -> [SignatureCheck]? {
        let owner = Int(first.header.lane.owner)
        guard isContradiction, owner < orderers.count else { return nil }
        return [first, second].map {
            SignatureCheck(publicKey: orderers[owner], digest: $0.header.digest(in: suite), signature: $0.signature)
        }
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(first)
        encoder.encode(second)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        first = try decoder.decode()
        second = try decoder.decode()
    }
}

package import Consensus
package import Cryptography
package import Ledger
package import Primitives

/// That enough orderers hold a batch, durably, for one honest one to be among them.
package struct BatchCertificate: Hashable, Sendable, CanonicalCodable {
    package let place: LanePlace
    /// Ascending by orderer.
    package let signatures: [OrdererSignature]

    package init(place: LanePlace, signatures: [OrdererSignature]) {
        self.place = place
        self.signatures = signatures
    }

    /// What an orderer signs to acknowledge a batch.
    package static func digest(of place: LanePlace, in context: Digest, suite: Suite) -> Digest {
        var encoder = CanonicalEncoder(continuing: DisseminationDomain.acknowledgement)
        encoder.encode(context)
        encoder.encode(place)
        return suite.hash(encoder.bytes)
    }

    /// What must be checked for the certificate to hold; nil if that does not help it.
    package func checks(by orderers: [PublicKey], rule: QuorumRule, in context: Digest, suite: Suite)
        -> [SignatureCheck]?
    {
        let signers = signatures.map(\.orderer)
        guard signers.allSatisfy({ $0 < orderers.count }), rule.isAvailable(SignerSet(signers)) else { return nil }
        let digest = Self.digest(of: place, in: context, suite: suite)
        return signatures.map {
            SignatureCheck(publicKey: orderers[Int($0.orderer)], digest: digest, signature: $0.signature)
        }
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(place)
        encoder.encode(sequence: signatures)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        place = try decoder.decode()
        let start = decoder.offset
        signatures = try decoder.decodeSequence(
            maximum: LedgerLimits.validatorsMax, elementByteCountMin: 4 + Signature.byteCount)
        for (left, right) in zip(signatures, signatures.dropFirst()) where left.orderer >= right.orderer {
            throw CodingError(.notAscending, at: start)
        }
    }
}

package import Consensus
package import Cryptography
package import Ledger
package import Primitives

/// A batch with a wrongly signed transaction, and those who acknowledged it where that vouches for its signatures: anyone
/// who has the epoch can check it.
package struct VouchEvidence: Hashable, Sendable, CanonicalCodable {
    package let batch: Batch
    /// Ascending by orderer.
    package let acknowledgements: [OrdererSignature]

    package init(batch: Batch, acknowledgements: [OrdererSignature]) {
        self.batch = batch
        self.acknowledgements = acknowledgements
    }

    /// Who has vouched for what is wrong. `verify` says of each check whether the signature is valid.
    package func culprits(
        among orderers: [PublicKey], by check: StatelessCheck, verify: ([SignatureCheck]) -> [Bool]
    ) -> [UInt32] {
        let suite = check.terms.suite
        guard batch.isConsistent(in: suite), acknowledgements.allSatisfy({ $0.orderer < orderers.count }) else {
            return []
        }
        let transactions = HeldBatch(batch, check).signatureChecks(check)
        guard !verify(transactions).allSatisfy({ $0 }) else { return [] }
        let digest = BatchCertificate.digest(
            of: batch.header.place(in: suite), in: batch.header.context, suite: suite)
        let checks = acknowledgements.map {
            SignatureCheck(publicKey: orderers[Int($0.orderer)], digest: digest, signature: $0.signature)
        }
        return zip(acknowledgements, verify(checks)).filter(\.1).map(\.0.orderer)
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(batch)
        encoder.encode(sequence: acknowledgements)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        batch = try decoder.decode()
        let start = decoder.offset
        acknowledgements = try decoder.decodeSequence(
            maximum: LedgerLimits.validatorsMax, elementByteCountMin: 4 + Signature.byteCount)
        for (left, right) in zip(acknowledgements, acknowledgements.dropFirst()) where left.orderer >= right.orderer {
            throw CodingError(.notAscending, at: start)
        }
    }
}

/// Proof that an orderer broke a rule of dissemination.
package enum DisseminationEvidence: Hashable, Sendable {
    case fork(LaneEvidence)
    case vouch(VouchEvidence)
}

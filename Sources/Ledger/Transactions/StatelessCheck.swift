package import Cryptography
package import Primitives

/// What can be said of a transaction by its bytes alone, against the chain's fixed terms.
package struct StatelessCheck: Sendable {
    package let terms: ChainTerms

    package init(terms: ChainTerms) { self.terms = terms }

    /// Decodes `bytes` and checks everything but the signatures' arithmetic and the time.
    package func decode(_ bytes: [UInt8]) throws(Rejection) -> SignedTransaction {
        let maximum = Int(terms.limits.transactionByteCountMax)
        guard bytes.count <= maximum else { throw .oversized(byteCount: bytes.count, maximum: maximum) }
        let signed: SignedTransaction
        do throws(CodingError) {
            signed = try SignedTransaction(canonicalBytes: bytes, suite: terms.suite, remembersKeys: true)
        } catch {
            throw .malformed(error)
        }
        try check(signed)
        return signed
    }

    /// Checks everything but the signatures' arithmetic and the time.
    package func check(_ signed: SignedTransaction) throws(Rejection) {
        let transaction = signed.transaction
        guard transaction.genesis == terms.genesis else { throw .wrongGenesis(transaction.genesis) }
        guard transaction.group == terms.group else { throw .wrongGroup(transaction.group) }
        guard transaction.gasLimit <= terms.limits.blockGasMax else {
            throw .gasLimitTooHigh(transaction.gasLimit, maximum: terms.limits.blockGasMax)
        }
        let maximum = Int(terms.limits.transactionByteCountMax)
        guard signed.byteCount <= maximum else { throw .oversized(byteCount: signed.byteCount, maximum: maximum) }
        guard signed.areSignaturesInOrder else { throw .wrongSigners }
    }

    /// The signature checks that the transaction stands on. Whether the keys act for their accounts, the state decides.
    package func signatureChecks(of signed: SignedTransaction) -> [SignatureCheck] {
        var checks: [SignatureCheck] = []
        appendSignatureChecks(of: signed, to: &checks)
        return checks
    }

    package func appendSignatureChecks(of signed: SignedTransaction, to checks: inout [SignatureCheck]) {
        for signature in signed.signatures {
            checks.append(
                SignatureCheck(
                    publicKey: signature.publicKey, digest: signed.identity, signature: signature.signature))
        }
    }

    /// Whether a block of this time may hold a transaction with this expiry.
    package func check(expiry: Timestamp, at time: Timestamp) throws(Rejection) {
        guard expiry > time else { throw .expired(expiry: expiry, now: time) }
        let (latest, overflow) = time.milliseconds.addingReportingOverflow(
            terms.limits.expiryWindowMilliseconds)
        guard overflow || expiry.milliseconds <= latest else {
            throw .expiryTooFar(expiry: expiry, latest: Timestamp(milliseconds: latest))
        }
    }
}

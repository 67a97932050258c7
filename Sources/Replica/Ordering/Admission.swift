internal import Contracts
internal import Cryptography
package import Ledger
internal import Primitives

/// Names a client's request in the answer to it.
package typealias Ticket = UInt64

/// Transactions at the door, with everything checked but their signatures and their time. They are answered together.
package struct Submission: Sendable {
    package let ticket: Ticket
    package let transactions: [SignedTransaction]

    package init(ticket: Ticket, transactions: [SignedTransaction]) {
        self.ticket = ticket
        self.transactions = transactions
    }
}

/// What stands at a node's door: takes transactions in whose bytes, time and signatures are right, each once.
struct Admission: Sendable {
    private let terms: ChainTerms
    /// What a transaction costs at least; one that does not offer it is not taken.
    private let gas: GasSchedule
    /// Transactions that were taken, until they expire: what a client sends again is a duplicate at the door.
    private var taken: DuplicateWindow
    private var verifying = AdmissionQueue()
    /// Why nothing is taken at present.
    var refusal: Rejection?

    typealias Answer = (ticket: Ticket, rejections: [Rejection?])

    /// `window` are transactions that were executed and have not expired.
    init(terms: ChainTerms, gas: GasSchedule, executed window: DuplicateWindow?) {
        self.terms = terms
        self.gas = gas
        taken = window ?? DuplicateWindow(countMax: Int(terms.limits.duplicateWindowCountMax))
    }

    /// Whether no signatures are being checked.
    var isEmpty: Bool { verifying.isEmpty }
    var byteCount: Int { verifying.byteCount }

    // MARK: Before signatures are checked

    /// Looks at what came: gives the answers that are certain, and what must be verified for the others. `hasRoom` says
    /// whether there is room behind the door for one more after so many with so many bytes.
    mutating func submit(
        _ submissions: [Submission], at now: Timestamp, hasRoom: (Int, Int) -> Bool
    ) -> (answers: [Answer], toVerify: (batch: UInt64, checks: [SignatureCheck])?) {
        taken.advance(to: now)
        let check = StatelessCheck(terms: terms)
        var answers: [Answer] = []
        var checks: [SignatureCheck] = []
        var batch = AdmissionQueue.Batch()
        for submission in submissions {
            var rejections = [Rejection?](repeating: nil, count: submission.transactions.count)
            let countBefore = batch.count
            for (index, signed) in submission.transactions.enumerated() {
                do throws(Rejection) {
                    try admit(signed, now, pending: (batch.count, batch.byteCount), hasRoom)
                    check.appendSignatureChecks(of: signed, to: &checks)
                    batch.add(byteCount: signed.byteCount)
                } catch {
                    rejections[index] = error
                }
            }
            if batch.count == countBefore {
                answers.append((submission.ticket, rejections))
            } else {
                batch.submissions.append((submission, rejections))
            }
        }
        guard !batch.submissions.isEmpty else { return (answers, nil) }
        return (answers, (verifying.append(batch), checks))
    }

    private func admit(
        _ signed: SignedTransaction, _ now: Timestamp, pending: (count: Int, byteCount: Int),
        _ hasRoom: (Int, Int) -> Bool
    ) throws(Rejection) {
        if let refusal { throw refusal }
        try StatelessCheck(terms: terms).check(expiry: signed.expiry, at: now)
        let minimum = gas.intrinsic(byteCount: signed.byteCount, signatures: signed.signatureCount)
        guard signed.gasLimit >= minimum else {
            throw .gasLimitTooLow(signed.gasLimit, minimum: minimum)
        }
        guard !taken.contains(signed.copyIdentity(in: terms.suite), expiry: signed.expiry) else { throw .duplicate }
        guard !taken.isFull, verifying.count + pending.count < ReplicaLimits.verifyingTransactionsMax,
            hasRoom(verifying.count + pending.count, verifying.byteCount + pending.byteCount)
        else { throw .overloaded }
    }

    // MARK: After that

    /// Takes in the answers for a batch, and gives the rightly signed transactions whose turn it is to `insert`, which
    /// says why it can't take one.
    mutating func verified(
        _ batch: UInt64, _ mask: [Bool], insert: (SignedTransaction) -> Rejection?
    ) -> [Answer] {
        verifying.answer(batch, mask)
        var answers: [Answer] = []
        while let (batch, mask) = verifying.popFirst() {
            var rest = mask[...]
            for (submission, early) in batch.submissions {
                var rejections = early
                for (index, signed) in submission.transactions.enumerated() where rejections[index] == nil {
                    rejections[index] = settle(signed, rest.prefix(signed.signatureCount), insert)
                    rest = rest.dropFirst(signed.signatureCount)
                }
                answers.append((submission.ticket, rejections))
            }
        }
        return answers
    }

    /// Takes a transaction in, given which of its signatures are valid, or says why not.
    private mutating func settle(
        _ signed: SignedTransaction, _ mask: ArraySlice<Bool>, _ insert: (SignedTransaction) -> Rejection?
    ) -> Rejection? {
        // A signature that got no answer is not a valid one.
        let wrong = (mask.firstIndex(of: false) ?? mask.endIndex) - mask.startIndex
        guard wrong == signed.signatureCount else {
            return .wrongSignature(account: signed.signers[Int(signed.signatures[wrong].signer)])
        }
        let copy = signed.copyIdentity(in: terms.suite)
        guard !taken.contains(copy, expiry: signed.expiry) else { return .duplicate }
        if let refusal = insert(signed) { return refusal }
        taken.insert(copy, expiry: signed.expiry)
        return nil
    }
}

internal import Cryptography
internal import Ledger
internal import Primitives

/// A batch that a node has, with what it knows of it.
struct HeldBatch: Sendable {
    var batch: Batch
    /// What of its transactions decodes and belongs to the chain.
    let transactions: [SignedTransaction]
    var validity: Validity
    /// Whether it is durable that it is acknowledged.
    var isDurable = false
    /// Whether it was shown that others vouched for it wrongly.
    var isReported = false

    enum Validity: Sendable {
        case unknown
        case checking
        /// Of each of `transactions`, whether all its signatures are valid.
        case known([Bool])
    }

    var header: BatchHeader { batch.header }

    init(_ batch: Batch, _ check: StatelessCheck) {
        self.batch = batch
        transactions = batch.transactions.compactMap { try? check.decode($0) }
        validity = .unknown
    }

    /// Whether an honest owner can have made it: all of it decodes, and declares as much gas as the header says.
    var isWhole: Bool {
        guard transactions.count == batch.transactions.count else { return false }
        var gas: UInt64 = 0
        for signed in transactions {
            let (sum, overflow) = gas.addingReportingOverflow(signed.gasLimit)
            guard !overflow else { return false }
            gas = sum
        }
        return gas == header.gas
    }

    /// Whether a signature in it is known to be wrong.
    var isWrong: Bool { if case .known(let areValid) = validity { areValid.contains(false) } else { false } }

    func signatureChecks(_ check: StatelessCheck) -> [SignatureCheck] {
        var checks: [SignatureCheck] = []
        for signed in transactions { check.appendSignatureChecks(of: signed, to: &checks) }
        return checks
    }

    /// Takes in the answers to `signatureChecks`; without an answer a signature is not valid.
    mutating func take(_ mask: [Bool]) {
        var rest = mask[...]
        let areValid = transactions.map { signed in
            let own = rest.prefix(signed.signatureCount)
            rest = rest.dropFirst(signed.signatureCount)
            return own.count == signed.signatureCount && own.allSatisfy { $0 }
        }
        validity = .known(areValid)
    }
}

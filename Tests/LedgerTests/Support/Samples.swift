import Cryptography
import Ledger
import Primitives
import TestSupport

/// Values of every type of the ledger, well formed and otherwise random: the same on every run and every machine.
struct Samples {
    static let suite = Suite.international
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func number() -> UInt64 { generator.next() }
    mutating func number(below bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }
    mutating func fixed<Value: FixedBytes>(_ type: Value.Type = Value.self) -> Value {
        Value(copying: bytes(Value.byteCount).span, at: 0)
    }
    mutating func time() -> Timestamp { Timestamp(milliseconds: number()) }

    mutating func name(_ count: Int) -> String {
        String(decoding: (0..<count).map { _ in UInt8(0x21 + number(below: 0x5E)) }, as: UTF8.self)
    }

    /// A text of all lengths of characters, among them ones that Unicode holds for the same as others.
    mutating func text() -> String {
        let characters = ["a", "Z", "é", "e\u{301}", "\u{300}", "\u{340}", "K", "\u{212A}", "中", "🂡"]
        return (0..<number(below: 8)).map { _ in characters[number(below: characters.count)] }.joined()
    }

    mutating func array<Element>(below bound: Int, _ make: (inout Samples) -> Element) -> [Element] {
        (0..<number(below: bound)).map { _ in make(&self) }
    }

    mutating func key() -> PublicKey {
        let scheme = SignatureScheme.allCases[number(below: 2)]
        let key = PublicKey(scheme: scheme, bytes: bytes(scheme.publicKeyByteCount))
        return key ?? TestKeys.key(1).publicKey
    }
}

// MARK: - Transactions

extension Samples {
    mutating func transaction() -> Transaction {
        let payer = number(below: 2) == 0 ? FeePayer(account: fixed(), cap: amount()) : nil
        return Transaction(
            genesis: fixed(), group: UInt32(number(below: 1000)), sender: fixed(), contract: fixed(),
            method: name(number(below: 20)), arguments: bytes(number(below: 200)), salt: number(), expiry: time(),
            gasLimit: number(), feePayer: payer, additionalSigners: array(below: 3) { $0.fixed() })
    }

    mutating func amount() -> UInt256 { UInt256(limbs: number(), number(), number(), number()) }

    mutating func signedTransaction() -> SignedTransaction {
        let transaction = transaction()
        let signatures = transaction.signers.indices.map {
            AccountSignature(signer: UInt8($0), publicKey: key(), signature: fixed())
        }
        return SignedTransaction(
            transaction: transaction, signatures: signatures, identity: transaction.identity(in: Self.suite))
    }

    /// A record of one to three keys, with a threshold that they meet.
    mutating func authenticationRecord() -> AuthenticationRecord {
        let keys = (0...number(below: 3)).map { _ in WeightedKey(key: key(), weight: UInt16(1 + number(below: 1000))) }
        return AuthenticationRecord(threshold: UInt32(1 + number(below: keys.count)), keys: keys)
            ?? AuthenticationRecord(key: key())
    }

    mutating func event() -> Event {
        Event(
            contract: fixed(), name: text(), topics: array(below: 5) { $0.fixed() }, data: bytes(number(below: 50)))
    }

    mutating func failure() -> Failure { Failure(code: name(5), text: text()) }

    mutating func receipt() -> Receipt {
        let failed = number(below: 3) == 0
        return Receipt(
            transaction: fixed(), outcome: failed ? .failure(failure()) : .success(bytes(number(below: 40))),
            gasUsed: number(), events: failed ? [] : array(below: 3) { $0.event() })
    }
}

// MARK: - Blocks and certificates

extension Samples {
    mutating func header(transactionCount: Int) -> BlockHeader {
        BlockHeader(
            group: UInt32(number(below: 1000)), height: number(), parent: fixed(), epoch: number(),
            executionVersion: UInt32(number(below: 100)), decision: number(), time: time(),
            transactionCount: UInt32(transactionCount), transactionsRoot: fixed())
    }

    mutating func statement() -> ResultStatement {
        ResultStatement(
            header: header(transactionCount: 3), blockHash: fixed(), genesis: fixed(), stateRoot: fixed(),
            receiptsRoot: fixed())
    }

    mutating func rule() -> QuorumRule {
        QuorumRule(model: FaultModel.allCases[number(below: 3)], count: 1 + number(below: 1024))
    }

    mutating func certificate() -> BlockCertificate {
        BlockCertificate(
            statement: statement(), rule: rule(),
            signatures: (0..<UInt32(number(below: 4))).map { CertifierSignature(certifier: $0 * 3, signature: fixed()) }
        )
    }

    mutating func certifiedBlock() -> CertifiedBlock {
        let transactions = array(below: 4) { $0.signedTransaction() }
        return CertifiedBlock(
            block: Block(header: header(transactionCount: transactions.count), transactions: transactions),
            receipts: transactions.map { _ in receipt() }, certificate: certificate())
    }

    mutating func genesis() -> Genesis {
        let epoch = EpochConfiguration(
            number: number(), engine: .solo, verification: .all, orderers: [key(), key()], certifiers: [key()])
        return Genesis(
            name: text(), suite: Self.suite, group: UInt32(number(below: 1000)), time: time(),
            faultModels: number(below: 2) == 0 ? [.none] : [.none, .crash, .byzantine], epoch: epoch,
            executionVersion: UInt32(number(below: 9)), limits: limits())
    }

    mutating func limits() -> ChainLimits {
        var limits = ChainLimits()
        limits.transactionByteCountMax = 512 + UInt32(number(below: 100_000))
        limits.blockByteCountMax = 1 << 20 + UInt64(number(below: 1 << 20))
        limits.blockGasMax = 100_000 + UInt64(number(below: 1 << 40))
        limits.expiryWindowMilliseconds = 1000 + UInt64(number(below: 119_000))
        return limits
    }
}

// MARK: - Proofs

extension Samples {
    mutating func inclusionProof() -> InclusionProof {
        InclusionProof(
            index: UInt32(number(below: 5)), count: UInt32(number(below: 9)), siblings: array(below: 33) { $0.fixed() })
    }

    mutating func stateProof() -> StateProof {
        StateProof(
            leaf: number(below: 2) == 0 ? nil : StateProof.Leaf(path: fixed(), value: fixed()),
            siblings: array(below: 30) { $0.fixed() })
    }

    mutating func keyProof() -> KeyProof {
        KeyProof(
            contract: fixed(), key: bytes(number(below: 20)),
            value: number(below: 2) == 0 ? nil : bytes(number(below: 30)), path: stateProof())
    }

    /// The proof of the only transaction of a block.
    mutating func receiptProof() -> ReceiptProof {
        let block = Block(
            header: header(transactionCount: 2), transactions: [signedTransaction(), signedTransaction()])
        let certified = CertifiedBlock(block: block, receipts: [receipt(), receipt()], certificate: certificate())
        return ReceiptProof(index: 1, of: certified, suite: Self.suite)
    }

    mutating func ledgerProof() -> LedgerProof {
        LedgerProof(
            certificate: certificate(),
            subject: number(below: 2) == 0 ? .key(keyProof()) : .receipt(receiptProof()))
    }
}

// MARK: - Messages

extension Samples {
    mutating func bulkSubmission() -> BulkSubmission {
        BulkSubmission(request: number(), transactions: array(below: 4) { $0.bytes($0.number(below: 30)) })
    }

    mutating func bulkReply() -> BulkReply {
        number(below: 2) == 0 ? .answer(bulkAnswer()) : .receipts(bulkReceipts())
    }

    private mutating func bulkAnswer() -> BulkAnswer {
        let refused = (0..<UInt32(number(below: 4))).map { index in
            BulkRefusal(index: index * 3, code: Int32(truncatingIfNeeded: number()), text: text())
        }
        return BulkAnswer(request: number(), refused: refused)
    }

    private mutating func bulkReceipts() -> BulkReceipts {
        let receipts = (0..<UInt32(number(below: 3))).map { BulkReceipt(index: $0 * 2, receipt: receipt()) }
        return BulkReceipts(
            height: number(), time: Timestamp(milliseconds: number()), blockHash: fixed(), receipts: receipts,
            expired: array(below: 3) { $0.fixed() })
    }
}

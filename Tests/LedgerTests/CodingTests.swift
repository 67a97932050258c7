import Cryptography
import Ledger
import Primitives
import Testing

/// Every coded type of the ledger: a round trip, every truncation, changes of every byte. Nothing traps, nothing but
/// the coding of a value decodes, and other bytes are another value.
@Suite struct CodingTests {
    private func check<Value: CanonicalEncodable & Equatable>(
        seed: UInt64, count: Int = 15, _ make: (inout Samples) -> Value, decode: ([UInt8]) throws -> Value
    ) throws {
        var samples = Samples(seed: seed)
        for _ in 0..<count {
            let value = make(&samples)
            let bytes = value.canonicalBytes
            #expect(try decode(bytes) == value)
            #expect(try decode(bytes).canonicalBytes == bytes)
            for length in bytes.indices {
                let error = #expect(throws: CodingError.self) { try decode(Array(bytes[..<length])) }
                #expect(error.map { $0.offset <= length } == true)
            }
            #expect(throws: CodingError(.trailingBytes(1), at: bytes.count)) { try decode(bytes + [0]) }
            for index in bytes.indices {
                let other = UInt8(truncatingIfNeeded: samples.number())
                for byte in [0, 1, 0x7F, 0x80, 0xFF, bytes[index] ^ 1, bytes[index] &+ 1, other] {
                    try checkChange(of: value, bytes, at: index, to: byte, decode)
                }
            }
        }
    }

    private func checkChange<Value: CanonicalEncodable & Equatable>(
        of value: Value, _ bytes: [UInt8], at index: Int, to byte: UInt8, _ decode: ([UInt8]) throws -> Value
    ) throws {
        guard byte != bytes[index] else { return }
        var changed = bytes
        changed[index] = byte
        guard let decoded = try? decode(changed) else { return }
        #expect(decoded != value, "byte \(index)")
        #expect(decoded.canonicalBytes == changed, "byte \(index)")
    }

    private func check<Value: CanonicalCodable & Equatable>(
        seed: UInt64, count: Int = 15, _ make: (inout Samples) -> Value
    ) throws {
        try check(seed: seed, count: count, make) { try Value(canonicalBytes: $0) }
    }

    @Test func transactions() throws { try check(seed: 1) { $0.transaction() } }
    @Test func signedTransactions() throws {
        try check(seed: 2, { $0.signedTransaction() }) {
            try SignedTransaction(canonicalBytes: $0, suite: Samples.suite)
        }
    }
    @Test func feePayers() throws { try check(seed: 3) { FeePayer(account: $0.fixed(), cap: $0.amount()) } }
    @Test func events() throws { try check(seed: 4) { $0.event() } }
    @Test func failures() throws { try check(seed: 5) { $0.failure() } }
    @Test func receipts() throws { try check(seed: 6) { $0.receipt() } }
    @Test func headers() throws { try check(seed: 7) { $0.header(transactionCount: 9) } }
    @Test func statements() throws { try check(seed: 9) { $0.statement() } }
    @Test func rules() throws { try check(seed: 10) { $0.rule() } }
    @Test func certificates() throws { try check(seed: 11) { $0.certificate() } }
    @Test func geneses() throws { try check(seed: 12) { Self.withHeldKeys($0.genesis()) } }

    /// The same with keys that somebody can hold, as others are refused.
    private static func withHeldKeys(_ genesis: Genesis) -> Genesis {
        let epoch = genesis.epoch
        let keys = (1...3).map { TestKeys.key($0).publicKey }
        return Genesis(
            name: genesis.name, suite: genesis.suite, group: genesis.group, time: genesis.time,
            faultModels: genesis.faultModels,
            epoch: EpochConfiguration(
                number: epoch.number, engine: epoch.engine, verification: epoch.verification,
                orderers: Array(keys.prefix(2)), certifiers: [keys[2]]),
            executionVersion: genesis.executionVersion, limits: genesis.limits)
    }
    @Test func memberships() throws { try check(seed: 26) { $0.membership() } }
    @Test func limits() throws { try check(seed: 13) { $0.limits() } }
    @Test func inclusionProofs() throws { try check(seed: 14, count: 5) { $0.inclusionProof() } }
    @Test func stateProofs() throws { try check(seed: 15, count: 5) { $0.stateProof() } }
    @Test func keyProofs() throws { try check(seed: 16, count: 5) { $0.keyProof() } }
    @Test func receiptProofs() throws { try check(seed: 17, count: 5) { $0.receiptProof() } }
    @Test func ledgerProofs() throws { try check(seed: 18, count: 5) { $0.ledgerProof() } }
    @Test func publicKeys() throws { try check(seed: 19) { $0.key() } }
    @Test func bulkSubmissions() throws { try check(seed: 20) { $0.bulkSubmission() } }
    @Test func bulkReplies() throws { try check(seed: 21) { $0.bulkReply() } }
}

/// What particular fields refuse, and what makes values equal.
@Suite struct CodingRuleTests {
    /// Texts that Unicode holds for the same are other bytes, and so other values.
    @Test func textsAreEqualByTheirBytes() {
        let (first, second) = ("\u{300}", "\u{340}")
        #expect(first == second)
        #expect(Failure(code: "", text: first) != Failure(code: "", text: second))
        #expect(Set([Failure(code: "", text: first), Failure(code: "", text: second)]).count == 2)
        #expect(
            Event(contract: .zero, name: first, data: []) != Event(contract: .zero, name: second, data: []))
        #expect(Failure(code: "a", text: first) == Failure(code: "a", text: first))
    }

    @Test func methodsAreOfVisibleASCII() {
        var transaction = Samples.plainTransaction
        transaction.method = "\u{212A}ill"
        #expect(transaction.method == "Kill")
        #expect(throws: CodingError.self) { try Transaction(canonicalBytes: transaction.canonicalBytes) }
    }

    @Test func failureTextsAreCutBetweenCharacters() throws {
        for lead in 0..<4 {
            let text = String(repeating: "a", count: lead) + String(repeating: "🂡", count: 200)
            let failure = Failure(code: text, text: text)
            #expect(text.utf8.starts(with: failure.text.utf8))
            #expect(failure.text.utf8.count == (lead == 0 ? 512 : 508 + lead))
            #expect(failure.code.utf8.elementsEqual(failure.text.utf8))
            #expect(try Failure(canonicalBytes: failure.canonicalBytes) == failure)
        }
        #expect(Failure(code: "", text: "short").text == "short")
    }

    @Test func signersMustAscendAndHoldTheSenderAndTheFeePayer() {
        let (first, second) = (Address.system(1), Address.system(2))
        for signers in [[second, first], [first, first], [second], []] {
            var transaction = Samples.plainTransaction
            transaction.signers = signers
            #expect(throws: CodingError.self) { try Transaction(canonicalBytes: transaction.canonicalBytes) }
        }
        var transaction = Samples.plainTransaction
        transaction.feePayer = FeePayer(account: second, cap: .zero)
        #expect(throws: CodingError.self) { try Transaction(canonicalBytes: transaction.canonicalBytes) }
        transaction.signers = [first, second]
        #expect(throws: Never.self) { try Transaction(canonicalBytes: transaction.canonicalBytes) }
    }

    @Test func extensionsAreRefused() throws {
        var bytes = Samples.plainTransaction.canonicalBytes
        // The count of extensions stands before the one signer's count and address.
        let place = bytes.count - Address.byteCount - 2
        #expect(bytes[place] == 0)
        bytes[place] = 1
        #expect(throws: CodingError(.unknownVariant(1), at: place + 1)) { try Transaction(canonicalBytes: bytes) }
    }

    /// Indices that repeat or descend would let one transaction be refused, or have receipts, twice.
    @Test func bulkMessagesNameEachTransactionOnceAndInOrder() {
        var samples = Samples(seed: 24)
        let receipt = samples.receipt()
        for (indices, isSound) in [([0, 1], true), ([1, 1], false), ([2, 1], false)] as [([UInt32], Bool)] {
            let answer = BulkReply.answer(
                BulkAnswer(request: 1, refused: indices.map { BulkRefusal(index: $0, code: -1, text: "") }))
            let receipts = BulkReply.receipts(
                BulkReceipts(
                    height: 1, time: Timestamp(milliseconds: 1), blockHash: .zero,
                    receipts: indices.map { BulkReceipt(index: $0, receipt: receipt) }))
            for reply in [answer, receipts] {
                #expect((try? BulkReply(canonicalBytes: reply.canonicalBytes)) == (isSound ? reply : nil))
            }
        }
    }

    @Test func receiptsAreCodedStraightFromTheBlock() {
        var samples = Samples(seed: 25)
        for _ in 0..<20 {
            let block = samples.certifiedBlock()
            let indices = block.receipts.indices.filter { _ in samples.number(below: 2) == 0 }.map { UInt32($0) }
            let expired: [Digest] = samples.array(below: 3) { $0.fixed() }
            let reply = BulkReply.receipts(
                BulkReceipts(
                    height: block.height, time: block.block.header.time,
                    blockHash: block.certificate.statement.blockHash,
                    receipts: indices.map { BulkReceipt(index: $0, receipt: block.receipts[Int($0)]) },
                    expired: expired))
            #expect(BulkReply.codedReceipts(of: block, at: indices[...], expired: expired[...]) == reply.canonicalBytes)
        }
    }

    @Test func bulkSubmissionsAreBounded() {
        let maximum = LedgerLimits.bulkTransactionsMax
        let largest = BulkSubmission(request: 1, transactions: Array(repeating: [], count: maximum))
        #expect(throws: Never.self) { try BulkSubmission(canonicalBytes: largest.canonicalBytes) }
        let larger = BulkSubmission(request: 1, transactions: Array(repeating: [], count: maximum + 1))
        #expect(throws: CodingError(.lengthAboveLimit(length: maximum + 1, maximum: maximum), at: 9)) {
            try BulkSubmission(canonicalBytes: larger.canonicalBytes)
        }
        var unknown = largest.canonicalBytes
        unknown[0] = 2
        #expect(throws: CodingError.self) { try BulkSubmission(canonicalBytes: unknown) }
    }

    @Test func theSmallestElementsAreAsLargeAsSaid() {
        #expect(Event(contract: .zero, name: "", data: []).canonicalBytes.count == 23)
        #expect(Receipt(transaction: .zero, outcome: .success([]), gasUsed: 0, events: []).canonicalBytes.count == 43)
        var smallest = Samples.plainTransaction
        smallest.method = ""
        smallest.arguments = []
        let signed = SignedTransaction(transaction: smallest, signatures: [], identity: .zero)
        #expect(signed.byteCount == 128 && signed.canonicalBytes.count == 128)
        let signature = AccountSignature(
            signer: 0, publicKey: TestKeys.key(1).publicKey, signature: Signature(repeating: 0))
        #expect(signature.canonicalBytes.count == 98)
    }

    @Test func certificatesNameEachSignerOnceAndInOrder() throws {
        var samples = Samples(seed: 23)
        let statement = samples.statement()
        func certificate(_ certifiers: [UInt32]) -> BlockCertificate {
            BlockCertificate(
                statement: statement, rule: QuorumRule(model: .byzantine, count: 4),
                signatures: certifiers.map { CertifierSignature(certifier: $0, signature: Signature(repeating: 1)) })
        }
        #expect(certificate([2, 0, 1]) == certificate([0, 1, 2]))
        #expect(throws: Never.self) { try BlockCertificate(canonicalBytes: certificate([2, 0, 1]).canonicalBytes) }
        let repeated = certificate([0, 1, 1]).canonicalBytes
        #expect(throws: CodingError.self) { try BlockCertificate(canonicalBytes: repeated) }
        var swapped = certificate([0, 1]).canonicalBytes
        swapped[swapped.count - 68] = 0
        swapped[swapped.count - 136] = 1
        #expect(throws: CodingError.self) { try BlockCertificate(canonicalBytes: swapped) }
    }

    @Test func limitsThatContradictEachOtherAreRefused() {
        #expect(ChainLimits().violation == nil)
        let changes: [(inout ChainLimits) -> Void] = [
            { $0.transactionByteCountMax = 511 }, { $0.transactionByteCountMax = .max }, { $0.blockByteCountMax = 1 },
            { $0.blockByteCountMax = .max }, { $0.blockTransactionCountMax = 0 },
            { $0.blockTransactionCountMax = .max },
            { $0.blockGasMax = 0 }, { $0.blockGasMax = .max }, { $0.expiryWindowMilliseconds = 999 },
            { $0.expiryWindowMilliseconds = .max }, { $0.duplicateWindowCountMax = 1 },
            { $0.duplicateWindowCountMax = .max }, { $0.checkpointInterval = 0 }, { $0.checkpointInterval = .max },
        ]
        for change in changes {
            var limits = ChainLimits()
            change(&limits)
            #expect(limits.violation != nil)
            #expect(throws: CodingError.self) { try ChainLimits(canonicalBytes: limits.canonicalBytes) }
        }
    }
}

/// Which heights are checkpoints.
@Suite struct CheckpointHeightTests {
    @Test func aDecisionThatHoldsAMultipleEndsWithOne() {
        var limits = ChainLimits()
        limits.checkpointInterval = 10
        let decisions: [(ClosedRange<UInt64>, Bool)] = [
            (1...1, false), (1...9, false), (9...10, true), (10...10, true), (8...12, true), (11...11, false),
            (11...19, false), (11...45, true), (20...20, true), (UInt64.max...(.max), false),
        ]
        for (heights, isCheckpoint) in decisions {
            #expect(limits.holdsCheckpoint(heights) == isCheckpoint, "\(heights)")
        }
        limits.checkpointInterval = 1
        #expect((1...40 as ClosedRange<UInt64>).allSatisfy { limits.holdsCheckpoint($0...$0) })
    }
}

extension Samples {
    /// By `Address.system(1)` alone.
    static let plainTransaction = Transaction(
        genesis: .zero, group: 1, sender: .system(1), contract: .system(9), method: "do", arguments: [1, 2],
        salt: 5, expiry: Timestamp(milliseconds: 10_000), gasLimit: 100_000)
}

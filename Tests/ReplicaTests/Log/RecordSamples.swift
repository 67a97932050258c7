import Cryptography
import Ledger
import Primitives
import Replica
import TestSupport

/// Blocks of every shape, well formed and otherwise random: the same on every run and every machine.
struct RecordSamples {
    static let suite = Suite.international
    var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func number(below bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }
    mutating func fixed<Value: FixedBytes>(_ type: Value.Type = Value.self) -> Value {
        Value(copying: generator.bytes(Value.byteCount).span, at: 0)
    }

    /// A block of `count` transactions with arguments and values of up to `byteCount` bytes each.
    mutating func block(count: Int, byteCount: Int = 60) -> CommittedBlock {
        let time = Timestamp(milliseconds: 1_700_000_000_000)
        let contract: Address = fixed()
        let transactions = (0..<count).map { _ in transaction(contract, after: time, byteCount: byteCount) }
        let header = BlockHeader(
            group: 7, height: 1 + generator.next() % 1000, parent: fixed(), epoch: 0, executionVersion: 1,
            decision: generator.next(), time: time, transactionCount: UInt32(count), transactionsRoot: fixed())
        let statement = ResultStatement(
            header: header, blockHash: header.hash(in: Self.suite), genesis: fixed(), stateRoot: fixed(),
            receiptsRoot: fixed())
        let certificate = BlockCertificate(
            statement: statement, rule: QuorumRule(model: .byzantine, count: 4),
            signatures: (0..<3).map { CertifierSignature(certifier: $0, signature: fixed()) })
        var writes = BlockWrites()
        for _ in transactions { writes.append(self.writes(contract, byteCount: byteCount)) }
        let receipts = transactions.map { receipt(of: $0, byteCount: byteCount) }
        return CommittedBlock(
            certified: CertifiedBlock(
                block: Block(header: header, transactions: transactions), receipts: receipts,
                certificate: certificate),
            writes: writes)
    }

    private mutating func transaction(
        _ contract: Address, after time: Timestamp, byteCount: Int
    ) -> SignedTransaction {
        let transaction = Transaction(
            genesis: .zero, group: 7, sender: fixed(), contract: number(below: 5) == 0 ? fixed() : contract,
            method: "transfer", arguments: generator.bytes(number(below: byteCount + 1)), salt: generator.next(),
            expiry: Timestamp(milliseconds: time.milliseconds + 1 + UInt64(number(below: 120_000))),
            gasLimit: 100_000)
        guard let key = PublicKey(scheme: .ed25519, bytes: generator.bytes(32)) else {
            preconditionFailure("a key of 32 bytes")
        }
        return SignedTransaction(
            transaction: transaction,
            signatures: [AccountSignature(signer: 0, publicKey: key, signature: fixed())],
            identity: transaction.identity(in: Self.suite))
    }

    private mutating func receipt(of signed: SignedTransaction, byteCount: Int) -> Receipt {
        if number(below: 4) == 0 {
            return Receipt(
                transaction: signed.identity, outcome: .failure(Failure(code: "noFunds", text: "é中🂡")),
                gasUsed: generator.next(), events: [])
        }
        let events = (0..<number(below: 3)).map { _ in
            Event(
                contract: signed.contract, name: "moved", topics: (0..<number(below: 5)).map { _ in fixed() },
                data: generator.bytes(number(below: byteCount + 1)))
        }
        return Receipt(
            transaction: signed.identity, outcome: .success(generator.bytes(number(below: 9))),
            gasUsed: generator.next(), events: events)
    }

    /// Keys that share all of a prefix, some of it, or nothing, of up to the longest key.
    private mutating func writes(_ contract: Address, byteCount: Int) -> [StateWrite] {
        (0..<number(below: 4)).map { _ in
            let long = number(below: 6) == 0
            let key = generator.bytes(number(below: long ? LedgerLimits.stateKeyByteCountMax + 1 : 40))
            let prefix: [UInt8] = number(below: 2) == 0 ? [] : [UInt8](repeating: 0x68, count: number(below: 80))
            let isSet = number(below: 4) > 0
            return StateWrite(
                key: StateKey(
                    contract: number(below: 4) == 0 ? fixed() : contract,
                    key: Array((prefix + key).prefix(LedgerLimits.stateKeyByteCountMax))),
                value: isSet ? generator.bytes(number(below: byteCount + 1)) : nil)
        }
    }
}

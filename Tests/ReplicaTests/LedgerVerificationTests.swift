import Cryptography
import Ledger
import Primitives
import Replica
import Storage
import TestSupport
import Testing

/// What offline verification finds, and at which height.
@Suite struct LedgerVerificationTests {
    private let chain: SimulatedChain
    private var maker: LedgerMaker
    private var blocks: [CommittedBlock] = []

    /// Five blocks, in four decisions.
    init() throws {
        chain = try .with()
        maker = try LedgerMaker(chain)
        let opening = try chain.opening.map { try maker.transaction($0) }
        blocks += try maker.decide(Array(opening[..<4]))
        blocks += try maker.decide(Array(opening[4..<10]))
        blocks += try maker.decide([try maker.transaction(.transfer("OIL", to: chain.addresses[1], UInt256(5)))])
        blocks += try maker.decide([])
        try #require(blocks.count == 5)
    }

    private func verify(
        _ payloads: [[UInt8]], verifier: (any SignatureVerifier)? = nil
    ) throws -> VerifiedLedger {
        let log = try LedgerMaker.log(payloads)
        var verification = LedgerVerification(genesis: chain.genesis, log: log, verifier: verifier ?? chain.verifier)
        return try verification.run(store: try MemoryKeyValueStore()) { _ in }
    }

    /// The height and the reason that are named.
    private func fault(_ payloads: [[UInt8]], verifier: (any SignatureVerifier)? = nil) -> LedgerFault? {
        do throws(any Error) {
            _ = try verify(payloads, verifier: verifier)
            return nil
        } catch { return error as? LedgerFault }
    }

    private var payloads: [[UInt8]] { blocks.map(\.record) }

    private func replacing(_ height: Int, _ block: CertifiedBlock) -> [[UInt8]] {
        var changed = payloads
        changed[height - 1] = CommittedBlock(certified: block, writes: blocks[height - 1].writes).record
        return changed
    }

    @Test func `a whole ledger passes`() throws {
        let verified = try verify(payloads)
        #expect(verified.height == 5)
        #expect(verified.blockHash == maker.executor.head.hash)
        #expect(verified.stateRoot == blocks[4].certified.certificate.statement.stateRoot)
        #expect(verified.transactionCount == 11)
        #expect(try verify([]).height == 0)
    }

    @Test func `what the journal knows to be in the log must be there, and what it has beyond that is counted`() throws
    {
        func verify(_ records: [ReplicaRecord]) throws -> VerifiedLedger {
            var verification = LedgerVerification(
                genesis: chain.genesis, log: try LedgerMaker.log(payloads),
                journal: try LedgerMaker.journal(records, of: chain.genesis), verifier: chain.verifier)
            return try verification.run(store: try MemoryKeyValueStore()) { _ in }
        }
        let decisions = (3...6).map { ReplicaRecord.decision(number: $0, value: []) }
        let verified = try verify([.logged(decision: 4, height: 5)] + decisions)
        #expect(verified.height == 5 && verified.unloggedDecisionCount == 2)
        let fault = #expect(throws: LedgerFault.self) { try verify([.logged(decision: 5, height: 6)] + decisions) }
        #expect(fault?.height == 6)
    }

    @Test(arguments: [1, 3, 5]) func `every flipped byte is found in its block`(_ height: Int) throws {
        var unnoticed: [Int] = []
        for index in payloads[height - 1].indices {
            var changed = payloads
            changed[height - 1][index] ^= UInt8(1 << (index % 8))
            if fault(changed)?.height != UInt64(height) { unnoticed.append(index) }
        }
        #expect(unnoticed == [])
    }

    @Test func `a certificate that another signed`() throws {
        let certificate = blocks[2].certified.certificate
        let forged = BlockCertificate(
            statement: certificate.statement, rule: certificate.rule,
            signatures: [
                CertifierSignature(
                    certifier: 0,
                    signature: try StandInKey(9).sign(certificate.statement.digest(in: chain.suite)))
            ])
        let block = CertifiedBlock(
            block: blocks[2].certified.block, receipts: blocks[2].certified.receipts, certificate: forged)
        let found = fault(replacing(3, block))
        #expect(found?.height == 3)
        #expect(found?.reason.contains("certificate") == true)
    }

    @Test func `a certificate of another block`() {
        let block = CertifiedBlock(
            block: blocks[2].certified.block, receipts: blocks[2].certified.receipts,
            certificate: blocks[3].certified.certificate)
        #expect(fault(replacing(3, block))?.height == 3)
    }

    @Test func `an altered receipt`() {
        var receipts = Array(blocks[2].certified.receipts)
        receipts[0] = Receipt(
            transaction: receipts[0].transaction, outcome: receipts[0].outcome, gasUsed: receipts[0].gasUsed + 1,
            events: receipts[0].events)
        let block = CertifiedBlock(
            block: blocks[2].certified.block, receipts: receipts, certificate: blocks[2].certified.certificate)
        let found = fault(replacing(3, block))
        #expect(found?.height == 3)
        #expect(found?.reason.contains("receipts") == true)
    }

    @Test func `altered writes`() throws {
        let block = blocks[3]
        try #require(block.writes.transactionCount == 1 && block.writes[transaction: 0].count == 2)
        let all = block.writes[transaction: 0]
        let first = try #require(all.first)
        let alterations: [[StateWrite]] = [
            [StateWrite(key: first.key, value: [1])] + all.dropFirst(),
            [StateWrite(key: first.key, value: nil)] + all.dropFirst(),
            [StateWrite(key: first.key.successor, value: first.value)] + all.dropFirst(),
            all.reversed(), Array(all.dropLast()), all + [StateWrite(key: first.key.successor, value: nil)],
        ]
        for altered in alterations {
            var writes = BlockWrites()
            writes.append(altered)
            var changed = payloads
            changed[3] = CommittedBlock(certified: block.certified, writes: writes).record
            let found = fault(changed)
            #expect(found?.height == 4)
            #expect(found?.reason.contains("writes") == true)
        }
    }

    @Test func `blocks that changed places, went missing, or came twice`() {
        var swapped = payloads
        swapped.swapAt(1, 3)
        #expect(fault(swapped)?.height == 2)
        #expect(fault(Array(payloads.dropFirst()))?.height == 1)
        #expect(fault([payloads[0], payloads[2]])?.height == 2)
        #expect(fault([payloads[0], payloads[0]])?.height == 2)
    }

    @Test mutating func `a transaction that is there a second time`() throws {
        let old = blocks[2].certified.block.transactions[0]
        blocks.append(try maker.force([old]))
        let found = fault(payloads)
        #expect(found?.height == 6)
        #expect(found?.reason.contains("already") == true)
        let new = try maker.transaction(.burn("OIL", .zero))
        blocks[5] = try maker.force([new, new])
        #expect(fault(payloads)?.height == 6)
    }

    @Test mutating func `a transaction that had expired, or expires too late`() throws {
        let time = maker.nextTime
        let expired = try maker.transaction(.burn("OIL", .zero), expiry: time)
        blocks.append(try maker.force([expired], at: time))
        let found = fault(payloads)
        #expect(found?.height == 6)
        #expect(found?.reason.contains("expired") == true)
    }

    @Test mutating func `a transaction that expires too late`() throws {
        let time = maker.nextTime
        let late = Timestamp(milliseconds: time.milliseconds + chain.genesis.limits.expiryWindowMilliseconds + 1)
        blocks.append(try maker.force([try maker.transaction(.burn("OIL", .zero), expiry: late)], at: time))
        #expect(fault(payloads)?.height == 6)
    }

    @Test mutating func `a block that holds more than it may`() throws {
        let many = try (0..<5).map { _ in try maker.transaction(.burn("OIL", .zero)) }
        blocks.append(try maker.force(many))
        let found = fault(payloads)
        #expect(found?.height == 6)
        #expect(found?.reason.contains("more than a block may") == true)
    }

    @Test func `a block beyond the duplicates' window`() throws {
        let narrow = try SimulatedChain.with { $0.duplicateWindowCountMax = 4 }
        var maker = try LedgerMaker(narrow)
        let four = try (0..<3).map { _ in try maker.transaction(.burn("OIL", .zero)) }
        let two = try (0..<2).map { _ in try maker.transaction(.burn("OIL", .zero)) }
        let payloads = [try maker.force(four), try maker.force(two)].map(\.record)
        var verification = LedgerVerification(
            genesis: narrow.genesis, log: try LedgerMaker.log(payloads), verifier: narrow.verifier)
        let fault = #expect(throws: LedgerFault.self) {
            try verification.run(store: try MemoryKeyValueStore()) { _ in }
        }
        #expect(fault?.height == 2)
    }

    @Test mutating func `times and decisions that do not follow`() throws {
        blocks.append(try maker.force([], at: maker.executor.head.time))
        #expect(fault(payloads)?.height == 6)
    }

    @Test func `a transaction whose signature is wrong`() throws {
        var maker = try LedgerMaker(chain)
        let good = try maker.transaction(.create("GOLD"))
        let bad = SignedTransaction(
            transaction: good.transaction,
            signatures: [
                AccountSignature(signer: 0, publicKey: good.signatures[0].publicKey, signature: .init(repeating: 3))
            ],
            identity: good.identity)
        let found = fault([try maker.force([bad]).record])
        #expect(found?.height == 1)
        #expect(found?.reason.contains("signature") == true)
    }

    @Test func `a transaction of another chain`() throws {
        let other = try SimulatedChain.with { $0.blockGasMax += 1 }
        let foreign = try other.transaction(
            .create("GOLD"), by: 0, salt: 1, expiry: Timestamp(milliseconds: maker.nextTime.milliseconds))
        var maker = try LedgerMaker(chain)
        #expect(fault([try maker.force([foreign]).record])?.height == 1)
    }

    @Test func `a verifier that gives no answers vouches for nothing`() {
        struct Silent: SignatureVerifier {
            func verify(_ checks: [SignatureCheck]) -> [Bool] { [] }
        }
        #expect(fault(payloads, verifier: Silent())?.reason.contains("transaction") == true)
    }

    @Test func `damage of the log itself is named with its height`() throws {
        let disk = MemoryDisk()
        let log = try LedgerMaker.log(payloads, on: disk)
        let sizes = payloads.map { $0.count + 28 }
        // The last byte of the third record; a segment's header comes first.
        let name = "log/7/00000000000000000001.segment"
        let total = try disk.open(name, .existing).size()
        let offset = total - sizes[3] - sizes[4] - 1
        try disk.flip(name, at: offset, mask: 4)
        var verification = LedgerVerification(genesis: chain.genesis, log: log, verifier: chain.verifier)
        let fault = #expect(throws: LedgerFault.self) {
            try verification.run(store: try MemoryKeyValueStore()) { _ in }
        }
        #expect(fault?.height == 3)
        #expect(throws: StorageError.self) { try BlockLog.open(disk: disk, group: 7) }
    }
}

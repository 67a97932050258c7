import Cryptography
import Ledger
import Primitives
import Storage
import Testing

@testable import Replica

/// Offline verification and recovery of ledgers that go from epoch to epoch.
@Suite struct EpochVerificationTests {
    private let ledger: EpochLedger

    init() throws {
        ledger = try .ofFourEpochs()
        try #require(ledger.starts.count == 4)
    }

    private func verify(_ payloads: [[UInt8]]) throws -> VerifiedLedger {
        var verification = LedgerVerification(
            genesis: ledger.genesis, log: try LedgerMaker.log(payloads), verifier: SerialVerifier())
        return try verification.run(store: try MemoryKeyValueStore()) { _ in }
    }

    private func fault(_ payloads: [[UInt8]]) throws -> LedgerFault? {
        do throws(any Error) {
            _ = try verify(payloads)
            return nil
        } catch { return try #require(error as? LedgerFault) }
    }

    private func recover(_ log: BlockLog) throws -> Executor {
        let store = try MemoryKeyValueStore()
        let state = GroupState(group: 7, store: try WriteBackStore(store: store, group: 7))
        let recovery = try Recovery(genesis: ledger.genesis, log: log, state: state, store: store, checkpoints: nil)
        return try recovery.run(leavingLast: { _ in false }, progress: { _ in })
    }

    @Test func `a ledger of several epochs passes`() throws {
        let verified = try verify(ledger.payloads)
        #expect(verified.height == UInt64(ledger.blocks.count))
        #expect(verified.blockHash == ledger.executor.head.hash)
        #expect(verified.transactionCount == UInt64(ledger.blocks.reduce(0) { $0 + $1.certified.receipts.count }))
    }

    @Test func `a certificate of another epoch is found at its height`() throws {
        for index in ledger.starts[1]..<ledger.starts[2] {
            let statement = ledger.blocks[index].certified.certificate.statement
            for (certificate, error) in [
                (try EpochLedger.certify(statement, as: ledger.epochs[0]), ProofError.wrongRule),
                (try EpochLedger.certify(statement, as: ledger.epochs[2]), .wrongSignature),
                (
                    try EpochLedger.certify(statement.changed(epoch: 0), as: ledger.epochs[0]),
                    .notOfEpoch(0, height: UInt64(index) + 1)
                ),
                (try EpochLedger.certify(statement.changed(epoch: 2), as: ledger.epochs[2]), .unknownEpoch(2)),
            ] {
                let fault = try #require(try fault(ledger.payloads(replacing: index, certificate)))
                #expect(fault.height == UInt64(index) + 1)
                #expect(fault.reason == "its certificate: \(error)")
            }
            let again = try EpochLedger.certify(statement, as: ledger.epochs[1], by: [1, 2, 3, 6])
            #expect(try fault(ledger.payloads(replacing: index, again)) == nil)
        }
    }

    /// Certifiers who name the next epoch in another block than the last one of the decision, or in none.
    @Test func `which block is the last of an epoch is not left to its certifiers`() throws {
        for start in ledger.starts.dropFirst() {
            let (first, last) = (ledger.blocks[start - 2], ledger.blocks[start - 1])
            let named = last.certified.certificate.statement.nextEpoch
            let epoch = ledger.epochs[Int(last.header.epoch)]
            try #require(named != .zero && first.header.decision == last.header.decision)
            for (block, name) in [(first, named), (last, .zero)] {
                let statement = block.certified.certificate.statement.changed(nextEpoch: name)
                let payloads = try ledger.payloads(
                    replacing: Int(block.height) - 1, EpochLedger.certify(statement, as: epoch))
                let fault = try #require(try fault(payloads))
                #expect(fault.height == block.height && fault.reason.contains("another result"))
                let error = #expect(throws: RecoveryError.self) { try recover(LedgerMaker.log(payloads)) }
                guard case .divergence(block.height)? = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
            }
        }
    }

    @Test func `the log's newest block is the last of its epoch if its certificate says so`() throws {
        for start in ledger.starts.dropFirst() {
            let payloads = Array(ledger.payloads.prefix(start))
            let hash = ledger.blocks[start].header.parent
            #expect(try verify(payloads).blockHash == hash)
            #expect(try recover(LedgerMaker.log(payloads)).head.hash == hash)
        }
    }

    @Test func `no block is read twice`() throws {
        var ledger = try EpochLedger()
        for count in [1, 2, 5, 0, 4] {
            try ledger.decide(try (0..<count).map { _ in try ledger.filler(byteCount: 20_000) })
        }
        let payloads = ledger.payloads
        let disk = CountingDisk(base: MemoryDisk())
        let log = try LedgerMaker.log(payloads, on: disk)
        // Once, and the head of the newest block, which says what the last decision is.
        let limit = payloads.reduce(10_000) { $0 + $1.count }
        disk.reset()
        #expect(try recover(log).head.hash == ledger.executor.head.hash)
        #expect((limit / 2...limit).contains(disk.readByteCount))
        disk.reset()
        var verification = LedgerVerification(genesis: ledger.genesis, log: log, verifier: SerialVerifier())
        #expect(try verification.run(store: try MemoryKeyValueStore()) { _ in }.height == UInt64(payloads.count))
        #expect((limit / 2...limit).contains(disk.readByteCount))
    }
}

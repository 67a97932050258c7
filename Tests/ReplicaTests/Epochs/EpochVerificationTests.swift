import Cryptography
import Ledger
import Primitives
import Replica
import Storage
import Testing

/// Offline verification of ledgers that go from epoch to epoch.
@Suite struct EpochVerificationTests {
    private let ledger: EpochLedger

    init() throws {
        ledger = try .ofFourEpochs()
        try #require(ledger.starts.count == 4)
    }

    private func verify(
        _ payloads: [[UInt8]], journal: JournalContents = JournalContents()
    ) throws -> VerifiedLedger {
        var verification = LedgerVerification(
            genesis: ledger.genesis, log: try LedgerMaker.log(payloads), journal: journal, verifier: SerialVerifier(),
            rules: EpochLedger.rules)
        return try verification.run(store: try MemoryKeyValueStore()) { _ in }
    }

    private func fault(_ payloads: [[UInt8]]) throws -> LedgerFault? {
        do throws(any Error) {
            _ = try verify(payloads)
            return nil
        } catch { return try #require(error as? LedgerFault) }
    }

    @Test func `a ledger of several epochs passes`() throws {
        let verified = try verify(ledger.payloads)
        #expect(verified.height == UInt64(ledger.blocks.count))
        #expect(verified.blockHash == ledger.executor.head.hash)
        #expect(verified.transactionCount == UInt64(ledger.blocks.reduce(0) { $0 + $1.certified.receipts.count }))
    }

    /// Wherever the log ends: before a hand-over, with one of the two blocks of its decision, after it.
    @Test func `epochs may change in what only the journal holds`() throws {
        for start in ledger.starts.dropFirst() {
            for logged in start - 3...start + 1 {
                let decision = Int(ledger.blocks[logged - 1].header.decision)
                for held in decision - 1...decision {
                    let isWhole = ledger.blocks[logged].header.decision > decision
                    guard held < decision || isWhole else { continue }
                    let verified = try verify(
                        Array(ledger.payloads.prefix(logged)), journal: try ledger.journal(after: held))
                    #expect(verified.blockHash == ledger.executor.head.hash)
                }
            }
        }
    }

    @Test func `a certificate of another epoch is found at its height`() throws {
        let epochs = try (
            zero: EpochLedger.epoch(0, .fbft, [1, 2, 3, 4]), one: EpochLedger.epoch(1, .fbft, [1, 2, 3, 5, 6]),
            two: EpochLedger.epoch(2, .fbft, [1, 7, 3, 5, 6])
        )
        for index in ledger.starts[1]..<ledger.starts[2] {
            let statement = ledger.blocks[index].certified.certificate.statement
            for (certificate, error) in [
                (try EpochLedger.certify(statement, as: epochs.zero), ProofError.wrongRule),
                (try EpochLedger.certify(statement, as: epochs.two), .wrongSignature),
                (
                    try EpochLedger.certify(statement.changed(epoch: 0), as: epochs.zero),
                    .notOfEpoch(0, height: UInt64(index) + 1)
                ),
                (try EpochLedger.certify(statement.changed(epoch: 2), as: epochs.two), .unknownEpoch(2)),
            ] {
                let fault = try #require(try fault(ledger.payloads(replacing: index, certificate)))
                #expect(fault.height == UInt64(index) + 1)
                #expect(fault.reason == "its certificate: \(error)")
            }
            let again = try EpochLedger.certify(statement, as: epochs.one, by: [1, 2, 3, 6])
            #expect(try fault(ledger.payloads(replacing: index, again)) == nil)
        }
    }
}

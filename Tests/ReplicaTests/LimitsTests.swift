import Consensus
import Contracts
import Dissemination
import Ledger
import Primitives
import Replica
import Storage
import Testing

/// What the limits of several modules must be to each other.
@Suite struct LimitsTests {
    /// The largest block that a chain may allow, with all that its receipts may hold, is one record of the log.
    @Test func `limits agree`() {
        let receiptFrame = 64 + 2 * (LedgerLimits.failureTextByteCountMax + 2)
        let receipts =
            ContractLimits.blockOutputByteCountMax + LedgerLimits.blockTransactionCountMax * receiptFrame
        let certificate = 512 + LedgerLimits.validatorsMax * 68
        #expect(
            LedgerLimits.blockByteCountMax + receipts + certificate + 256 <= StorageLimits.recordBytesMax)
        // With its receipts for those who join it is one message; so is a decision with its batches and certificates.
        let frame = 1024 + 10 * LedgerLimits.blockTransactionCountMax
        #expect(
            LedgerLimits.blockByteCountMax + receipts + certificate + frame <= ReplicaLimits.messageByteCountMax)
        let cut = 2 * ConsensusLimits.messageByteCountMax + ReplicaLimits.decisionBatchesMax * 256
        let blocks = Int(DisseminationLimits.decisionBlocksMax) * 2 * certificate
        #expect(
            Int(DisseminationLimits.decisionByteCountMax) + cut + blocks + frame
                <= ReplicaLimits.messageByteCountMax)
        // In its log it has the frontier of lanes besides.
        #expect(
            ReplicaLimits.messageByteCountMax + DisseminationLimits.frontierLanesMax * 128
                <= StorageLimits.recordBytesMax)
        #expect(DisseminationLimits.decisionByteCountMax >= UInt64(DisseminationLimits.batchByteCountMax))
        #expect(LedgerLimits.stateValueByteCountMax <= StorageLimits.valueBytesMax)
        #expect(LedgerLimits.stateKeyByteCountMax + 20 + 5 < StoreKeyLimits.byteCountMax)
        #expect(DisseminationLimits.mempoolByteCountMax >= LedgerLimits.blockByteCountMax)
        #expect(ContractLimits.blockOutputByteCountMax >= LedgerLimits.payloadByteCountMax)
    }
}

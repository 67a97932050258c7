import Ledger
import Storage
import Testing

@Suite struct IndexPositionTests {
    @Test func `every transaction of a block has a position in the index`() {
        #expect(LedgerLimits.blockTransactionCountMax - 1 <= Int(IndexPosition.indexMax))
    }
}

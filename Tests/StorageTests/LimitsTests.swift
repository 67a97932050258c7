import Primitives
import Storage
import Testing

/// The relations between limits that the code relies on.
@Suite struct LimitsTests {
    @Test func `a log segment's offsets fit 32 bits`() {
        #expect(StorageLimits.logSegmentBytes + StorageLimits.bufferedBytesMax < Int(UInt32.max))
    }

    @Test func `a record fits the buffer, and its length its header`() {
        #expect(StorageLimits.recordBytesMax < StorageLimits.bufferedBytesMax)
        #expect(StorageLimits.recordBytesMax < Int(UInt32.max))
    }

    @Test func `dirty keys can be numbered in 32 bits`() {
        #expect(StorageLimits.dirtyKeysToFlush * StorageLimits.dirtyFactorMax < Int(UInt32.max))
    }

    @Test func `a key's overflow starts within its limit`() {
        #expect(StoreKey.inlineByteCount < StoreKeyLimits.byteCountMax)
    }
}

internal import Primitives

extension Digest {
    /// The 32 bytes, without an allocation.
    var inlineBytes: InlineArray<32, UInt8> {
        let words = words
        return InlineArray { index in UInt8(truncatingIfNeeded: words[index >> 3] &>> UInt64(56 - 8 * (index & 7))) }
    }
}

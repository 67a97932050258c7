internal import Primitives

extension UInt256 {
    /// The number of the 32 bytes at `offset`. The caller has checked the bounds.
    init(bigEndian bytes: Span<UInt8>, at offset: Int) {
        let words = Digest(copying: bytes, at: offset).words
        self.init(limbs: words[3], words[2], words[1], words[0])
    }

    /// The 32 bytes, big-endian, without an allocation.
    var bigEndianInlineBytes: InlineArray<32, UInt8> { Digest(words: [limb3, limb2, limb1, limb0]).inlineBytes }
}

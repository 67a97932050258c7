/// The 20-byte name of an account or a contract.
package struct Address: FixedBytes {
    private let word0, word1: UInt64
    private let word2: UInt32

    package static let byteCount = 20
    package static let zero = Address(0, 0, 0)

    private init(_ word0: UInt64, _ word1: UInt64, _ word2: UInt32) {
        (self.word0, self.word1, self.word2) = (word0, word1, word2)
    }

    package init(copying source: Span<UInt8>, at offset: Int) {
        // The last word is read with four bytes that the second one has too, so that every load is a whole word.
        self.init(
            loadBigEndian(source, offset), loadBigEndian(source, offset + 8),
            UInt32(truncatingIfNeeded: loadBigEndian(source, offset + 12)))
    }

    /// The reserved address of a system contract: zeros, then the number in the last two bytes.
    package static func system(_ number: UInt16) -> Address { Address(0, 0, UInt32(number)) }

    package func append(to bytes: inout [UInt8]) {
        appendWords([word0.bigEndian, word1.bigEndian, (UInt64(word2) &<< 32).bigEndian], byteCount: 20, to: &bytes)
    }

    /// The address as the beginning of a key.
    package var storeKey: StoreKey {
        var key = StoreKey.empty
        append(to: &key)
        return key
    }

    /// Appends the 20 bytes to a key.
    package func append(to key: inout StoreKey) {
        key.append(bigEndian: word0, byteCount: 8)
        key.append(bigEndian: word1, byteCount: 8)
        key.append(bigEndian: UInt64(word2), byteCount: 4)
    }

    /// The address as a topic of an event, as Ethereum has it: after twelve zeros.
    package var topic: Digest {
        Digest(words: [0, word0 &>> 32, word0 &<< 32 | word1 &>> 32, word1 &<< 32 | UInt64(word2)])
    }

    /// The address that a topic holds, or nil if it does not look like one.
    package init?(topic: Digest) {
        let words = topic.words
        guard words[0] == 0, words[1] &>> 32 == 0 else { return nil }
        self.init(
            words[1] &<< 32 | words[2] &>> 32, words[2] &<< 32 | words[3] &>> 32,
            UInt32(truncatingIfNeeded: words[3]))
    }

    package static func < (left: Address, right: Address) -> Bool {
        if left.word0 != right.word0 { return left.word0 < right.word0 }
        if left.word1 != right.word1 { return left.word1 < right.word1 }
        return left.word2 < right.word2
    }
}

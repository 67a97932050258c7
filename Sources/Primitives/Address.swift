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
        appendBigEndian(word0, to: &bytes)
        appendBigEndian(word1, to: &bytes)
        for shift in stride(from: 24, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: word2 &>> shift)) }
    }

    /// The address as the beginning of a key.
    package var storeKey: StoreKey {
        var key = StoreKey.empty
        key.append(word0)
        key.append(word1)
        key.append(word2)
        return key
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

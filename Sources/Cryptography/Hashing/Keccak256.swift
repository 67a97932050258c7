package import Primitives

/// Keccak-256 as Ethereum uses it: the sponge of Keccak's submission (version 3, 2011) with rate 136 and padding 0x01.
///
/// Not SHA3-256 (FIPS 202), whose padding is 0x06. The same function under every suite: it makes the addresses of
/// secp256k1 keys and is what contracts call `keccak256`.
package enum Keccak256 {
    /// How many bytes a permutation takes up.
    static let rate = 136

    package static func hash(_ bytes: [UInt8]) -> Digest { hash(bytes.span) }

    package static func hash(_ bytes: Span<UInt8>) -> Digest {
        var state = KeccakState()
        var offset = 0
        while bytes.count - offset >= rate {
            state.absorb(bytes.extracting(offset..<offset + rate))
            state.permute()
            offset += rate
        }
        let rest = bytes.extracting(offset..<bytes.count)
        state.absorb(rest)
        state.pad(at: rest.count)
        state.permute()
        return Digest(words: [
            state.lanes[0].byteSwapped, state.lanes[1].byteSwapped, state.lanes[2].byteSwapped,
            state.lanes[3].byteSwapped,
        ])
    }
}

/// The 1,600 bits that Keccak-f permutes, as 25 lanes; lane `x + 5 * y` is the reference's A[x, y].
struct KeccakState {
    var lanes = InlineArray<25, UInt64>(repeating: 0)

    /// Adds at most `rate` bytes to the state's beginning, each lane little-endian.
    mutating func absorb(_ block: Span<UInt8>) {
        let wholeLanes = block.count / 8
        for lane in 0..<wholeLanes {
            // In bounds, as 8 * wholeLanes is at most the count; any bits are a valid UInt64.
            let word = unsafe block.bytes.unsafeLoadUnaligned(fromByteOffset: 8 * lane, as: UInt64.self)
            lanes[lane] ^= UInt64(littleEndian: word)
        }
        for index in 8 * wholeLanes..<block.count {
            lanes[wholeLanes] ^= UInt64(block[index]) << UInt64(8 * (index % 8))
        }
    }

    /// Keccak's padding: a one after the message, and a one at the end of the block.
    mutating func pad(at count: Int) {
        lanes[count / 8] ^= 1 << UInt64(8 * (count % 8))
        lanes[Keccak256.rate / 8 - 1] ^= 1 << 63
    }
}

/// The chaining value of a message.
struct SM3State {
    /// At first the initial value (section 4.1).
    var words: InlineArray<8, UInt32> = [
        0x7380_166F, 0x4914_B2B9, 0x1724_42D7, 0xDA8A_0600, 0xA96F_30BC, 0x1631_38AA, 0xE38D_EE4D, 0xB0FB_0E4E,
    ]

    /// Takes up a block of 16 big-endian words (section 5.3).
    mutating func compress(_ block: InlineArray<16, UInt32>) {
        var rounds = SM3Rounds(words, block)
        rounds.sixteen(areEarly: true)
        rounds.sixteen(areEarly: false)
        rounds.sixteen(areEarly: false)
        rounds.sixteen(areEarly: false)
        let after = rounds.registers
        for index in 0..<8 { words[index] = words[index] ^ after[index] }
    }
}

/// The registers A to H, and the 16 words W that this round and the next ones need.
///
/// Written out so that all of it can stay in registers and nothing is indexed at run time.
private struct SM3Rounds {
    private var a, b, c, d, e, f, g, h: UInt32
    /// W of round j stands at j modulo 16.
    private var w: InlineArray<16, UInt32>
    /// T of the round, rotated by the round's number.
    private var constant: UInt32 = 0x79CC_4519

    @inline(__always)
    init(_ words: InlineArray<8, UInt32>, _ block: InlineArray<16, UInt32>) {
        (a, b, c, d) = (words[0], words[1], words[2], words[3])
        (e, f, g, h) = (words[4], words[5], words[6], words[7])
        w = block
    }

    @inline(__always)
    var registers: InlineArray<8, UInt32> { [a, b, c, d, e, f, g, h] }

    @inline(__always)
    mutating func sixteen(areEarly: Bool) {
        advance(0, areEarly)
        advance(1, areEarly)
        advance(2, areEarly)
        advance(3, areEarly)
        advance(4, areEarly)
        advance(5, areEarly)
        advance(6, areEarly)
        advance(7, areEarly)
        advance(8, areEarly)
        advance(9, areEarly)
        advance(10, areEarly)
        advance(11, areEarly)
        advance(12, areEarly)
        advance(13, areEarly)
        advance(14, areEarly)
        advance(15, areEarly)
        // T of the 17th round, rotated by 16.
        if areEarly { constant = 0x9D8A_7A87 }
    }

    /// One round (section 5.3.3). FF and GG are parity in the first 16 rounds, majority and choice later.
    @inline(__always)
    private mutating func advance(_ index: Int, _ isEarly: Bool) {
        let (word, mixedWord) = (w[index], w[index] ^ w[(index + 4) & 15])
        expand(index)
        let rotatedA = a.rotated(12)
        let ss1 = (rotatedA &+ e &+ constant).rotated(7)
        let ff = isEarly ? a ^ b ^ c : (a & b) | ((a | b) & c)
        let gg = isEarly ? e ^ f ^ g : g ^ (e & (f ^ g))
        let tt1 = ff &+ d &+ (ss1 ^ rotatedA) &+ mixedWord
        let tt2 = gg &+ h &+ ss1 &+ word
        (d, c, b, a) = (c, b.rotated(9), a, tt1)
        (h, g, f, e) = (g, f.rotated(19), e, tt2.permuted0)
        constant = constant.rotated(1)
    }

    /// Puts W of the round 16 rounds on into the place of this round's (section 5.3.2).
    @inline(__always)
    private mutating func expand(_ index: Int) {
        let mixed = w[index] ^ w[(index + 7) & 15] ^ w[(index + 13) & 15].rotated(15)
        w[index] = mixed.permuted1 ^ w[(index + 3) & 15].rotated(7) ^ w[(index + 10) & 15]
    }
}

extension UInt32 {
    @inline(__always)
    fileprivate func rotated(_ bits: UInt32) -> UInt32 { self &<< bits | self &>> (32 - bits) }

    /// The permutations P0 and P1 (section 4.4).
    @inline(__always)
    fileprivate var permuted0: UInt32 { self ^ rotated(9) ^ rotated(17) }
    @inline(__always)
    fileprivate var permuted1: UInt32 { self ^ rotated(15) ^ rotated(23) }
}

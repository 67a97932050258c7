/// The round constants (iota), from the reference's linear feedback shift register.
private let roundConstants: InlineArray<24, UInt64> = [
    0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808A, 0x8000_0000_8000_8000,
    0x0000_0000_0000_808B, 0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009,
    0x0000_0000_0000_008A, 0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000A,
    0x0000_0000_8000_808B, 0x8000_0000_0000_008B, 0x8000_0000_0000_8089, 0x8000_0000_0000_8003,
    0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800A, 0x8000_0000_8000_000A,
    0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
]

extension KeccakState {
    /// Keccak-f[1600]: 24 rounds.
    mutating func permute() {
        var a = lanes
        for round in roundConstants.indices {
            Self.permuteOnce(&a)
            a[0] ^= roundConstants[round]
        }
        lanes = a
    }

    /// Theta, rho, pi and chi, written out so that all 25 lanes can stay in registers and nothing is indexed at run time.
    @inline(__always)
    private static func permuteOnce(_ a: inout InlineArray<25, UInt64>) {
        let c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20]
        let c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21]
        let c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22]
        let c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23]
        let c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24]
        let d0 = c4 ^ rotate(c1, 1)
        let d1 = c0 ^ rotate(c2, 1)
        let d2 = c1 ^ rotate(c3, 1)
        let d3 = c2 ^ rotate(c4, 1)
        let d4 = c3 ^ rotate(c0, 1)
        let before = a
        chi(
            &a, 0,
            before[0] ^ d0, rotate(before[6] ^ d1, 44), rotate(before[12] ^ d2, 43),
            rotate(before[18] ^ d3, 21), rotate(before[24] ^ d4, 14))
        chi(
            &a, 5,
            rotate(before[3] ^ d3, 28), rotate(before[9] ^ d4, 20), rotate(before[10] ^ d0, 3),
            rotate(before[16] ^ d1, 45), rotate(before[22] ^ d2, 61))
        chi(
            &a, 10,
            rotate(before[1] ^ d1, 1), rotate(before[7] ^ d2, 6), rotate(before[13] ^ d3, 25),
            rotate(before[19] ^ d4, 8), rotate(before[20] ^ d0, 18))
        chi(
            &a, 15,
            rotate(before[4] ^ d4, 27), rotate(before[5] ^ d0, 36), rotate(before[11] ^ d1, 10),
            rotate(before[17] ^ d2, 15), rotate(before[23] ^ d3, 56))
        chi(
            &a, 20,
            rotate(before[2] ^ d2, 62), rotate(before[8] ^ d3, 55), rotate(before[14] ^ d4, 39),
            rotate(before[15] ^ d0, 41), rotate(before[21] ^ d1, 2))
    }
}

/// One row of chi, stored at `start`.
@inline(__always)
private func chi(
    _ a: inout InlineArray<25, UInt64>, _ start: Int,
    _ b0: UInt64, _ b1: UInt64, _ b2: UInt64, _ b3: UInt64, _ b4: UInt64
) {
    a[start] = b0 ^ (~b1 & b2)
    a[start + 1] = b1 ^ (~b2 & b3)
    a[start + 2] = b2 ^ (~b3 & b4)
    a[start + 3] = b3 ^ (~b4 & b0)
    a[start + 4] = b4 ^ (~b0 & b1)
}

@inline(__always)
private func rotate(_ word: UInt64, _ bits: UInt64) -> UInt64 { word &<< bits | word &>> (64 - bits) }

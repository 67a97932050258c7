// The functions for one width of vectors: LANES, TARGET and NAME are defined by who includes this.

typedef uint32_t NAME(lanes) __attribute__((vector_size(4 * LANES)));

#define VECTOR NAME(lanes)
#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))

/// Takes up a block of 16 vectors (section 5.3).
TARGET static inline void NAME(compress)(VECTOR *restrict state, VECTOR *restrict w) {
    VECTOR a = state[0], b = state[1], c = state[2], d = state[3];
    VECTOR e = state[4], f = state[5], g = state[6], h = state[7];
#pragma clang loop unroll(full)
    for (int j = 0; j < 64; j++) {
        const uint32_t t = j < 16 ? 0x79CC4519u : 0x7A879D8Au;
        const uint32_t constant = j % 32 == 0 ? t : t << j % 32 | t >> (32 - j % 32);
        const VECTOR word = w[j & 15], mixed_word = word ^ w[(j + 4) & 15];
        if (j < 52) {
            // W of round j + 16 takes the place of this round's (section 5.3.2).
            const VECTOR x = word ^ w[(j + 7) & 15] ^ ROTATE(w[(j + 13) & 15], 15);
            w[j & 15] = x ^ ROTATE(x, 15) ^ ROTATE(x, 23) ^ ROTATE(w[(j + 3) & 15], 7) ^ w[(j + 10) & 15];
        }
        const VECTOR a12 = ROTATE(a, 12), sum = a12 + e + constant;
        const VECTOR ss1 = ROTATE(sum, 7);
        const VECTOR ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
        const VECTOR gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g);
        const VECTOR tt1 = ff + d + (ss1 ^ a12) + mixed_word, tt2 = gg + h + ss1 + word;
        d = c, c = ROTATE(b, 9), b = a, a = tt1;
        h = g, g = ROTATE(f, 19), f = e, e = tt2 ^ ROTATE(tt2, 9) ^ ROTATE(tt2, 17);
    }
    state[0] ^= a, state[1] ^= b, state[2] ^= c, state[3] ^= d;
    state[4] ^= e, state[5] ^= f, state[6] ^= g, state[7] ^= h;
}

TARGET void NAME(cairn_sm3)(uint8_t tag, const uint64_t *pairs, uint64_t *digests) {
    static const uint32_t initial[8] = {
        0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E,
    };
    VECTOR state[8], first[16], last[16];
    for (int i = 0; i < 8; i++) state[i] = (VECTOR){0} + initial[i];
    for (int i = 0; i < 16; i++) last[i] = (VECTOR){0};
    for (int lane = 0; lane < LANES; lane++) {
        // The tag moves all bytes by one: each word takes its first byte from the word before.
        uint64_t before = tag;
        for (int i = 0; i < 8; i++) {
            const uint64_t word = pairs[8 * lane + i], shifted = before << 56 | word >> 8;
            first[2 * i][lane] = (uint32_t)(shifted >> 32);
            first[2 * i + 1][lane] = (uint32_t)shifted;
            before = word;
        }
        last[0][lane] = (uint32_t)before << 24 | 0x800000;
    }
    // The message has 65 bytes.
    last[15] = (VECTOR){0} + 65 * 8;
    NAME(compress)(state, first);
    NAME(compress)(state, last);
    for (int lane = 0; lane < LANES; lane++)
        for (int i = 0; i < 4; i++)
            digests[4 * lane + i] = (uint64_t)state[2 * i][lane] << 32 | state[2 * i + 1][lane];
}

#undef VECTOR
#undef ROTATE

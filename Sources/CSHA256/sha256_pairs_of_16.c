#include "csha256.h"
#include "constants.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define WIDE __attribute__((target("avx512f,avx512bw")))
#define INLINED static inline __attribute__((always_inline))

// One 32-bit word of each of sixteen messages.
typedef __m512i words;

static uint64_t enabled_registers(void) {
    uint32_t low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

bool cairn_sha256_has_wide_registers(void) {
    const unsigned avx512f = 1u << 16, avx512bw = 1u << 30;
    // The operating system keeps the mask registers and all of the 512-bit ones, beside the older.
    const uint64_t states = 0xE6;
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return false;
    if ((enabled_registers() & states) != states) return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & avx512f) && (b & avx512bw);
}

#define ROTATED(x, n) _mm512_ror_epi32(x, n)
#define SUM(x, y) _mm512_add_epi32(x, y)
#define XOR(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0x96)
#define CHOICE(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0xCA)
#define MAJORITY(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0xE8)

// FIPS 180-4, section 6.2.2, for sixteen messages; `w` is used up.
WIDE INLINED void compress(words *state, words *w) {
    words a = state[0], b = state[1], c = state[2], d = state[3];
    words e = state[4], f = state[5], g = state[6], h = state[7];
#pragma clang loop unroll(full)
    for (int group = 0; group < 64; group += 16) {
#pragma clang loop unroll(full)
        for (int i = 0; i < 16; i++) {
            if (group > 0) {
                const words x = w[(i + 1) & 15], y = w[(i + 14) & 15];
                const words sigma0 = XOR(ROTATED(x, 7), ROTATED(x, 18), _mm512_srli_epi32(x, 3));
                const words sigma1 = XOR(ROTATED(y, 17), ROTATED(y, 19), _mm512_srli_epi32(y, 10));
                w[i] = SUM(SUM(w[i], sigma0), SUM(w[(i + 9) & 15], sigma1));
            }
            const words constant = _mm512_set1_epi32((int)round_constants[group + i]);
            const words sum1 = XOR(ROTATED(e, 6), ROTATED(e, 11), ROTATED(e, 25));
            const words t1 = SUM(SUM(SUM(h, SUM(w[i], constant)), CHOICE(e, f, g)), sum1);
            const words sum0 = XOR(ROTATED(a, 2), ROTATED(a, 13), ROTATED(a, 22));
            const words t2 = SUM(sum0, MAJORITY(a, b, c));
            h = g, g = f, f = e, e = SUM(d, t1), d = c, c = b, b = a, a = SUM(t1, t2);
        }
    }
    const words after[8] = {a, b, c, d, e, f, g, h};
    for (int i = 0; i < 8; i++) state[i] = SUM(state[i], after[i]);
}

// Turns sixteen rows of sixteen words into columns.
WIDE INLINED void transpose(words *rows) {
    words t[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        rows[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        rows[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        rows[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        rows[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(rows[i], rows[4 + i], 0x88);
        t[4 + i] = _mm512_shuffle_i32x4(rows[i], rows[4 + i], 0xDD);
        t[8 + i] = _mm512_shuffle_i32x4(rows[8 + i], rows[12 + i], 0x88);
        t[12 + i] = _mm512_shuffle_i32x4(rows[8 + i], rows[12 + i], 0xDD);
    }
    for (int i = 0; i < 8; i++) {
        rows[i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0x88);
        rows[8 + i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0xDD);
    }
}

// The halves of each 64-bit word change places: the upper one is the message's earlier word.
WIDE INLINED words swapped(words x) { return _mm512_shuffle_epi32(x, 0xB1); }

WIDE INLINED void hash_16(uint8_t tag, const uint64_t *pairs, uint64_t *digests) {
    words w[16], state[16];
    for (int i = 0; i < 16; i++) w[i] = swapped(_mm512_loadu_si512(pairs + 8 * i));
    transpose(w);
    // The tag moves all bytes by one: each word takes its first byte from the word before. The last byte is left over
    // for the second block, before the bit that ends the message.
    const words last = SUM(_mm512_slli_epi32(w[15], 24), _mm512_set1_epi32(0x800000));
    for (int i = 15; i > 0; i--) w[i] = SUM(_mm512_srli_epi32(w[i], 8), _mm512_slli_epi32(w[i - 1], 24));
    w[0] = SUM(_mm512_srli_epi32(w[0], 8), _mm512_set1_epi32((int)((uint32_t)tag << 24)));
    for (int i = 0; i < 8; i++) state[i] = _mm512_set1_epi32((int)initial_state[i]);
    compress(state, w);
    w[0] = last;
    for (int i = 1; i < 15; i++) w[i] = _mm512_setzero_si512();
    w[15] = _mm512_set1_epi32(NODE_BITS);
    compress(state, w);
    for (int i = 8; i < 16; i++) state[i] = _mm512_setzero_si512();
    transpose(state);
    for (int i = 0; i < 16; i++)
        _mm256_storeu_si256((__m256i *)(digests + 4 * i), _mm512_castsi512_si256(swapped(state[i])));
}

WIDE void cairn_sha256_pairs_of_16(uint8_t tag, const uint64_t *pairs, size_t count, uint64_t *digests) {
    for (size_t i = 0; i < count; i++) hash_16(tag, pairs + 128 * i, digests + 64 * i);
}

#else

bool cairn_sha256_has_wide_registers(void) { return false; }
void cairn_sha256_pairs_of_16(uint8_t tag, const uint64_t *pairs, size_t count, uint64_t *digests) {
    __builtin_trap();
}

#endif

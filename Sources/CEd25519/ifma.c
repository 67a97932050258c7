// Eight numbers at a time, one in each 64-bit lane of a vector, with AVX-512's products of 52 by 52 bits.
#include <string.h>

#include "ced25519.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

// Whether the processor has AVX-512 F, DQ, IFMA, BW and VL (CPUID 7.0: EBX 16, 17, 21, 30, 31), and the system keeps
// its registers (XCR0: SSE, AVX, masks and both parts of the vectors).
bool cairn_ed25519_has_ifma(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return false;
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    const unsigned wanted = 1u << 16 | 1u << 17 | 1u << 21 | 1u << 30 | 1u << 31;
    return (low & 0xE6) == 0xE6 && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & wanted) == wanted;
}

// All that follows is compiled for such a processor, whatever the rest of the program is compiled for.
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512dq,avx512ifma,avx512bw,avx512vl"))), apply_to = function)

#define INLINED static inline __attribute__((always_inline))
#define OUTLINED static __attribute__((noinline))
#define LANES 8

typedef __m512i vector;
typedef __mmask8 mask;
typedef struct {
    vector l[5];
} fe;

INLINED vector low_bits(void) { return _mm512_set1_epi64(((long long)1 << 51) - 1); }
INLINED vector plus(vector a, vector b) { return _mm512_add_epi64(a, b); }
INLINED vector above(vector a) { return _mm512_srli_epi64(a, 51); }

INLINED fe fe_constant(const uint64_t limbs[5]) {
    fe r;
    for (int i = 0; i < 5; i++) r.l[i] = _mm512_set1_epi64((long long)limbs[i]);
    return r;
}

// Takes any limbs below 2^63 back: below 2^51 + 19 * 2^12.
INLINED fe fe_carried(fe a) {
    fe r;
    // What is carried out of the last limb comes back times 19; it is below 2^52, as the product's factors must be.
    r.l[0] = _mm512_madd52lo_epu64(_mm512_and_si512(a.l[0], low_bits()), above(a.l[4]), _mm512_set1_epi64(19));
    for (int i = 1; i < 5; i++) r.l[i] = plus(_mm512_and_si512(a.l[i], low_bits()), above(a.l[i - 1]));
    return r;
}

INLINED fe fe_narrowed(fe a) { return fe_carried(a); }
INLINED fe fe_stored(fe a) { return a; }
INLINED fe fe_loaded(fe a) { return a; }

INLINED fe fe_sum(fe a, fe b) {
    for (int i = 0; i < 5; i++) a.l[i] = plus(a.l[i], b.l[i]);
    return a;
}

// The limbs of p times 2^(1 + shift).
INLINED vector limb_of_multiple_of_p(int i, int shift) {
    return _mm512_set1_epi64(((((long long)1 << 51) - 1) - (i == 0 ? 18 : 0)) << (1 + shift));
}

// 4 p is added first; its limbs are above any limb of b.
INLINED fe fe_difference(fe a, fe b) {
    for (int i = 0; i < 5; i++) a.l[i] = _mm512_sub_epi64(plus(a.l[i], limb_of_multiple_of_p(i, 1)), b.l[i]);
    return a;
}

// 2 p - a where the mask's bit is set. The limbs stay below 2^52, so it may be a factor, but nothing else.
INLINED fe fe_negate_where(mask m, fe a) {
    for (int i = 0; i < 5; i++) a.l[i] = _mm512_mask_sub_epi64(a.l[i], m, limb_of_multiple_of_p(i, 0), a.l[i]);
    return a;
}

// Columns of weight 2^(51 k): those above 2^255 come back times 19. Columns are below 2^57.
INLINED fe folded(const vector columns[10]) {
    const vector nineteen = _mm512_set1_epi64(19);
    fe r;
    for (int i = 0; i < 5; i++) r.l[i] = plus(columns[i], _mm512_mullo_epi64(columns[i + 5], nineteen));
    return fe_carried(r);
}

// The instructions split a product at bit 52, so that its high part counts double in the next column of weight 2^51.
INLINED fe fe_mul(fe a, fe b) {
    vector low[10], high[10], columns[10];
    for (int i = 0; i < 10; i++) low[i] = high[i] = _mm512_setzero_si512();
#pragma clang loop unroll(full)
    for (int i = 0; i < 5; i++) {
#pragma clang loop unroll(full)
        for (int j = 0; j < 5; j++) {
            low[i + j] = _mm512_madd52lo_epu64(low[i + j], a.l[i], b.l[j]);
            high[i + j + 1] = _mm512_madd52hi_epu64(high[i + j + 1], a.l[i], b.l[j]);
        }
    }
    for (int i = 0; i < 10; i++) columns[i] = plus(low[i], plus(high[i], high[i]));
    return folded(columns);
}

// Products of different limbs count twice.
INLINED fe fe_square(fe a) {
    vector low[10], high[10], columns[10];
    for (int i = 0; i < 10; i++) low[i] = high[i] = _mm512_setzero_si512();
#pragma clang loop unroll(full)
    for (int i = 0; i < 5; i++) {
#pragma clang loop unroll(full)
        for (int j = i + 1; j < 5; j++) {
            low[i + j] = _mm512_madd52lo_epu64(low[i + j], a.l[i], a.l[j]);
            high[i + j + 1] = _mm512_madd52hi_epu64(high[i + j + 1], a.l[i], a.l[j]);
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 10; i++) {
        vector half = plus(low[i], plus(high[i], high[i]));
        if (i % 2 == 1) half = _mm512_madd52hi_epu64(half, a.l[i / 2], a.l[i / 2]);
        columns[i] = plus(half, half);
        if (i % 2 == 0) columns[i] = _mm512_madd52lo_epu64(columns[i], a.l[i / 2], a.l[i / 2]);
    }
    return folded(columns);
}

// The limbs of the value below p. Twice carried it is below 2^255 + 2^51; adding 19 carries out of bit 255 exactly if
// what is left is p or more.
INLINED fe canonical(fe a) {
    const vector nineteen = _mm512_set1_epi64(19);
    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < 4; i++) {
            a.l[i + 1] = plus(a.l[i + 1], above(a.l[i]));
            a.l[i] = _mm512_and_si512(a.l[i], low_bits());
        }
        a.l[0] = _mm512_madd52lo_epu64(a.l[0], above(a.l[4]), nineteen);
        a.l[4] = _mm512_and_si512(a.l[4], low_bits());
    }
    vector carry = nineteen;
    for (int i = 0; i < 5; i++) carry = above(plus(a.l[i], carry));
    carry = _mm512_madd52lo_epu64(_mm512_setzero_si512(), carry, nineteen);
    for (int i = 0; i < 5; i++) {
        carry = plus(carry, a.l[i]);
        a.l[i] = _mm512_and_si512(carry, low_bits());
        carry = above(carry);
    }
    return a;
}

INLINED mask fe_is_zero(fe a) {
    const fe c = canonical(a);
    const vector all = _mm512_or_si512(
        _mm512_or_si512(_mm512_or_si512(c.l[0], c.l[1]), _mm512_or_si512(c.l[2], c.l[3])), c.l[4]);
    return _mm512_testn_epi64_mask(all, all);
}

INLINED mask fe_is_odd(fe a) { return _mm512_test_epi64_mask(canonical(a).l[0], _mm512_set1_epi64(1)); }

// b where the mask's bit is set, else a.
INLINED fe fe_select(mask m, fe a, fe b) {
    for (int i = 0; i < 5; i++) a.l[i] = _mm512_mask_mov_epi64(a.l[i], m, b.l[i]);
    return a;
}

// MARK: Rows and lanes

// Turns four vectors, of which number i holds four words of row i and then four of row i + 4, into four, of which
// number j holds word j of all rows; and the other way round.
INLINED void transpose(vector v[4]) {
    const vector evens = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
    const vector odds = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    const vector a = _mm512_unpacklo_epi64(v[0], v[1]), b = _mm512_unpackhi_epi64(v[0], v[1]);
    const vector c = _mm512_unpacklo_epi64(v[2], v[3]), d = _mm512_unpackhi_epi64(v[2], v[3]);
    v[0] = _mm512_permutex2var_epi64(a, evens, c);
    v[1] = _mm512_permutex2var_epi64(b, evens, d);
    v[2] = _mm512_permutex2var_epi64(a, odds, c);
    v[3] = _mm512_permutex2var_epi64(b, odds, d);
}

// The four words of each row from `at` on.
INLINED void load_four_words(vector v[4], const uint64_t *const *rows, const int at) {
    for (int i = 0; i < 4; i++) {
        const vector first = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(rows[i] + at)));
        v[i] = _mm512_inserti64x4(first, _mm256_loadu_si256((const __m256i *)(rows[i + 4] + at)), 1);
    }
    transpose(v);
}

// Moves `units` times four words of each row between memory and the limbs of successive numbers.
INLINED void load_words(fe *numbers, const uint64_t *const *rows, const int units) {
    vector words[20];
#pragma clang loop unroll(full)
    for (int i = 0; i < units; i++) load_four_words(words + 4 * i, rows, 4 * i);
#pragma clang loop unroll(full)
    for (int i = 0; i < 4 * units; i++) numbers[i / 5].l[i % 5] = words[i];
}

INLINED void store_words(uint64_t *const *rows, const fe *numbers, const int units) {
#pragma clang loop unroll(full)
    for (int unit = 0; unit < units; unit++) {
        vector v[4];
        for (int i = 0; i < 4; i++) v[i] = numbers[(4 * unit + i) / 5].l[(4 * unit + i) % 5];
        transpose(v);
        for (int i = 0; i < 4; i++) {
            _mm256_storeu_si256((__m256i *)(rows[i] + 4 * unit), _mm512_castsi512_si256(v[i]));
            _mm256_storeu_si256((__m256i *)(rows[i + 4] + 4 * unit), _mm512_extracti64x4_epi64(v[i], 1));
        }
    }
}

INLINED fe fe_load_encodings(const uint8_t *const *encodings, mask *sign) {
    const uint64_t *rows[8];
    // The loads from the rows ask for no alignment.
    for (int l = 0; l < 8; l++) rows[l] = (const uint64_t *)(const void *)encodings[l];
    vector w[4];
    load_four_words(w, rows, 0);
    *sign = _mm512_movepi64_mask(w[3]);
    fe r;
    r.l[0] = w[0];
    r.l[1] = _mm512_or_si512(_mm512_srli_epi64(w[0], 51), _mm512_slli_epi64(w[1], 13));
    r.l[2] = _mm512_or_si512(_mm512_srli_epi64(w[1], 38), _mm512_slli_epi64(w[2], 26));
    r.l[3] = _mm512_or_si512(_mm512_srli_epi64(w[2], 25), _mm512_slli_epi64(w[3], 39));
    r.l[4] = _mm512_srli_epi64(w[3], 12);
    for (int i = 0; i < 5; i++) r.l[i] = _mm512_and_si512(r.l[i], low_bits());
    return r;
}

#include "points.h"
#include "windows.h"

void cairn_ed25519_decode_ifma(
    const uint8_t *encodings, size_t count, cairn_ed25519_point *points, uint8_t *is_point) {
    decode(encodings, count, points, is_point);
}

unsigned cairn_ed25519_sums_vanish_ifma(
    const cairn_ed25519_base_tables *tables, const cairn_ed25519_point *keys, const cairn_ed25519_point *commitments,
    const cairn_ed25519_term *terms, size_t count, bool has_short_keys, const uint64_t *base_scalars, void *workspace) {
    return sums_vanish(tables, keys, commitments, terms, count, has_short_keys, base_scalars, workspace);
}

// MARK: SHA-512

#include "sha512.h"

void cairn_sha512_of_96_bytes_ifma(const uint64_t *messages, size_t count, uint64_t *digests) {
    for (size_t i = 0; i < count; i += 8) sha512_of_96_bytes(messages + 12 * i, digests + 8 * i);
}

#pragma clang attribute pop

#else

bool cairn_ed25519_has_ifma(void) { return false; }

void cairn_ed25519_decode_ifma(
    const uint8_t *encodings, size_t count, cairn_ed25519_point *points, uint8_t *is_point) {
    __builtin_trap();
}

unsigned cairn_ed25519_sums_vanish_ifma(
    const cairn_ed25519_base_tables *tables, const cairn_ed25519_point *keys, const cairn_ed25519_point *commitments,
    const cairn_ed25519_term *terms, size_t count, bool has_short_keys, const uint64_t *base_scalars, void *workspace) {
    __builtin_trap();
}

void cairn_sha512_of_96_bytes_ifma(const uint64_t *messages, size_t count, uint64_t *digests) { __builtin_trap(); }

#endif

// Four numbers at a time, one in each 64-bit lane of a vector, with AVX2 and FMA.
//
// AVX2 only multiplies integers of 32 bits, but a fused multiply-add of doubles computes all 106 bits of a product
// before it rounds. So limbs are whole numbers in doubles, and no step here rounds anything but to split a product in
// two whole numbers, whose sum is exact. This asks for rounding to nearest, which is how the processor starts.
#include <string.h>

#include "ced25519.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

// Whether the processor has FMA (CPUID 1: ECX 12) and AVX2 (CPUID 7.0: EBX 5), and the system keeps its registers
// (XCR0: SSE and AVX).
bool cairn_ed25519_has_avx2(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_FMA)) return false;
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & 6) == 6 && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_AVX2);
}

// All that follows is compiled for such a processor, whatever the rest of the program is compiled for.
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define INLINED static inline __attribute__((always_inline))
#define OUTLINED static __attribute__((noinline))
#define LANES 4

typedef __m256d vector;
typedef __m256i integers;
typedef unsigned mask;

// Limbs have a sign. What bounds them is counted in units of U = 2^50 + 2^12: "within 2" is from -2 U to 2 U. Products
// are within 1, and numbers as points.h has them within 3.
typedef struct {
    vector l[5];
} fe;

INLINED vector all_lanes(double value) { return _mm256_set1_pd(value); }
INLINED integers all_integers(uint64_t value) { return _mm256_set1_epi64x((long long)value); }
INLINED integers bits_of(vector a) { return _mm256_castpd_si256(a); }
INLINED integers plus(integers a, integers b) { return _mm256_add_epi64(a, b); }
INLINED integers above(integers a) { return _mm256_srli_epi64(a, 51); }
INLINED integers low_bits(integers a) { return _mm256_and_si256(a, all_integers(((uint64_t)1 << 51) - 1)); }

// From 2^52 on doubles are the whole numbers, and the next double has the next bits.
#define TWO_TO_52 0x1p52
#define BITS_OF_TWO_TO_52 ((uint64_t)0x433 << 52)

// Takes integers from 0 to 2^52 - 1, and subtracts the bias, a whole number.
INLINED vector floating(integers a, double bias) {
    const integers bits = _mm256_or_si256(a, all_integers(BITS_OF_TWO_TO_52));
    return _mm256_sub_pd(_mm256_castsi256_pd(bits), all_lanes(TWO_TO_52 + bias));
}

// Limbs from 0 to 2^51 - 1, so within 2.
INLINED fe fe_constant(const uint64_t limbs[5]) {
    fe r;
    for (int i = 0; i < 5; i++) r.l[i] = all_lanes((double)limbs[i]);
    return r;
}

// Factors may be sums of products, so that little needs a carry: see fe_narrowed.
INLINED fe fe_carried(fe a) { return a; }

INLINED fe fe_sum(fe a, fe b) {
    for (int i = 0; i < 5; i++) a.l[i] = _mm256_add_pd(a.l[i], b.l[i]);
    return a;
}

INLINED fe fe_difference(fe a, fe b) {
    for (int i = 0; i < 5; i++) a.l[i] = _mm256_sub_pd(a.l[i], b.l[i]);
    return a;
}

// MARK: Products

// From 2^103 to 2^104 doubles are the multiples of 2^51: a number of at most 2^102 that is added to the middle is
// rounded to one, and the lowest bits count the multiples.
#define SPLITTER 0x1.8p103
#define BITS_OF_SPLITTER ((uint64_t)0x4668 << 48)
// The middle of the doubles from 2^52 to 2^53, the whole numbers.
#define SHIFTER 0x1.8p52
#define BITS_OF_SHIFTER ((uint64_t)0x4338 << 48)

// Takes limbs within 7 back: within 1, as at most 4 is carried from each, and 19 times 4 from the last.
INLINED fe fe_narrowed(fe a) {
    vector carry[5];
    for (int i = 0; i < 5; i++) {
        carry[i] = _mm256_sub_pd(_mm256_add_pd(a.l[i], all_lanes(SPLITTER)), all_lanes(SPLITTER));
        a.l[i] = _mm256_sub_pd(a.l[i], carry[i]);
    }
    for (int i = 0; i < 5; i++) {
        a.l[i] = _mm256_fmadd_pd(carry[(i + 4) % 5], all_lanes((i == 0 ? 19 : 1) * 0x1p-51), a.l[i]);
    }
    return a;
}

// Adds a b to the columns, with a b from -2^102 to 2^102: its high part, a multiple of 2^51, counts one each in the
// column above. The low part is from -2^50 to 2^50. So `SHIFTER` less the high part is a whole number of 2^51 below
// 2^103, which is a double, and with a b added it is one again. Both come with the bits of what they were added to.
INLINED void add_product(integers column[2], vector a, vector b) {
    const vector high = _mm256_fmadd_pd(a, b, all_lanes(SPLITTER));
    const vector low = _mm256_fmadd_pd(a, b, _mm256_sub_pd(all_lanes(SPLITTER + SHIFTER), high));
    column[0] = plus(column[0], bits_of(low));
    column[1] = plus(column[1], bits_of(high));
}

// What is added to a column by those bits is taken from it beforehand; and 2^61 + 2^50 is added, of which the last is
// half of what a carry is. `products[k]` of the products begin in column k; those from column 5 on come back times 19.
INLINED void begin(integers columns[10], const int products[11]) {
    for (int k = 0; k < 5; k++) {
        const uint64_t low = (uint64_t)(products[k + 1] + 19 * products[k + 6]);
        const uint64_t high = (uint64_t)(products[k] + 19 * products[k + 5]);
        columns[k] = all_integers(
            ((uint64_t)1 << 61) + ((uint64_t)1 << 50) - low * BITS_OF_SHIFTER - high * BITS_OF_SPLITTER);
        columns[k + 5] = _mm256_setzero_si256();
    }
}

// In a column at most five products begin, and five high parts come into it: 5 * (2^50 + 2^51). With 19 times as much
// that is 150 * 2^51, and with the 2^61 not negative. So what is carried is 2^10 and at most 151 more or less, and what
// the limbs keep is from -2^50 to 2^50. With the carries, at most 19 * 151 < 2^12, they are within 1.
INLINED fe reduced(const integers columns[10]) {
    integers sums[5];
    for (int k = 0; k < 5; k++) {
        integers nine = plus(columns[k + 5], _mm256_slli_epi64(columns[k + 5], 3));
        // Else the compiler would find that this is a product with 19, and make it of slow instructions.
        __asm__("" : "+x"(nine));
        sums[k] = plus(plus(columns[k], columns[k + 5]), plus(nine, nine));
    }
    fe r;
    for (int k = 0; k < 5; k++) {
        const int factor = k == 0 ? 19 : 1;
        const integers carry = _mm256_mul_epu32(above(sums[(k + 4) % 5]), all_integers((uint64_t)factor));
        r.l[k] = floating(plus(low_bits(sums[k]), carry), 0x1p50 + factor * 0x1p10);
    }
    return r;
}

// The compiler moves nothing across: else it begins so many products at once that most of them wait in memory. A row is
// all that is added at once, to six columns.
INLINED void end_row(integers row[6], const vector **factors) {
    __asm__("" : "+x"(row[0]), "+x"(row[1]), "+x"(row[2]), "+x"(row[3]), "+x"(row[4]), "+x"(row[5]), "+r"(*factors));
}

// Limbs of a times limbs of b are at most 2^102: so a may be within 3 where b is within 1, or a constant where b is.
// This and the square stand once in the code, so that a whole addition stays in the processor's instruction cache.
OUTLINED void multiply(fe *r, const fe *a, const fe *b) {
    static const int products[11] = {0, 1, 2, 3, 4, 5, 4, 3, 2, 1, 0};
    integers columns[10];
    begin(columns, products);
    const vector *factors = b->l;
#pragma clang loop unroll(full)
    for (int i = 0; i < 5; i++) {
#pragma clang loop unroll(full)
        for (int j = 0; j < 5; j++) add_product(columns + i + j, a->l[i], factors[j]);
        end_row(columns + i, &factors);
    }
    *r = reduced(columns);
}

// Products of different limbs are taken once, with one of them doubled: a must be within 1, or a little more.
OUTLINED void square(fe *r, const fe *a) {
    static const int products[11] = {0, 1, 1, 2, 2, 3, 2, 2, 1, 1, 0};
    integers columns[10];
    begin(columns, products);
    const vector *factors = a->l;
#pragma clang loop unroll(full)
    for (int i = 0; i < 5; i++) {
        const vector once = factors[i], twice = _mm256_add_pd(once, once);
#pragma clang loop unroll(full)
        for (int j = i; j < 5; j++) add_product(columns + i + j, i == j ? once : twice, factors[j]);
        end_row(columns + i, &factors);
    }
    *r = reduced(columns);
}

INLINED fe fe_mul(fe a, fe b) {
    fe r;
    multiply(&r, &a, &b);
    return r;
}

INLINED fe fe_square(fe a) {
    fe r;
    square(&r, &a);
    return r;
}

// MARK: Integers

// In points numbers are integers, as in the other codes. Takes limbs within 1, adds p, and gives limbs above 0 and
// below 2^52.
INLINED fe fe_stored(fe a) {
    for (int i = 0; i < 5; i++) {
        const vector sum = _mm256_add_pd(a.l[i], all_lanes(TWO_TO_52 + 0x1p51 - (i == 0 ? 19 : 1)));
        a.l[i] = _mm256_castsi256_pd(_mm256_xor_si256(bits_of(sum), all_integers(BITS_OF_TWO_TO_52)));
    }
    return a;
}

// Takes integers below 2^52, which are within 4; gives limbs within 1.
INLINED fe fe_loaded(fe a) {
    for (int i = 0; i < 5; i++) a.l[i] = floating(bits_of(a.l[i]), 0);
    return fe_narrowed(a);
}

// Adds a 19 b for b below 2^32.
INLINED integers plus_19_times(integers a, integers b) { return plus(a, _mm256_mul_epu32(b, all_integers(19))); }

// The limbs of the value below p, of any limbs within 7. Twice carried it is below 2^255; adding 19 carries out of bit
// 255 exactly if what is left is p or more.
INLINED void find_canonical(integers w[5], fe a) {
    const fe stored = fe_stored(fe_narrowed(a));
    for (int i = 0; i < 5; i++) w[i] = bits_of(stored.l[i]);
    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < 4; i++) {
            w[i + 1] = plus(w[i + 1], above(w[i]));
            w[i] = low_bits(w[i]);
        }
        w[0] = plus_19_times(w[0], above(w[4]));
        w[4] = low_bits(w[4]);
    }
    integers carry = all_integers(19);
    for (int i = 0; i < 5; i++) carry = above(plus(w[i], carry));
    w[0] = plus_19_times(w[0], carry);
    for (int i = 0; i < 5; i++) {
        if (i < 4) w[i + 1] = plus(w[i + 1], above(w[i]));
        w[i] = low_bits(w[i]);
    }
}

INLINED mask highest_bits(integers a) { return (mask)_mm256_movemask_pd(_mm256_castsi256_pd(a)); }

INLINED mask fe_is_zero(fe a) {
    integers w[5];
    find_canonical(w, a);
    integers all = w[0];
    for (int i = 1; i < 5; i++) all = _mm256_or_si256(all, w[i]);
    return highest_bits(_mm256_cmpeq_epi64(all, _mm256_setzero_si256()));
}

INLINED mask fe_is_odd(fe a) {
    integers w[5];
    find_canonical(w, a);
    return highest_bits(_mm256_slli_epi64(w[0], 63));
}

// All ones in the lanes whose bit is set.
INLINED vector lanes_of(mask m) {
    const integers bits = _mm256_setr_epi64x(1, 2, 4, 8);
    return _mm256_castsi256_pd(_mm256_cmpeq_epi64(_mm256_and_si256(all_integers(m), bits), bits));
}

// b where the mask's bit is set, else a.
INLINED fe fe_select(mask m, fe a, fe b) {
    const vector lanes = lanes_of(m);
    for (int i = 0; i < 5; i++) a.l[i] = _mm256_blendv_pd(a.l[i], b.l[i], lanes);
    return a;
}

// -a where the mask's bit is set.
INLINED fe fe_negate_where(mask m, fe a) {
    const vector signs = _mm256_and_pd(lanes_of(m), all_lanes(-0.0));
    for (int i = 0; i < 5; i++) a.l[i] = _mm256_xor_pd(a.l[i], signs);
    return a;
}

// MARK: Rows and lanes

// Turns four vectors, of which number i holds four words of row i, into four, of which number j holds word j of all
// rows; and the other way round.
INLINED void transpose(integers v[4]) {
    const integers a = _mm256_unpacklo_epi64(v[0], v[1]), b = _mm256_unpackhi_epi64(v[0], v[1]);
    const integers c = _mm256_unpacklo_epi64(v[2], v[3]), d = _mm256_unpackhi_epi64(v[2], v[3]);
    v[0] = _mm256_permute2x128_si256(a, c, 0x20);
    v[1] = _mm256_permute2x128_si256(b, d, 0x20);
    v[2] = _mm256_permute2x128_si256(a, c, 0x31);
    v[3] = _mm256_permute2x128_si256(b, d, 0x31);
}

// The four words of each row from `at` on.
INLINED void load_four_words(integers v[4], const uint64_t *const *rows, const int at) {
    for (int i = 0; i < 4; i++) v[i] = _mm256_loadu_si256((const __m256i *)(rows[i] + at));
    transpose(v);
}

// Moves `units` times four words of each row between memory and the limbs of successive numbers, bit by bit.
INLINED void load_words(fe *numbers, const uint64_t *const *rows, const int units) {
#pragma clang loop unroll(full)
    for (int unit = 0; unit < units; unit++) {
        integers v[4];
        load_four_words(v, rows, 4 * unit);
        for (int i = 0; i < 4; i++) numbers[(4 * unit + i) / 5].l[(4 * unit + i) % 5] = _mm256_castsi256_pd(v[i]);
    }
}

INLINED void store_words(uint64_t *const *rows, const fe *numbers, const int units) {
#pragma clang loop unroll(full)
    for (int unit = 0; unit < units; unit++) {
        integers v[4];
        for (int i = 0; i < 4; i++) v[i] = bits_of(numbers[(4 * unit + i) / 5].l[(4 * unit + i) % 5]);
        transpose(v);
        for (int i = 0; i < 4; i++) _mm256_storeu_si256((__m256i *)(rows[i] + 4 * unit), v[i]);
    }
}

INLINED fe fe_load_encodings(const uint8_t *const *encodings, mask *sign) {
    const uint64_t *rows[4];
    // The loads from the rows ask for no alignment.
    for (int l = 0; l < 4; l++) rows[l] = (const uint64_t *)(const void *)encodings[l];
    integers w[4], limbs[5];
    load_four_words(w, rows, 0);
    *sign = highest_bits(w[3]);
    limbs[0] = w[0];
    for (int i = 1; i < 4; i++) {
        limbs[i] = _mm256_or_si256(_mm256_srli_epi64(w[i - 1], 64 - 13 * i), _mm256_slli_epi64(w[i], 13 * i));
    }
    limbs[4] = _mm256_srli_epi64(w[3], 12);
    fe r;
    for (int i = 0; i < 5; i++) r.l[i] = floating(low_bits(limbs[i]), 0);
    return fe_narrowed(r);
}

#include "points.h"
#include "windows.h"

void cairn_ed25519_decode_avx2(
    const uint8_t *encodings, size_t count, cairn_ed25519_point *points, uint8_t *is_point) {
    decode(encodings, count, points, is_point);
}

unsigned cairn_ed25519_sums_vanish_avx2(
    const cairn_ed25519_base_tables *tables, const cairn_ed25519_point *keys, const cairn_ed25519_point *commitments,
    const cairn_ed25519_term *terms, size_t count, bool has_short_keys, const uint64_t *base_scalars, void *workspace) {
    return sums_vanish(tables, keys, commitments, terms, count, has_short_keys, base_scalars, workspace);
}

void cairn_ed25519_make_base_tables_avx2(cairn_ed25519_base_tables *tables) {
    cairn_ed25519_make_base_tables(tables);
    cairn_ed25519_point *const points = tables->multiples[0];
    for (size_t i = 0; i < sizeof *tables / sizeof *points; i++) {
        // The same in every lane.
        uint64_t *const rows[LANES] = {points[i].words, points[i].words, points[i].words, points[i].words};
        fe numbers[4];
        load_words(numbers, (const uint64_t *const *)rows, 4);
        for (int n = 0; n < 3; n++) numbers[n] = fe_loaded(numbers[n]);
        store_words(rows, numbers, 4);
    }
}

void cairn_ed25519_product_avx2(const double *a, const double *b, double *product) {
    fe x, y, r;
    for (int i = 0; i < 5; i++) {
        x.l[i] = all_lanes(a[i]);
        y.l[i] = all_lanes(b ? b[i] : 0);
    }
    if (b) {
        multiply(&r, &x, &y);
    } else {
        square(&r, &x);
    }
    for (int i = 0; i < 5; i++) product[i] = _mm256_cvtsd_f64(r.l[i]);
}

#pragma clang attribute pop

#else

bool cairn_ed25519_has_avx2(void) { return false; }

void cairn_ed25519_decode_avx2(
    const uint8_t *encodings, size_t count, cairn_ed25519_point *points, uint8_t *is_point) {
    __builtin_trap();
}

unsigned cairn_ed25519_sums_vanish_avx2(
    const cairn_ed25519_base_tables *tables, const cairn_ed25519_point *keys, const cairn_ed25519_point *commitments,
    const cairn_ed25519_term *terms, size_t count, bool has_short_keys, const uint64_t *base_scalars, void *workspace) {
    __builtin_trap();
}

void cairn_ed25519_make_base_tables_avx2(cairn_ed25519_base_tables *tables) { __builtin_trap(); }

void cairn_ed25519_product_avx2(const double *a, const double *b, double *product) { __builtin_trap(); }

#endif

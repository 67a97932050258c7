// One number at a time, with products of 64 by 64 bits.
#include <string.h>

#include "ced25519.h"

#define INLINED static inline __attribute__((always_inline))
#define OUTLINED static __attribute__((noinline))
#define LANES 1

typedef unsigned __int128 wide;
typedef unsigned mask;
typedef struct {
    uint64_t l[5];
} fe;

static const uint64_t low_bits = ((uint64_t)1 << 51) - 1;

INLINED fe fe_constant(const uint64_t limbs[5]) {
    fe r;
    memcpy(&r, limbs, sizeof r);
    return r;
}

// Products of 64 by 64 bits leave room, so that sums need no carry before they are factors. Limbs are below 2^51 + 2^18
// after a product, and of a factor below 2^54: the formulas add up at most three such numbers, and take from 4 p at most
// two of them.
INLINED fe fe_carried(fe a) { return a; }
INLINED fe fe_narrowed(fe a) { return a; }
INLINED fe fe_stored(fe a) { return a; }

INLINED fe fe_sum(fe a, fe b) {
    for (int i = 0; i < 5; i++) a.l[i] += b.l[i];
    return a;
}

// 4 p is added first; its limbs are above any limb of b.
INLINED fe fe_difference(fe a, fe b) {
    for (int i = 0; i < 5; i++) a.l[i] += 4 * (low_bits - (i == 0 ? 18 : 0)) - b.l[i];
    return a;
}

// Column sums are below 2^115; the last one has no factor 19, so it is below 2^111, and 19 times what is carried out of
// it below 2^64 - 2^51.
INLINED fe reduced(wide c0, wide c1, wide c2, wide c3, wide c4) {
    c1 += (uint64_t)(c0 >> 51);
    c2 += (uint64_t)(c1 >> 51);
    c3 += (uint64_t)(c2 >> 51);
    c4 += (uint64_t)(c3 >> 51);
    const uint64_t first = ((uint64_t)c0 & low_bits) + 19 * (uint64_t)(c4 >> 51);
    return (fe){{first & low_bits, ((uint64_t)c1 & low_bits) + (first >> 51), (uint64_t)c2 & low_bits,
                 (uint64_t)c3 & low_bits, (uint64_t)c4 & low_bits}};
}

// What lies above 2^255 comes back times 19.
INLINED fe fe_mul(fe x, fe y) {
    const uint64_t *a = x.l, *b = y.l;
    const uint64_t b1 = 19 * b[1], b2 = 19 * b[2], b3 = 19 * b[3], b4 = 19 * b[4];
    return reduced(
        (wide)a[0] * b[0] + (wide)a[1] * b4 + (wide)a[2] * b3 + (wide)a[3] * b2 + (wide)a[4] * b1,
        (wide)a[0] * b[1] + (wide)a[1] * b[0] + (wide)a[2] * b4 + (wide)a[3] * b3 + (wide)a[4] * b2,
        (wide)a[0] * b[2] + (wide)a[1] * b[1] + (wide)a[2] * b[0] + (wide)a[3] * b4 + (wide)a[4] * b3,
        (wide)a[0] * b[3] + (wide)a[1] * b[2] + (wide)a[2] * b[1] + (wide)a[3] * b[0] + (wide)a[4] * b4,
        (wide)a[0] * b[4] + (wide)a[1] * b[3] + (wide)a[2] * b[2] + (wide)a[3] * b[1] + (wide)a[4] * b[0]);
}

INLINED fe fe_square(fe x) {
    const uint64_t *a = x.l;
    const uint64_t d0 = 2 * a[0], d1 = 2 * a[1], d2 = 2 * a[2], n3 = 19 * a[3], n4 = 19 * a[4];
    return reduced(
        (wide)a[0] * a[0] + (wide)d1 * n4 + (wide)d2 * n3, (wide)d0 * a[1] + (wide)d2 * n4 + (wide)a[3] * n3,
        (wide)d0 * a[2] + (wide)a[1] * a[1] + (wide)(2 * a[3]) * n4, (wide)d0 * a[3] + (wide)d1 * a[2] + (wide)a[4] * n4,
        (wide)d0 * a[4] + (wide)d1 * a[3] + (wide)a[2] * a[2]);
}

// The limbs of the value below p. Twice carried it is below 2^255 + 2^51; adding 19 carries out of bit 255 exactly if
// what is left is p or more.
INLINED fe canonical(fe a) {
    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < 4; i++) {
            a.l[i + 1] += a.l[i] >> 51;
            a.l[i] &= low_bits;
        }
        a.l[0] += 19 * (a.l[4] >> 51);
        a.l[4] &= low_bits;
    }
    uint64_t carry = 19;
    for (int i = 0; i < 5; i++) carry = (a.l[i] + carry) >> 51;
    carry *= 19;
    for (int i = 0; i < 5; i++) {
        carry += a.l[i];
        a.l[i] = carry & low_bits;
        carry >>= 51;
    }
    return a;
}

INLINED mask fe_is_zero(fe a) {
    const fe c = canonical(a);
    return (c.l[0] | c.l[1] | c.l[2] | c.l[3] | c.l[4]) == 0;
}

INLINED mask fe_is_odd(fe a) { return canonical(a).l[0] & 1; }

// b where the mask's bit is set, else a.
INLINED fe fe_select(mask m, fe a, fe b) { return m ? b : a; }

INLINED fe fe_load_encodings(const uint8_t *const *encodings, mask *sign) {
    uint64_t w[4];
    memcpy(w, encodings[0], 32);
    *sign = (mask)(w[3] >> 63);
    return (fe){{w[0] & low_bits, (w[0] >> 51 | w[1] << 13) & low_bits, (w[1] >> 38 | w[2] << 26) & low_bits,
                 (w[2] >> 25 | w[3] << 39) & low_bits, w[3] >> 12 & low_bits}};
}

// Writes the limbs of successive numbers, `units` times four words, to one row.
INLINED void store_words(uint64_t *const *rows, const fe *numbers, const int units) {
    memcpy(rows[0], numbers, (size_t)units * 32);
}

#include "points.h"

void cairn_ed25519_decode_portable(
    const uint8_t *encodings, size_t count, cairn_ed25519_point *points, uint8_t *is_point) {
    decode(encodings, count, points, is_point);
}

size_t cairn_ed25519_workspace_bytes(size_t count) { return count * WORKSPACE_BYTES; }

// MARK: Sums

// Digits stand in sliding windows (non-adjacent form): zero, or odd and from -2^(width - 1) to 2^(width - 1). A digit of
// the base point, whose tables are made once, is wider.
enum { point_width = 5, base_width = 8, long_digits = 256, short_digits = 130, multiples_count = 8 };

// Zero but for one digit of `width` or more, on average one of width + 1.
typedef struct {
    int8_t at[long_digits];
} long_form;
typedef struct {
    int8_t at[short_digits];
} short_form;

typedef struct {
    // 1, 3, 5, ... 15 times the point.
    addable key_multiples[multiples_count], commitment_multiples[multiples_count];
    long_form key_digits;
    short_form commitment_digits;
} member;
_Static_assert(sizeof(member) <= WORKSPACE_BYTES, "a member must fit its part of the workspace");

INLINED int bits_at(const uint64_t *scalar, int words, int at, int width) {
    if (at >= 64 * words) return 0;
    uint64_t bits = scalar[at / 64] >> at % 64;
    if (at % 64 + width > 64 && at / 64 + 1 < words) bits |= scalar[at / 64 + 1] << (64 - at % 64);
    return (int)bits & ((1 << width) - 1);
}

// Also marks in `used` where a digit is not zero.
static void find_digits(
    const uint64_t *scalar, int words, int width, bool is_negative, int8_t *digits, int count, uint8_t *used) {
    memset(digits, 0, (size_t)count);
    int carry = 0;
    for (int i = 0; i < count;) {
        const int window = bits_at(scalar, words, i, width) + carry;
        if (window % 2 == 0) {
            // Zero, or two: then the carry moves on.
            i += 1;
            continue;
        }
        carry = window >> (width - 1);
        const int digit = window - (carry << width);
        digits[i] = (int8_t)(is_negative ? -digit : digit);
        used[i] = 1;
        i += width;
    }
}

static void make_odd_multiples(addable multiples[multiples_count], const cairn_ed25519_point *point) {
    extended next = neutral_point();
    memcpy(&next.x, point->words, sizeof(fe));
    memcpy(&next.y, point->words + 5, sizeof(fe));
    memcpy(&next.t, point->words + 10, sizeof(fe));
    extended twice = next;
    double_point(&twice, true);
    const addable step = made_addable(&twice);
    for (int i = 0; i < multiples_count; i++) {
        multiples[i] = made_addable(&next);
        if (i + 1 < multiples_count) add(&next, &step);
    }
}

INLINED addable negated(const addable *q) {
    return (addable){q->difference, q->sum, fe_difference((fe){{0}}, q->t2d), q->z2};
}

OUTLINED void add_digit(extended *p, const addable *multiples, int digit) {
    if (digit > 0) {
        add(p, &multiples[digit / 2]);
    } else {
        const addable q = negated(&multiples[-digit / 2]);
        add(p, &q);
    }
}

OUTLINED void add_base_digit(extended *p, const cairn_ed25519_point *multiples, int digit) {
    addable q;
    memcpy(&q, multiples[digit < 0 ? -digit : digit].words, 3 * sizeof(fe));
    q.z2 = q.t2d;
    if (digit < 0) q = negated(&q);
    add_affine(p, &q);
}

// Straus's interleaving: all members share the doublings.
static extended sum_members(
    const cairn_ed25519_base_tables *tables, const member *members, size_t count, int top, const short_form base[2],
    const uint8_t *used) {
    extended sum = neutral_point();
    for (int i = top - 1; i >= 0; i--) {
        double_point(&sum, used[i]);
        if (!used[i]) continue;
        for (size_t m = 0; m < count; m++) {
            const int key = members[m].key_digits.at[i];
            if (key != 0) add_digit(&sum, members[m].key_multiples, key);
            const int commitment = i < short_digits ? members[m].commitment_digits.at[i] : 0;
            if (commitment != 0) add_digit(&sum, members[m].commitment_multiples, commitment);
        }
        for (int b = 0; b < 2 && i < short_digits; b++) {
            if (base[b].at[i] != 0) add_base_digit(&sum, tables->multiples[b], base[b].at[i]);
        }
    }
    return sum;
}

unsigned cairn_ed25519_sums_vanish_portable(
    const cairn_ed25519_base_tables *tables, const cairn_ed25519_point *keys, const cairn_ed25519_point *commitments,
    const cairn_ed25519_term *terms, size_t count, bool has_short_keys, const uint64_t *base_scalars, void *workspace) {
    member *members = workspace;
    const int top = has_short_keys ? short_digits : long_digits;
    uint8_t used[long_digits] = {0};
    for (size_t i = 0; i < count; i++) {
        member *m = members + i;
        make_odd_multiples(m->key_multiples, keys + i);
        make_odd_multiples(m->commitment_multiples, commitments + i);
        find_digits(terms[i].key_scalar, 4, point_width, false, m->key_digits.at, top, used);
        find_digits(
            terms[i].commitment_scalar, 2, point_width, terms[i].commitment_is_negative, m->commitment_digits.at,
            short_digits, used);
    }
    short_form base[2];
    for (int b = 0; b < 2; b++) {
        find_digits(base_scalars + 2 * b, 2, base_width, false, base[b].at, short_digits, used);
    }
    return vanishes(sum_members(tables, members, count, top, base, used));
}

// MARK: Tables of the base point

// Y + X, Y - X and 2 d T for Z = 1.
static void store_affine(cairn_ed25519_point *multiple, const extended *p) {
    fe powers[2] = {p->z, p->z};
    raise_pair(powers, powers);
    square_pair(powers, powers, 3);
    // p - 2 = 8 * (2^252 - 3) + 3.
    const fe inverse = fe_mul(powers[0], fe_mul(fe_square(p->z), p->z));
    const fe x = fe_mul(p->x, inverse), y = fe_mul(p->y, inverse);
    const fe numbers[4] = {
        canonical(fe_add(y, x)), canonical(fe_sub(y, x)),
        canonical(fe_mul(fe_mul(x, y), fe_constant(number_2d))), {{0}}};
    memcpy(multiple->words, numbers, sizeof multiple->words);
}

static void make_base_table(cairn_ed25519_point *multiples, const extended *point) {
    const addable step = made_addable(point);
    extended next = neutral_point();
    for (int i = 0; i <= 128; i++) {
        store_affine(multiples + i, &next);
        add(&next, &step);
    }
}

void cairn_ed25519_make_base_tables(cairn_ed25519_base_tables *tables) {
    // y = 4/5 with x even.
    uint8_t encoding[32], is_point;
    memset(encoding, 0x66, sizeof encoding);
    encoding[0] = 0x58;
    cairn_ed25519_point base;
    decode(encoding, 1, &base, &is_point);
    extended point = neutral_point();
    memcpy(&point.x, base.words, sizeof(fe));
    memcpy(&point.y, base.words + 5, sizeof(fe));
    memcpy(&point.t, base.words + 10, sizeof(fe));
    make_base_table(tables->multiples[0], &point);
    for (int i = 0; i < 128; i++) double_point(&point, true);
    make_base_table(tables->multiples[1], &point);
}

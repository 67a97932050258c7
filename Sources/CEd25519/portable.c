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

// Takes limbs below 2^59 back to below 2^51 + 2^16.
INLINED fe carried(fe a) {
    fe r;
    r.l[0] = (a.l[0] & low_bits) + 19 * (a.l[4] >> 51);
    for (int i = 1; i < 5; i++) r.l[i] = (a.l[i] & low_bits) + (a.l[i - 1] >> 51);
    return r;
}

INLINED fe fe_add(fe a, fe b) {
    fe r;
    for (int i = 0; i < 5; i++) r.l[i] = a.l[i] + b.l[i];
    return carried(r);
}

// 4 p is added first; its limbs are above any limb of b.
INLINED fe fe_sub(fe a, fe b) {
    fe r;
    for (int i = 0; i < 5; i++) r.l[i] = a.l[i] + 4 * (low_bits - (i == 0 ? 18 : 0)) - b.l[i];
    return carried(r);
}

// Column sums are below 2^112; the last one has no factor 19, so what is carried out of it is below 2^57.
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

INLINED fe fe_negate_where(mask m, fe a) { return m ? fe_sub((fe){{0}}, a) : a; }

INLINED fe fe_load_encodings(const uint8_t *const *encodings, mask *sign) {
    uint64_t w[4];
    memcpy(w, encodings[0], 32);
    *sign = (mask)(w[3] >> 63);
    return (fe){{w[0] & low_bits, (w[0] >> 51 | w[1] << 13) & low_bits, (w[1] >> 38 | w[2] << 26) & low_bits,
                 (w[2] >> 25 | w[3] << 39) & low_bits, w[3] >> 12 & low_bits}};
}

// Moves `units` times four words of one row between memory and the limbs of successive numbers.
INLINED void load_words(fe *numbers, const uint64_t *const *rows, const int units) {
    memcpy(numbers, rows[0], (size_t)units * 32);
}

INLINED void store_words(uint64_t *const *rows, const fe *numbers, const int units) {
    memcpy(rows[0], numbers, (size_t)units * 32);
}

#include "points.h"

void cairn_ed25519_decode_portable(
    const uint8_t *encodings, size_t count, cairn_ed25519_point *points, uint8_t *is_point) {
    decode(encodings, count, points, is_point);
}

unsigned cairn_ed25519_sums_vanish_portable(
    const cairn_ed25519_base_tables *tables, const cairn_ed25519_point *keys, const cairn_ed25519_point *commitments,
    const cairn_ed25519_term *terms, size_t count, bool has_short_keys, const uint64_t *base_scalars, void *workspace) {
    return sums_vanish(tables, keys, commitments, terms, count, has_short_keys, base_scalars, workspace);
}

// A group has as many bytes for a member in all widths.
size_t cairn_ed25519_workspace_bytes(size_t count) { return count * sizeof(group); }

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

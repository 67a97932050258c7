// Points of edwards25519, -x^2 + y^2 = 1 + d x^2 y^2, over whatever field arithmetic the including file has defined:
//
//   LANES      how many numbers an `fe` holds, 1, 4 or 8
//   fe         numbers modulo p = 2^255 - 19, one in each lane, radix 2^51
//   mask       one bit for each lane
//   fe_sum, fe_difference   of two numbers, to be carried by fe_carried or fe_narrowed before they are factors
//   fe_carried    of at most three products, so that it may be a factor beside a product or what is narrowed
//   fe_narrowed   so that it may be squared, and a factor beside any other
//   fe_constant, fe_mul, fe_square, fe_is_zero, fe_is_odd, fe_select
//   fe_load_encodings, store_words
//   fe_stored, fe_loaded    between numbers and what a `cairn_ed25519_point` has of them
//
// The formulas (Hisil, Wong, Carter, Dawson 2008) hold for all points of the curve, those of small order included.
#include "ced25519.h"

// What a sum needs for one member, its tables and digits: about as much in all codes.
#define WORKSPACE_BYTES 3072

static const uint64_t number_zero[5] = {0};
static const uint64_t number_one[5] = {1};
static const uint64_t number_two[5] = {2};
// RFC 8032, section 5.1: d, and 2 d, and the square root of -1.
static const uint64_t number_d[5] = {
    0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff};
static const uint64_t number_2d[5] = {
    0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff};
static const uint64_t number_root_of_minus_one[5] = {
    0x61b274a0ea0b0, 0x0d5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d};

INLINED fe fe_add(fe a, fe b) { return fe_carried(fe_sum(a, b)); }
INLINED fe fe_sub(fe a, fe b) { return fe_carried(fe_difference(a, b)); }

// Extended coordinates: x = X/Z, y = Y/Z, T = XY/Z.
typedef struct {
    fe x, y, z, t;
} extended;

// A point made ready to be added: Y + X, Y - X, 2 d T and 2 Z. Affine ones leave out Z = 1.
typedef struct {
    fe sum, difference, t2d, z2;
} addable;

INLINED extended neutral_point(void) {
    return (extended){
        fe_constant(number_zero), fe_constant(number_one), fe_constant(number_one), fe_constant(number_zero)};
}

INLINED addable made_addable(const extended *p) {
    addable q;
    q.sum = fe_narrowed(fe_sum(p->y, p->x));
    q.difference = fe_narrowed(fe_difference(p->y, p->x));
    q.t2d = fe_mul(p->t, fe_constant(number_2d));
    q.z2 = fe_add(p->z, p->z);
    return q;
}

INLINED void finish_addition(extended *p, fe a, fe b, fe c, fe d) {
    const fe e = fe_sub(b, a), f = fe_narrowed(fe_difference(d, c));
    const fe g = fe_add(d, c), h = fe_narrowed(fe_sum(b, a));
    p->x = fe_mul(e, f);
    p->y = fe_mul(g, h);
    p->z = fe_mul(f, g);
    p->t = fe_mul(e, h);
}

INLINED void add(extended *p, const addable *q) {
    finish_addition(
        p, fe_mul(fe_sub(p->y, p->x), q->difference), fe_mul(fe_add(p->y, p->x), q->sum), fe_mul(p->t, q->t2d),
        fe_mul(p->z, q->z2));
}

// `q->z2` is not looked at: it is 2.
INLINED void add_affine(extended *p, const addable *q) {
    finish_addition(
        p, fe_mul(fe_sub(p->y, p->x), q->difference), fe_mul(fe_add(p->y, p->x), q->sum), fe_mul(p->t, q->t2d),
        fe_add(p->z, p->z));
}

// T is only needed by an addition; between doublings it may be left out. This and the two additions below stand once in
// the code, so that the whole loop stays in the processor's instruction cache.
OUTLINED void double_point(extended *p, const bool with_t) {
    const fe a = fe_square(p->x), b = fe_square(p->y), zz = fe_square(p->z);
    const fe sum = fe_sum(a, b), difference = fe_difference(a, b);
    const fe double_product = fe_square(fe_narrowed(fe_sum(p->x, p->y)));
    const fe e = fe_carried(fe_difference(sum, double_product)), f = fe_narrowed(fe_sum(fe_sum(zz, zz), difference));
    const fe g = fe_carried(difference), h = fe_narrowed(sum);
    p->x = fe_mul(e, f);
    p->y = fe_mul(g, h);
    p->z = fe_mul(f, g);
    if (with_t) p->t = fe_mul(e, h);
}

// For each lane, whether [8]p is the neutral point.
INLINED unsigned vanishes(extended p) {
    for (int i = 0; i < 3; i++) double_point(&p, false);
    return (unsigned)(fe_is_zero(p.x) & fe_is_zero(fe_sub(p.y, p.z)));
}

// MARK: Decoding

// Two numbers are raised side by side, because each squaring waits for the one before.
INLINED void square_pair(fe r[2], const fe a[2], int times) {
    fe x = a[0], y = a[1];
    for (int i = 0; i < times; i++) {
        x = fe_square(x);
        y = fe_square(y);
    }
    r[0] = x;
    r[1] = y;
}

INLINED void multiply_pair(fe r[2], const fe a[2], const fe b[2]) {
    for (int i = 0; i < 2; i++) r[i] = fe_mul(a[i], b[i]);
}

// The power 2^252 - 3 = (p - 5) / 8. A name says to which power of two, less one, the number is raised.
static void raise_pair(fe r[2], const fe a[2]) {
    fe to2[2], to4[2], to5[2], to10[2], to20[2], to50[2], to100[2], t[2];
    square_pair(t, a, 1);
    multiply_pair(to2, t, a);
    square_pair(t, to2, 2);
    multiply_pair(to4, t, to2);
    square_pair(t, to4, 1);
    multiply_pair(to5, t, a);
    square_pair(t, to5, 5);
    multiply_pair(to10, t, to5);
    square_pair(t, to10, 10);
    multiply_pair(to20, t, to10);
    square_pair(t, to20, 20);
    multiply_pair(t, t, to20);
    square_pair(t, t, 10);
    multiply_pair(to50, t, to10);
    square_pair(t, to50, 50);
    multiply_pair(to100, t, to50);
    square_pair(t, to100, 100);
    multiply_pair(t, t, to100);
    square_pair(t, t, 50);
    multiply_pair(t, t, to50);
    square_pair(t, t, 2);
    multiply_pair(r, t, a);
}

// Decodes 2 * LANES points: `encodings` are so many pointers to 32 bytes each. The result has a bit for each that is
// a point. RFC 8032, section 5.1.3, without its demands that y be below p and that 0 have no sign.
static unsigned decode_pair(const uint8_t *const *encodings, cairn_ed25519_point *const *points) {
    fe y[2], u[2], v[2], uv3[2], power[2];
    mask sign[2];
    const fe one = fe_constant(number_one);
    for (int i = 0; i < 2; i++) {
        y[i] = fe_load_encodings(encodings + i * LANES, &sign[i]);
        const fe yy = fe_square(y[i]);
        u[i] = fe_sub(yy, one);
        v[i] = fe_add(fe_mul(yy, fe_constant(number_d)), one);
        const fe v3 = fe_mul(fe_square(v[i]), v[i]);
        uv3[i] = fe_mul(u[i], v3);
        power[i] = fe_mul(fe_mul(v3, v[i]), uv3[i]);
    }
    raise_pair(power, power);
    unsigned found = 0;
    for (int i = 0; i < 2; i++) {
        fe x = fe_mul(uv3[i], power[i]);
        const fe vxx = fe_mul(v[i], fe_square(x));
        const mask is_root = fe_is_zero(fe_sub(u[i], vxx)), is_root_of_minus = fe_is_zero(fe_add(vxx, u[i]));
        x = fe_select(is_root, fe_mul(x, fe_constant(number_root_of_minus_one)), x);
        x = fe_select(fe_is_odd(x) ^ sign[i], x, fe_sub(fe_constant(number_zero), x));
        const fe coordinates[4] = {
            fe_stored(x), fe_stored(y[i]), fe_stored(fe_mul(x, y[i])), fe_constant(number_zero)};
        uint64_t *rows[LANES];
        for (int l = 0; l < LANES; l++) rows[l] = points[i * LANES + l]->words;
        store_words(rows, coordinates, 4);
        found |= (unsigned)(is_root | is_root_of_minus) << i * LANES;
    }
    return found;
}

// The remainder of the last turn is filled up with the first encoding, whose results go nowhere.
static void decode(const uint8_t *encodings, size_t count, cairn_ed25519_point *points, uint8_t *is_point) {
    for (size_t i = 0; i < count; i += 2 * LANES) {
        const uint8_t *inputs[2 * LANES];
        cairn_ed25519_point *outputs[2 * LANES], nowhere;
        for (size_t l = 0; l < 2 * LANES; l++) {
            inputs[l] = encodings + (i + l < count ? 32 * (i + l) : 0);
            outputs[l] = i + l < count ? points + i + l : &nowhere;
        }
        const unsigned found = decode_pair(inputs, outputs);
        for (size_t l = 0; l < 2 * LANES && i + l < count; l++) is_point[i + l] = found >> l & 1;
    }
}

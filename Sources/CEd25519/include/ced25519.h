// The arithmetic of many Ed25519 checks at once: points of edwards25519 decoded, and sums of their multiples.
//
// Why C: Swift has neither AVX-512 IFMA nor a way to compile one function for a newer processor. Each function stands
// here three times: `_ifma` works on 8 numbers at a time, one in each lane of the vectors, and `_avx2` on 4, and each
// must be called only where `cairn_ed25519_has_ifma` or `cairn_ed25519_has_avx2` says so; `_portable` works on one. All
// compile the same formulas (points.h) over different field arithmetic, take and give the same representations but for
// the base tables, and are for public data only: their time tells all.
//
// Nothing here keeps a pointer, allocates, or has state. No pointer needs an alignment beyond its type's. The stack
// use of any call is below 32 KiB.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The x, y and xy of a point, each as five limbs of about 51 bits, the least significant first; one word is unused.
typedef struct {
    uint64_t words[16];
} cairn_ed25519_point;

/// The multiples 0 to 128 of the base point B and of 2^128 B, ready to be added.
typedef struct {
    cairn_ed25519_point multiples[2][129];
} cairn_ed25519_base_tables;

/// What stands before one key and one commitment in an equation, least significant words first.
typedef struct {
    /// Below 2^253.
    uint64_t key_scalar[4];
    uint64_t commitment_scalar[2];
    /// Not zero if the commitment's scalar is to be taken negative.
    uint64_t commitment_is_negative;
} cairn_ed25519_term;

/// A sum is one equation for each lane: lane l has the members l, l + lanes, l + 2 lanes, ...
enum { cairn_ed25519_lanes_ifma = 8, cairn_ed25519_lanes_avx2 = 4, cairn_ed25519_lanes_portable = 1 };

bool cairn_ed25519_has_ifma(void);
/// With AVX2 the processor must have FMA too.
bool cairn_ed25519_has_avx2(void);

/// Fills the tables; once in a process is enough. `_avx2` needs its own, with doubles for limbs.
void cairn_ed25519_make_base_tables(cairn_ed25519_base_tables *tables);
void cairn_ed25519_make_base_tables_avx2(cairn_ed25519_base_tables *tables);

/// Decodes `count` points of 32 bytes each by ZIP 215. `is_point[i]` is 1, or 0 where there is no such point; then
/// `points[i]` means nothing.
void cairn_ed25519_decode_portable(
    const uint8_t *encodings, size_t count, cairn_ed25519_point *points, uint8_t *is_point);
void cairn_ed25519_decode_avx2(
    const uint8_t *encodings, size_t count, cairn_ed25519_point *points, uint8_t *is_point);
void cairn_ed25519_decode_ifma(
    const uint8_t *encodings, size_t count, cairn_ed25519_point *points, uint8_t *is_point);

/// How many bytes of scratch memory the sum of so many members needs.
size_t cairn_ed25519_workspace_bytes(size_t count);

/// For each lane, whether [8](base_scalar B + the sum over its members of key_scalar A + commitment_scalar R) is the
/// neutral point: bit l of the result. `count` must be a multiple of the number of lanes. `keys`, `commitments` and
/// `terms` have `count` elements, `base_scalars` four words below 2^253 for each lane. With `has_short_keys` all
/// `key_scalar`s are below 2^128, which halves the work. A term of zeros adds nothing, whatever the points.
unsigned cairn_ed25519_sums_vanish_portable(
    const cairn_ed25519_base_tables *tables, const cairn_ed25519_point *keys, const cairn_ed25519_point *commitments,
    const cairn_ed25519_term *terms, size_t count, bool has_short_keys, const uint64_t *base_scalars, void *workspace);
unsigned cairn_ed25519_sums_vanish_avx2(
    const cairn_ed25519_base_tables *tables, const cairn_ed25519_point *keys, const cairn_ed25519_point *commitments,
    const cairn_ed25519_term *terms, size_t count, bool has_short_keys, const uint64_t *base_scalars, void *workspace);
unsigned cairn_ed25519_sums_vanish_ifma(
    const cairn_ed25519_base_tables *tables, const cairn_ed25519_point *keys, const cairn_ed25519_point *commitments,
    const cairn_ed25519_term *terms, size_t count, bool has_short_keys, const uint64_t *base_scalars, void *workspace);

/// SHA-512 of `count` messages of 96 bytes each, 12 words as they lie in memory; the digests come the same way, 8 words
/// each. `count` must be a multiple of 8.
void cairn_sha512_of_96_bytes_ifma(const uint64_t *messages, size_t count, uint64_t *digests);

/// For tests of the largest limbs: the product modulo 2^255 - 19 of two numbers of five limbs in radix 2^51, or the
/// square of `a` where `b` is null. Limbs are whole numbers with signs. Those of a times those of b must be at most
/// 2^102, and those that are squared at most 1.4 * 2^50. Those of the product are at most 2^50 + 2^12.
void cairn_ed25519_product_avx2(const double *a, const double *b, double *product);

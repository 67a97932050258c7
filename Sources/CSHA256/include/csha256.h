// SHA-256 of tree nodes with the processor's SHA instructions or sixteen at a time in its 512-bit registers (FIPS
// 180-4; Intel SHA extensions; AVX-512).
//
// Why C: Swift has no access to these instructions. A node is a tag byte and two digests, 65 bytes, so two blocks. The
// digests come and go as big-endian words, as our digests hold them, so that no byte is ever swapped; and independent
// nodes are hashed together, because each round of one waits for the round before.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether this processor has the SHA instructions. Without them `cairn_sha256_pairs` must not be called.
bool cairn_sha256_has_instructions(void);

/// Whether this processor and its operating system have AVX-512 (F and BW). Without it `cairn_sha256_pairs_of_16` must
/// not be called.
bool cairn_sha256_has_wide_registers(void);

/// Hashes, for each of `count` pairs of 8 big-endian words, `tag` followed by the pair, into 4 such words each.
void cairn_sha256_pairs(uint8_t tag, const uint64_t *pairs, size_t count, uint64_t *digests);

/// The same for `count` times 16 pairs, faster.
void cairn_sha256_pairs_of_16(uint8_t tag, const uint64_t *pairs, size_t count, uint64_t *digests);

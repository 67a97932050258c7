// SHA-256 of tree nodes with the processor's SHA instructions (FIPS 180-4; Intel SHA extensions).
//
// Why C: Swift has no access to these instructions. A node is a tag byte and two digests, 65 bytes, so two blocks. The
// digests come and go as big-endian words, as our digests hold them, so that no byte is ever swapped; and two
// independent nodes are hashed interleaved, because each round of one waits for the round before.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// Whether this processor has the instructions. Without them the functions below must not be called.
bool cairn_sha256_has_instructions(void);

/// Hashes `tag` followed by `pair`, 8 big-endian words, into `digest`, 4 such words.
void cairn_sha256_pair(uint8_t tag, const uint64_t *pair, uint64_t *digest);

/// The same for two pairs at once: 16 words in, 8 out.
void cairn_sha256_two_pairs(uint8_t tag, const uint64_t *pairs, uint64_t *digests);

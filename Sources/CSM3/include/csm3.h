// SM3 (GB/T 32905-2016) of many tree nodes at once, one in each lane of the processor's vectors.
//
// Why C: Swift can neither choose wider vectors at run time nor rotate their lanes in one instruction. A node is a tag
// byte and two digests, 65 bytes, so two blocks. The digests come and go as big-endian words, as our digests hold them.
#pragma once
#include <stdint.h>

/// How many nodes this processor hashes at once: 16 with AVX-512, 8 with AVX2, else 0.
unsigned cairn_sm3_lanes(void);

/// Hashes `tag` followed by a pair of digests in each of 16 lanes. `pairs` holds 8 big-endian words a lane, `digests`
/// takes 4 a lane. Demands AVX-512.
void cairn_sm3_sixteen_pairs(uint8_t tag, const uint64_t *pairs, uint64_t *digests);

/// The same in 8 lanes. Demands AVX2.
void cairn_sm3_eight_pairs(uint8_t tag, const uint64_t *pairs, uint64_t *digests);

#include "csha256.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define WITH_SHA __attribute__((target("sha,sse4.1,ssse3")))
#define INLINED static inline __attribute__((always_inline))

// FIPS 180-4, section 4.2.2.
static const uint32_t round_constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

// The eight state words in the order that the instructions want.
typedef struct { __m128i abef, cdgh; } lane;

bool cairn_sha256_has_instructions(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !(c & bit_SSSE3)) return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
}

// One block for each lane; `words` are its 16 message words and are used up.
WITH_SHA INLINED void compress(lane *lanes, __m128i (*words)[4], const int count) {
    lane before[2];
    for (int i = 0; i < count; i++) before[i] = lanes[i];
#pragma clang loop unroll(full)
    for (int group = 0; group < 16; group++) {
        const __m128i constants = _mm_load_si128((const __m128i *)round_constants + group);
#pragma clang loop unroll(full)
        for (int i = 0; i < count; i++) {
            __m128i *w = words[i];
            const __m128i now = w[group & 3], third = w[(group + 3) & 3];
            const __m128i sum = _mm_add_epi32(now, constants);
            lanes[i].cdgh = _mm_sha256rnds2_epu32(lanes[i].cdgh, lanes[i].abef, sum);
            lanes[i].abef = _mm_sha256rnds2_epu32(lanes[i].abef, lanes[i].cdgh, _mm_shuffle_epi32(sum, 0x0E));
            if (group >= 12) continue;
            const __m128i seven_back = _mm_alignr_epi8(third, w[(group + 2) & 3], 4);
            const __m128i partial = _mm_add_epi32(_mm_sha256msg1_epu32(now, w[(group + 1) & 3]), seven_back);
            w[group & 3] = _mm_sha256msg2_epu32(partial, third);
        }
    }
    for (int i = 0; i < count; i++) {
        lanes[i].abef = _mm_add_epi32(lanes[i].abef, before[i].abef);
        lanes[i].cdgh = _mm_add_epi32(lanes[i].cdgh, before[i].cdgh);
    }
}

// Four message words from two big-endian words of 64 bits.
WITH_SHA INLINED __m128i message_words(uint64_t first, uint64_t second) {
    return _mm_shuffle_epi32(_mm_set_epi64x((long long)second, (long long)first), 0xB1);
}

WITH_SHA INLINED void hash_pairs(uint8_t tag, const uint64_t *pairs, uint64_t *digests, const int count) {
    lane lanes[2];
    __m128i words[2][4];
    for (int i = 0; i < count; i++) {
        const uint64_t *p = pairs + 8 * i;
        // The tag moves all bytes by one: each word takes its first byte from the word before.
        uint64_t shifted[8] = {(uint64_t)tag << 56 | p[0] >> 8};
        for (int j = 1; j < 8; j++) shifted[j] = p[j - 1] << 56 | p[j] >> 8;
        for (int j = 0; j < 4; j++) words[i][j] = message_words(shifted[2 * j], shifted[2 * j + 1]);
        lanes[i].abef = _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c);
        lanes[i].cdgh = _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19);
    }
    compress(lanes, words, count);
    for (int i = 0; i < count; i++) {
        // The last byte, the bit that ends the message, and the length: 520 bits.
        words[i][0] = message_words(pairs[8 * i + 7] << 56 | (uint64_t)0x80 << 48, 0);
        words[i][1] = words[i][2] = _mm_setzero_si128();
        words[i][3] = message_words(0, 520);
    }
    compress(lanes, words, count);
    for (int i = 0; i < count; i++) {
        uint64_t *digest = digests + 4 * i;
        digest[0] = (uint64_t)_mm_extract_epi64(lanes[i].abef, 1);
        digest[1] = (uint64_t)_mm_extract_epi64(lanes[i].cdgh, 1);
        digest[2] = (uint64_t)_mm_extract_epi64(lanes[i].abef, 0);
        digest[3] = (uint64_t)_mm_extract_epi64(lanes[i].cdgh, 0);
    }
}

WITH_SHA void cairn_sha256_pair(uint8_t tag, const uint64_t *pair, uint64_t *digest) {
    hash_pairs(tag, pair, digest, 1);
}

WITH_SHA void cairn_sha256_two_pairs(uint8_t tag, const uint64_t *pairs, uint64_t *digests) {
    hash_pairs(tag, pairs, digests, 2);
}

#else

bool cairn_sha256_has_instructions(void) { return false; }
void cairn_sha256_pair(uint8_t tag, const uint64_t *pair, uint64_t *digest) { __builtin_trap(); }
void cairn_sha256_two_pairs(uint8_t tag, const uint64_t *pairs, uint64_t *digests) { __builtin_trap(); }

#endif

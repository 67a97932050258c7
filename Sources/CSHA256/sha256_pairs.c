#include "csha256.h"
#include "constants.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define WITH_SHA __attribute__((target("sha,sse4.1,ssse3")))
#define INLINED static inline __attribute__((always_inline))

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
        const int *s = (const int *)initial_state;
        lanes[i].abef = _mm_set_epi32(s[0], s[1], s[4], s[5]);
        lanes[i].cdgh = _mm_set_epi32(s[2], s[3], s[6], s[7]);
    }
    compress(lanes, words, count);
    for (int i = 0; i < count; i++) {
        // The last byte, the bit that ends the message, and the length.
        words[i][0] = message_words(pairs[8 * i + 7] << 56 | (uint64_t)0x80 << 48, 0);
        words[i][1] = words[i][2] = _mm_setzero_si128();
        words[i][3] = message_words(0, NODE_BITS);
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

WITH_SHA void cairn_sha256_pairs(uint8_t tag, const uint64_t *pairs, size_t count, uint64_t *digests) {
    size_t done = 0;
    for (; done + 2 <= count; done += 2) hash_pairs(tag, pairs + 8 * done, digests + 4 * done, 2);
    if (done < count) hash_pairs(tag, pairs + 8 * done, digests + 4 * done, 1);
}

#else

bool cairn_sha256_has_instructions(void) { return false; }
void cairn_sha256_pairs(uint8_t tag, const uint64_t *pairs, size_t count, uint64_t *digests) { __builtin_trap(); }

#endif

// C, because Swift has neither the crc32 instruction nor a way to compile one function for a newer processor.
#include "checksum.h"

#include <string.h>

static uint32_t table[256];

// Runs before main, so that no thread ever sees a table half made.
__attribute__((constructor)) static void make_table(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t value = byte;
        for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (0x82F63B78u & -(value & 1));
        table[byte] = value;
    }
}

uint32_t cairn_crc32c_portable(uint32_t checksum, const uint8_t *bytes, size_t count) {
    uint32_t state = ~checksum;
    for (size_t i = 0; i < count; i++) state = state >> 8 ^ table[(state ^ bytes[i]) & 255];
    return ~state;
}

#if defined(__x86_64__)

#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t checksum, const uint8_t *bytes, size_t count) {
    uint64_t state = (uint32_t)~checksum;
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        state = _mm_crc32_u64(state, word);
    }
    for (; count > 0; bytes++, count--) state = _mm_crc32_u8((uint32_t)state, *bytes);
    return ~(uint32_t)state;
}

uint32_t cairn_crc32c(uint32_t checksum, const uint8_t *bytes, size_t count) {
    if (__builtin_cpu_supports("sse4.2")) return crc32c_sse42(checksum, bytes, count);
    return cairn_crc32c_portable(checksum, bytes, count);
}

#else

uint32_t cairn_crc32c(uint32_t checksum, const uint8_t *bytes, size_t count) {
    return cairn_crc32c_portable(checksum, bytes, count);
}

#endif

#include "csm3.h"

#if defined(__x86_64__)

unsigned cairn_sm3_lanes(void) {
    if (__builtin_cpu_supports("avx512f")) return 16;
    return __builtin_cpu_supports("avx2") ? 8 : 0;
}

#define LANES 16
#define TARGET __attribute__((target("avx512f")))
#define NAME(name) name##_sixteen_pairs
#include "lanes.h"
#undef LANES
#undef TARGET
#undef NAME

#define LANES 8
#define TARGET __attribute__((target("avx2")))
#define NAME(name) name##_eight_pairs
#include "lanes.h"

#else

unsigned cairn_sm3_lanes(void) { return 0; }
void cairn_sm3_sixteen_pairs(uint8_t tag, const uint64_t *pairs, uint64_t *digests) { __builtin_trap(); }
void cairn_sm3_eight_pairs(uint8_t tag, const uint64_t *pairs, uint64_t *digests) { __builtin_trap(); }

#endif

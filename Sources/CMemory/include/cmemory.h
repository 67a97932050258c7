// What Swift cannot say about memory.
#pragma once
#include <stddef.h>

/// Asks for bytes to come into the processor's cache while it does other things. Changes nothing, and touches nothing:
/// any address will do.
static inline void cairn_read_ahead(const void *address, size_t byte_count) {
    const char *const first = (const char *)address;
    for (size_t offset = 0; offset < byte_count; offset += 64) __builtin_prefetch(first + offset);
    // The last byte may be in a line of its own.
    if (byte_count > 0) __builtin_prefetch(first + byte_count - 1);
}

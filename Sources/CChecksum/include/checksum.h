#pragma once
#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, RFC 3720) of `count` bytes, continuing from `checksum` (0 at the start).
uint32_t cairn_crc32c(uint32_t checksum, const uint8_t *bytes, size_t count);

/// The same by table, whatever the processor: the fallback, and what the tests compare with.
uint32_t cairn_crc32c_portable(uint32_t checksum, const uint8_t *bytes, size_t count);

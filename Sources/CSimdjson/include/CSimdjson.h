#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    CAIRN_JSON_SUCCESS = 0,
    CAIRN_JSON_EMPTY,
    CAIRN_JSON_NOT_UTF8,
    CAIRN_JSON_UNESCAPED_CONTROL,
    CAIRN_JSON_UNCLOSED_STRING,
    CAIRN_JSON_NO_MEMORY,
    CAIRN_JSON_OTHER
} cairn_json_outcome;

/// Finds where the values, brackets, colons and commas of a JSON text start, and checks that the text is UTF-8, that
/// its strings are closed and that control characters in them are escaped. It checks no grammar beyond that.
///
/// On success `*indexes` holds `*index_count` ascending offsets, each below `count`. They belong to the calling thread
/// and are valid until its next call. The text needs no padding.
cairn_json_outcome cairn_json_index(
    const uint8_t *bytes, size_t count, const uint32_t **indexes, size_t *index_count);

#ifdef __cplusplus
}
#endif

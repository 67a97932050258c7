// The one C++ file: simdjson has no C interface, and Swift does not call C++ here.
//
// Only its first stage is used, which is where its speed is. The second stage turns numbers into 64-bit integers and
// floating point; amounts must be kept exactly, so the values are built in Swift from the offsets found here.
#include "CSimdjson.h"

#include <memory>
#include <simdjson.h>

namespace {
using simdjson::internal::dom_parser_implementation;

// Above this size of text a thread does not keep the memory for the next one.
constexpr size_t kept_capacity = 1 << 20;
constexpr size_t initial_capacity = 1 << 14;
// The depth matters to the second stage only.
constexpr size_t unused_depth = 1;

thread_local std::unique_ptr<dom_parser_implementation> parser;

simdjson::error_code reserve(size_t count) noexcept {
    size_t capacity = count < initial_capacity ? initial_capacity : count;
    if (parser && (parser->capacity() > kept_capacity || parser->capacity() < count)) parser.reset();
    if (parser) return simdjson::SUCCESS;
    return simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, unused_depth, parser);
}

cairn_json_outcome outcome(simdjson::error_code code) noexcept {
    switch (code) {
    case simdjson::SUCCESS: return CAIRN_JSON_SUCCESS;
    case simdjson::EMPTY: return CAIRN_JSON_EMPTY;
    case simdjson::UTF8_ERROR: return CAIRN_JSON_NOT_UTF8;
    case simdjson::UNESCAPED_CHARS: return CAIRN_JSON_UNESCAPED_CONTROL;
    case simdjson::UNCLOSED_STRING: return CAIRN_JSON_UNCLOSED_STRING;
    case simdjson::MEMALLOC: return CAIRN_JSON_NO_MEMORY;
    default: return CAIRN_JSON_OTHER;
    }
}
} // namespace

extern "C" cairn_json_outcome cairn_json_index(
    const uint8_t *bytes, size_t count, const uint32_t **indexes, size_t *index_count) {
    // Everything called here is noexcept: an exception can't leave.
    *indexes = nullptr;
    *index_count = 0;
    simdjson::error_code code = reserve(count);
    if (!code) code = parser->stage1(bytes, count, simdjson::stage1_mode::regular);
    if (code) return outcome(code);
    *indexes = parser->structural_indexes.get();
    *index_count = parser->n_structural_indexes;
    return CAIRN_JSON_SUCCESS;
}

// Any bytes are a transition, a snapshot, a record, a key or a log of RocksDB, or they are refused.
// What decodes must encode and decode again to the same, and print.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "journal/codec.hpp"
#include "journal/layout.hpp"
#include "journal/wal_scan.hpp"
#include "schema/transition_generated.h"

namespace {

void try_transition(std::string_view bytes) {
    const auto decoded = journal::decode_transition(bytes);
    const std::string_view name = journal::stream_of(bytes);
    ASSERT(name.size() <= bytes.size());
    if (!decoded.ok()) return;
    ASSERT(name == decoded.value().stream);
    ASSERT(!journal::to_json(decoded.value(), 1).empty());
    static_cast<void>(journal::durability_of(decoded.value()));
    const std::string again = journal::encode(decoded.value());
    const auto twice = journal::decode_transition(again);
    ASSERT(twice.ok());
    ASSERT(twice.value() == decoded.value());
}

void try_snapshot(std::string_view bytes) {
    const auto decoded = journal::decode_snapshot(bytes);
    if (!decoded.ok()) return;
    ASSERT(!journal::to_json(decoded.value().state).empty());
    const auto twice = journal::decode_snapshot(journal::encode(decoded.value()));
    ASSERT(twice.ok());
    ASSERT(twice.value() == decoded.value());
}

void try_layout(std::string_view bytes) {
    if (const auto record = journal::parse_record(7, bytes); record.ok()) {
        ASSERT(record.value().size() + journal::record_header_bytes == bytes.size());
    }
    if (const auto key = journal::parse_stream_key(bytes)) {
        ASSERT(journal::stream_key(key->stream, key->sequence) == bytes);
    }
    if (const auto value = journal::parse_stream_value(bytes)) {
        ASSERT(journal::encode_stream_value(*value).view() == bytes);
    }
    if (const auto snapshot = journal::parse_snapshot(bytes)) {
        ASSERT(journal::encode_snapshot(*snapshot) == bytes);
    }
    static_cast<void>(journal::parse_agenda(bytes));
    static_cast<void>(journal::parse_number(bytes));
    static_cast<void>(journal::intact_wal_records(bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    try_transition(bytes);
    try_snapshot(bytes);
    try_layout(bytes);
    return 0;
}

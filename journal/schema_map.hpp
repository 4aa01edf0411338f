// The vocabulary as data: which fields a table has, what the members of a union are called, which
// events are relaxed. Read once from the binary schema that the build embeds, so nothing here is
// written by hand per event.
//
// Thread: any; immutable after the first call. Memory: some hundred kilobytes, once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flatbuffers/reflection_generated.h"

namespace journal {

struct FieldMap {
    std::string name;
    std::uint16_t offset = 0;  // in the vtable; in a struct: from its start
    reflection::BaseType type{};
    reflection::BaseType element{};  // of a vector
    std::int32_t index = -1;         // of the table, struct, enum or union it refers to
    std::int64_t default_integer = 0;
    double default_real = 0;
};

struct ObjectMap {
    enum class Kind : std::uint8_t { table, structure, hash, id };
    std::string name;  // without namespace
    Kind kind = Kind::table;
    std::int32_t bytes = 0;  // of a struct
    std::int32_t alignment = 1;
    bool relaxed = false;
    std::vector<FieldMap> fields;  // by id; without the type fields of unions
};

struct EnumMap {
    struct Member {
        std::int64_t value = 0;
        std::string name;
        std::int32_t object = -1;  // of a union's member
    };
    std::vector<Member> members;  // by value
    [[nodiscard]] const Member* find(std::int64_t value) const;
};

struct SchemaMap {
    std::vector<ObjectMap> objects;
    std::vector<EnumMap> enums;
    std::int32_t transition = -1, snapshot = -1;        // in objects
    std::int32_t command = -1, event = -1, state = -1;  // in enums

    [[nodiscard]] bool is_relaxed(std::int64_t event_type) const;
};

[[nodiscard]] const SchemaMap& schema_map();

/// Whether a verified table may be unpacked: nothing is shared, so that it unfolds to at most
/// `bytes_max` (a hostile buffer may point a thousand times to one string), and the elements of its
/// vectors lie where their type wants them, which the verifier of FlatBuffers 2.0.8 does not ask.
[[nodiscard]] bool unpacks_safely(const flatbuffers::Table& table, std::int32_t object,
                                  std::size_t bytes_max);

}  // namespace journal

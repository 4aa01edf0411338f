#include "journal/schema_map.hpp"

#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "embedded/transition_bfbs_generated.h"
#include "flatbuffers/reflection.h"

namespace journal {

namespace {

std::string short_name(const flatbuffers::String& name) {
    const std::string full = name.str();
    const std::size_t dot = full.rfind('.');
    return dot == std::string::npos ? full : full.substr(dot + 1);
}

template <class Attributes>
bool has_attribute(const Attributes* attributes, const char* name) {
    return attributes != nullptr && attributes->LookupByKey(name) != nullptr;
}

FieldMap field_of(const reflection::Field& field) {
    return {.name = field.name()->str(),
            .offset = field.offset(),
            .type = field.type()->base_type(),
            .element = field.type()->element(),
            .index = field.type()->index(),
            .default_integer = field.default_integer(),
            .default_real = field.default_real()};
}

ObjectMap object_of(const reflection::Object& object) {
    ObjectMap map;
    map.name = short_name(*object.name());
    map.bytes = object.bytesize();
    map.alignment = object.minalign();
    map.relaxed = has_attribute(object.attributes(), "relaxed");
    if (object.is_struct()) {
        map.kind = map.name == "Hash" ? ObjectMap::Kind::hash
                   : map.name == "Id" ? ObjectMap::Kind::id
                                      : ObjectMap::Kind::structure;
    }
    std::vector<const reflection::Field*> by_id;
    for (const reflection::Field* field : *object.fields()) by_id.push_back(field);
    std::sort(by_id.begin(), by_id.end(), [](auto* a, auto* b) { return a->id() < b->id(); });
    for (const reflection::Field* field : by_id) {
        const bool type_of_union = field->type()->base_type() == reflection::UType ||
                                   (field->type()->base_type() == reflection::Vector &&
                                    field->type()->element() == reflection::UType);
        if (!type_of_union && !field->deprecated()) map.fields.push_back(field_of(*field));
    }
    return map;
}

EnumMap enum_of(const reflection::Enum& source) {
    EnumMap map;
    for (const reflection::EnumVal* value : *source.values()) {
        const reflection::Type* type = value->union_type();
        const bool is_object =
            source.is_union() && type != nullptr && type->base_type() == reflection::Obj;
        map.members.push_back({.value = value->value(),
                               .name = value->name()->str(),
                               .object = is_object ? type->index() : -1});
    }
    std::sort(map.members.begin(), map.members.end(),
              [](const auto& a, const auto& b) { return a.value < b.value; });
    return map;
}

SchemaMap read_schema() {
    // Our own copy: the embedded array promises no alignment, and its readers want eight bytes.
    std::vector<std::uint64_t> aligned((schema::TransitionBinarySchema::size() + 7) / 8);
    std::copy_n(schema::TransitionBinarySchema::data(), schema::TransitionBinarySchema::size(),
                reinterpret_cast<std::uint8_t*>(aligned.data()));
    const reflection::Schema& source = *reflection::GetSchema(aligned.data());
    SchemaMap map;
    for (const reflection::Object* object : *source.objects()) {
        if (object->name()->str() == "schema.Transition")
            map.transition = static_cast<int>(map.objects.size());
        if (object->name()->str() == "schema.Snapshot")
            map.snapshot = static_cast<int>(map.objects.size());
        map.objects.push_back(object_of(*object));
    }
    for (const reflection::Enum* source_enum : *source.enums()) {
        if (source_enum->name()->str() == "schema.Command")
            map.command = static_cast<int>(map.enums.size());
        if (source_enum->name()->str() == "schema.Event")
            map.event = static_cast<int>(map.enums.size());
        if (source_enum->name()->str() == "schema.State")
            map.state = static_cast<int>(map.enums.size());
        map.enums.push_back(enum_of(*source_enum));
    }
    ASSERT(map.transition >= 0 && map.snapshot >= 0);
    ASSERT(map.command >= 0 && map.event >= 0 && map.state >= 0);
    return map;
}

// Adds up what unpacking would copy; gives up as soon as the limit is passed, or at an element that
// lies askew, which counts as beyond any limit.
class Unfolding {
public:
    explicit Unfolding(std::size_t limit) : limit_(limit) {}

    void add_table(const flatbuffers::Table& table, std::int32_t object) {
        add(sizeof(flatbuffers::soffset_t));
        for (const FieldMap& field :
             schema_map().objects[static_cast<std::size_t>(object)].fields) {
            if (bytes_ > limit_) return;
            add_field(table, field);
        }
    }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    void add(std::size_t bytes) { bytes_ = bytes_ > limit_ ? bytes_ : bytes_ + bytes; }

    void add_string(const flatbuffers::String& text) {
        add(sizeof(flatbuffers::uoffset_t) + text.size());
    }

    void add_field(const flatbuffers::Table& table, const FieldMap& field) {
        switch (field.type) {
            case reflection::String:
                if (const auto* text = table.GetPointer<const flatbuffers::String*>(field.offset))
                    add_string(*text);
                return;
            case reflection::Obj:
                if (is_struct(field.index)) return;
                if (const auto* inner = table.GetPointer<const flatbuffers::Table*>(field.offset)) {
                    add_table(*inner, field.index);
                }
                return;
            case reflection::Union: {
                const auto type =
                    table.GetField<std::uint8_t>(static_cast<std::uint16_t>(field.offset - 2), 0);
                const auto* inner = table.GetPointer<const flatbuffers::Table*>(field.offset);
                if (inner != nullptr) add_member(*inner, field.index, type);
                return;
            }
            case reflection::Vector: add_vector(table, field); return;
            default: return;  // scalars live in the table, whose bytes are never shared at a profit
        }
    }

    void add_vector(const flatbuffers::Table& table, const FieldMap& field) {
        using Offsets = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::Table>>;
        const auto* vector = table.GetPointer<const Offsets*>(field.offset);
        if (vector == nullptr) return;
        const bool of_structs = field.element == reflection::Obj && is_struct(field.index);
        const std::size_t element_bytes =
            of_structs ? static_cast<std::size_t>(
                             schema_map().objects[static_cast<std::size_t>(field.index)].bytes)
                       : flatbuffers::GetTypeSize(field.element);
        add(sizeof(flatbuffers::uoffset_t) + vector->size() * element_bytes);
        const std::size_t alignment =
            of_structs ? static_cast<std::size_t>(
                             schema_map().objects[static_cast<std::size_t>(field.index)].alignment)
                       : element_bytes;
        if (reinterpret_cast<std::uintptr_t>(vector->Data()) % alignment != 0) bytes_ = SIZE_MAX;
        const flatbuffers::Vector<std::uint8_t>* types = nullptr;
        if (field.element == reflection::Union) {
            types = table.GetPointer<const flatbuffers::Vector<std::uint8_t>*>(
                static_cast<std::uint16_t>(field.offset - 2));
        }
        for (flatbuffers::uoffset_t i = 0; i < vector->size() && bytes_ <= limit_; ++i) {
            if (field.element == reflection::String) {
                add_string(*reinterpret_cast<const flatbuffers::String*>(vector->Get(i)));
            } else if (field.element == reflection::Obj && !of_structs) {
                add_table(*vector->Get(i), field.index);
            } else if (types != nullptr) {
                add_member(*vector->Get(i), field.index, types->Get(i));
            } else {
                return;
            }
        }
    }

    void add_member(const flatbuffers::Table& table, std::int32_t index, std::uint8_t type) {
        const auto* member = schema_map().enums[static_cast<std::size_t>(index)].find(type);
        if (member != nullptr && member->object >= 0) add_table(table, member->object);
    }

    [[nodiscard]] static bool is_struct(std::int32_t object) {
        return schema_map().objects[static_cast<std::size_t>(object)].kind !=
               ObjectMap::Kind::table;
    }

    std::size_t limit_;
    std::size_t bytes_ = 0;
};

}  // namespace

const EnumMap::Member* EnumMap::find(std::int64_t value) const {
    const auto at = std::lower_bound(
        members.begin(), members.end(), value,
        [](const Member& member, std::int64_t wanted) { return member.value < wanted; });
    return at != members.end() && at->value == value ? &*at : nullptr;
}

bool SchemaMap::is_relaxed(std::int64_t event_type) const {
    const EnumMap::Member* member = enums[static_cast<std::size_t>(event)].find(event_type);
    return member != nullptr && member->object >= 0 &&
           objects[static_cast<std::size_t>(member->object)].relaxed;
}

const SchemaMap& schema_map() {
    static const SchemaMap map = read_schema();
    return map;
}

bool unpacks_safely(const flatbuffers::Table& table, std::int32_t object, std::size_t bytes_max) {
    Unfolding unfolding{bytes_max};
    unfolding.add_table(table, object);
    return unfolding.bytes() <= bytes_max;
}

}  // namespace journal

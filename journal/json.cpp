// Prints transitions by walking the schema: no event is named here, so none can be forgotten.
#include <charconv>
#include <cstring>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "flatbuffers/reflection.h"
#include "journal/codec.hpp"
#include "journal/schema_map.hpp"
#include "schema/transition_generated.h"

namespace journal {

namespace {

using flatbuffers::Table;
using AnyVector = flatbuffers::Vector<std::uint8_t>;

/// Bytes of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none (RFC 3629,
/// 4).
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    const auto tail = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
        return byte(i) >= low && byte(i) <= high;
    };
    if (first >= 0xc2 && first <= 0xdf) return tail(1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
        const unsigned high = first == 0xed ? 0x9f : 0xbf;
        return tail(1, low, high) && tail(2) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        const unsigned low = first == 0xf0 ? 0x90 : 0x80;
        const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
        return tail(1, low, high) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

class Printer {
public:
    std::string take() { return std::move(out_); }

    void raw(std::string_view text) { out_ += text; }

    void key(std::string_view name) {
        const char last = out_.empty() ? '{' : out_.back();
        if (last != '{' && last != '[') out_ += ',';
        out_ += '"';
        out_ += name;
        out_ += "\":";
    }

    void string(std::string_view text) {
        out_ += '"';
        while (!text.empty()) {
            const std::size_t length = utf8_length(text);
            if (length == 0) {
                out_ += "\xef\xbf\xbd";
            } else if (length > 1) {
                out_ += text.substr(0, length);
            } else {
                ascii(text[0]);
            }
            text.remove_prefix(length == 0 ? 1 : length);
        }
        out_ += '"';
    }

    template <class Number>
    void number(Number value) {
        char text[32];
        const auto end = std::to_chars(text, text + sizeof text, value).ptr;
        out_.append(text, static_cast<std::size_t>(end - text));
    }

    void table(const Table& source, std::int32_t object) {
        out_ += '{';
        for (const FieldMap& field :
             schema_map().objects[static_cast<std::size_t>(object)].fields) {
            key(field.name);
            value(source, field);
        }
        out_ += '}';
    }

    /// {"type":"SeatMuted","fields":{...}}
    void member(const Table& source, std::int32_t enumeration, std::int64_t type) {
        const EnumMap::Member* found =
            schema_map().enums[static_cast<std::size_t>(enumeration)].find(type);
        ASSERT(found != nullptr && found->object >= 0);  // decode lets only known members through
        raw("{\"type\":\"");
        raw(found->name);
        raw("\",\"fields\":");
        table(source, found->object);
        raw("}");
    }

    void hash(const std::uint8_t* bytes) {
        out_ += '"';
        out_ += base::hex(std::string_view{reinterpret_cast<const char*>(bytes), 32});
        out_ += '"';
    }

    void id(const std::uint8_t* bytes) {
        CommandId words;
        std::memcpy(&words.high, bytes, 8);
        std::memcpy(&words.low, bytes + 8, 8);
        out_ += '"';
        out_ += words.text();
        out_ += '"';
    }

private:
    void ascii(char c) {
        static constexpr char digits[] = "0123456789abcdef";
        switch (c) {
            case '"': out_ += "\\\""; return;
            case '\\': out_ += "\\\\"; return;
            case '\n': out_ += "\\n"; return;
            case '\r': out_ += "\\r"; return;
            case '\t': out_ += "\\t"; return;
            default: break;
        }
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
            out_ += c;
            return;
        }
        out_ += "\\u00";
        out_ += digits[(c >> 4) & 15];
        out_ += digits[c & 15];
    }

    void value(const Table& source, const FieldMap& field) {
        switch (field.type) {
            case reflection::String: {
                const auto* text = source.GetPointer<const flatbuffers::String*>(field.offset);
                string(text == nullptr ? std::string_view{} : text->string_view());
                return;
            }
            case reflection::Obj: inner(source, field); return;
            case reflection::Vector: vector(source, field); return;
            case reflection::Union: {
                const auto type =
                    source.GetField<std::uint8_t>(static_cast<std::uint16_t>(field.offset - 2), 0);
                const auto* table_at = source.GetPointer<const Table*>(field.offset);
                if (table_at == nullptr) return raw("null");
                return member(*table_at, field.index, type);
            }
            default: {
                const std::uint8_t* at = source.GetAddressOf(field.offset);
                if (flatbuffers::IsFloat(field.type)) {
                    return number(at == nullptr ? field.default_real
                                                : flatbuffers::GetAnyValueF(field.type, at));
                }
                return scalar(field, at == nullptr ? field.default_integer
                                                   : flatbuffers::GetAnyValueI(field.type, at));
            }
        }
    }

    void scalar(const FieldMap& field, std::int64_t integer) {
        if (field.type == reflection::Bool) return raw(integer != 0 ? "true" : "false");
        if (field.index >= 0) {
            const EnumMap::Member* name =
                schema_map().enums[static_cast<std::size_t>(field.index)].find(integer);
            if (name != nullptr) return string(name->name);
        }
        if (field.type == reflection::ULong) return number(static_cast<std::uint64_t>(integer));
        number(integer);
    }

    void inner(const Table& source, const FieldMap& field) {
        const ObjectMap& object = schema_map().objects[static_cast<std::size_t>(field.index)];
        if (object.kind == ObjectMap::Kind::table) {
            const auto* table_at = source.GetPointer<const Table*>(field.offset);
            return table_at == nullptr ? raw("null") : table(*table_at, field.index);
        }
        const auto* bytes = source.GetStruct<const std::uint8_t*>(field.offset);
        return bytes == nullptr ? raw("null") : structure(bytes, object);
    }

    void structure(const std::uint8_t* bytes, const ObjectMap& object) {
        if (object.kind == ObjectMap::Kind::hash) return hash(bytes);
        if (object.kind == ObjectMap::Kind::id) return id(bytes);
        out_ += '{';
        for (const FieldMap& field : object.fields) {
            key(field.name);
            scalar(field, flatbuffers::GetAnyValueI(field.type, bytes + field.offset));
        }
        out_ += '}';
    }

    void vector(const Table& source, const FieldMap& field) {
        const auto* elements = source.GetPointer<const AnyVector*>(field.offset);
        const auto* types =
            field.element == reflection::Union
                ? source.GetPointer<const AnyVector*>(static_cast<std::uint16_t>(field.offset - 2))
                : nullptr;
        out_ += '[';
        for (flatbuffers::uoffset_t i = 0; elements != nullptr && i < elements->size(); ++i) {
            if (out_.back() != '[') out_ += ',';
            element(*elements, field, i, types == nullptr ? 0 : types->Get(i));
        }
        out_ += ']';
    }

    void element(const AnyVector& elements, const FieldMap& field, flatbuffers::uoffset_t i,
                 std::uint8_t type) {
        const std::size_t bytes = flatbuffers::GetTypeSize(field.element);
        if (field.element == reflection::Obj) {
            const ObjectMap& object = schema_map().objects[static_cast<std::size_t>(field.index)];
            if (object.kind != ObjectMap::Kind::table) {
                return structure(elements.Data() + i * static_cast<std::size_t>(object.bytes),
                                 object);
            }
        }
        const std::uint8_t* at = elements.Data() + i * bytes;
        const auto target = [&] {
            return at + flatbuffers::ReadScalar<flatbuffers::uoffset_t>(at);
        };
        switch (field.element) {
            case reflection::String:
                return string(
                    reinterpret_cast<const flatbuffers::String*>(target())->string_view());
            case reflection::Obj:
                return table(*reinterpret_cast<const Table*>(target()), field.index);
            case reflection::Union:
                return member(*reinterpret_cast<const Table*>(target()), field.index, type);
            default: break;
        }
        if (flatbuffers::IsFloat(field.element))
            return number(flatbuffers::GetAnyValueF(field.element, at));
        FieldMap as_field;
        as_field.type = field.element;
        as_field.index = field.index;
        scalar(as_field, flatbuffers::GetAnyValueI(field.element, at));
    }

    std::string out_;
};

template <class Union>
void print_union(Printer& printer, const Union& value, std::int32_t enumeration) {
    if (value.value == nullptr) return printer.raw("null");
    thread_local flatbuffers::FlatBufferBuilder builder{1024};
    builder.Clear();
    builder.Finish(flatbuffers::Offset<Table>{value.Pack(builder).o});
    printer.member(*flatbuffers::GetRoot<Table>(builder.GetBufferPointer()), enumeration,
                   static_cast<std::int64_t>(value.type));
}

template <class Union>
std::string union_json(const Union& value, std::int32_t enumeration) {
    Printer printer;
    print_union(printer, value, enumeration);
    return printer.take();
}

const std::uint8_t* bytes_of(const void* structure) {
    return static_cast<const std::uint8_t*>(structure);
}

void print_head(Printer& printer, const schema::TransitionT& transition) {
    printer.key("stream");
    printer.string(transition.stream);
    printer.key("sequence");
    printer.number(transition.sequence);
    printer.key("epoch");
    printer.number(transition.epoch);
    if (transition.behaviour != 0) {
        printer.key("behaviour");
        printer.number(std::uint64_t{transition.behaviour});
    }
    printer.key("now");
    printer.string(base::iso8601(Instant{transition.now}));
    printer.key("by");
    printer.string(transition.by);
    printer.key("command_id");
    printer.id(bytes_of(&transition.command_id));
    printer.key("cause_id");
    printer.id(bytes_of(&transition.cause_id));
    printer.key("previous");
    printer.hash(bytes_of(&transition.previous));
}

}  // namespace

std::string to_json(const schema::TransitionT& transition, Position position) {
    Printer printer;
    printer.raw("{");
    if (position != 0) {
        printer.key("position");
        printer.number(position);
    }
    print_head(printer, transition);
    printer.key("command");
    print_union(printer, transition.command, schema_map().command);
    printer.key("events");
    printer.raw("[");
    bool first = true;
    for (const schema::EventUnion& event : transition.events) {
        if (!first) printer.raw(",");
        first = false;
        print_union(printer, event, schema_map().event);
    }
    printer.raw("]}");
    return printer.take();
}

std::string to_json(const schema::CommandUnion& command) {
    return union_json(command, schema_map().command);
}
std::string to_json(const schema::EventUnion& event) {
    return union_json(event, schema_map().event);
}
std::string to_json(const schema::StateUnion& state) {
    return union_json(state, schema_map().state);
}

}  // namespace journal

#include "tests/schema_conformance/conformance.hpp"

#include <flatbuffers/idl.h>
#include <flatbuffers/reflection.h>
#include <flatbuffers/util.h>

namespace tests {
namespace {

std::string parsed(const std::string& text, const char* file, const std::string& folder,
                   std::string& error) {
    flatbuffers::IDLOptions options;
    options.binary_schema_builtins = true;
    flatbuffers::Parser parser{options};
    const char* includes[] = {folder.c_str(), nullptr};
    if (!parser.Parse(text.c_str(), folder.empty() ? nullptr : includes, file)) {
        error = parser.error_;
        return {};
    }
    parser.Serialize();
    return {reinterpret_cast<const char*>(parser.builder_.GetBufferPointer()),
            parser.builder_.GetSize()};
}

class Comparison {
public:
    Comparison(const reflection::Schema& released, const reflection::Schema& today)
        : released_(released), today_(today) {}

    std::vector<std::string> run() {
        for (const auto* old : *released_.objects()) {
            const auto* now = today_.objects()->LookupByKey(old->name()->c_str());
            if (!now) {
                say(old->name()->str() + " is gone.");
            } else {
                compare(*old, *now);
            }
        }
        for (const auto* old : *released_.enums()) {
            const auto* now = today_.enums()->LookupByKey(old->name()->c_str());
            if (!now) {
                say(old->name()->str() + " is gone.");
            } else {
                compare(*old, *now);
            }
        }
        if (text(released_.file_ident()) != text(today_.file_ident())) {
            say("The file identifier is another one.");
        }
        if (name(released_.root_table()) != name(today_.root_table())) {
            say("The root is another table.");
        }
        return std::move(found_);
    }

private:
    void say(std::string sentence) { found_.push_back(std::move(sentence)); }
    static std::string text(const flatbuffers::String* one) { return one ? one->str() : ""; }
    static std::string name(const reflection::Object* one) { return one ? one->name()->str() : ""; }

    void compare(const reflection::Object& old, const reflection::Object& now) {
        const std::string table = old.name()->str();
        if (old.is_struct() != now.is_struct()) return say(table + " is no longer what it was.");
        if (old.is_struct() &&
            (old.bytesize() != now.bytesize() || old.minalign() != now.minalign() ||
             old.fields()->size() != now.fields()->size())) {
            say("struct " + table + " has another shape: a struct never grows.");
        }
        for (const auto* field : *old.fields()) {
            const auto* same = now.fields()->LookupByKey(field->name()->c_str());
            if (!same) {
                say(table + "." + field->name()->str() + " is gone.");
            } else {
                compare(table + "." + field->name()->str(), *field, *same);
            }
        }
        for (const auto* field : *now.fields()) {
            const bool fresh = !old.fields()->LookupByKey(field->name()->c_str());
            if (fresh && field->required()) {
                say(table + "." + field->name()->str() +
                    " is new and required: old journals lack it.");
            }
        }
    }

    void compare(const std::string& field, const reflection::Field& old,
                 const reflection::Field& now) {
        if (old.id() != now.id() || old.offset() != now.offset()) say(field + " has moved.");
        if (type_of(released_, *old.type()) != type_of(today_, *now.type())) {
            say(field + " has another type.");
        }
        if (old.default_integer() != now.default_integer() ||
            old.default_real() != now.default_real()) {
            say(field + " has another default: old journals would read differently.");
        }
        if (!old.required() && now.required()) say(field + " has become required.");
        if (!old.deprecated() && now.deprecated()) say(field + " is hidden now.");
    }

    void compare(const reflection::Enum& old, const reflection::Enum& now) {
        const std::string set = old.name()->str();
        if (old.is_union() != now.is_union() ||
            type_of(released_, *old.underlying_type()) != type_of(today_, *now.underlying_type())) {
            say(set + " is no longer what it was.");
        }
        for (const auto* value : *old.values()) {
            const auto* same = now.values()->LookupByKey(value->value());
            const std::string number = std::to_string(value->value());
            if (!same) {
                say(set + " lost " + value->name()->str() + " = " + number + ".");
            } else if (text(same->name()) != text(value->name())) {
                say(set + " = " + number + " was " + text(value->name()) + " and is " +
                    text(same->name()) + ".");
            }
        }
    }

    // Names, not indexes: these differ from schema to schema.
    static std::string type_of(const reflection::Schema& schema, const reflection::Type& type) {
        std::string text = reflection::EnumNameBaseType(type.base_type());
        text += std::string{'/'} + reflection::EnumNameBaseType(type.element());
        if (type.index() < 0) return text;
        const auto index = static_cast<flatbuffers::uoffset_t>(type.index());
        const bool object =
            type.base_type() == reflection::Obj || type.element() == reflection::Obj;
        return text + '/' +
               (object ? schema.objects()->Get(index)->name() : schema.enums()->Get(index)->name())
                   ->str();
    }

    const reflection::Schema& released_;
    const reflection::Schema& today_;
    std::vector<std::string> found_;
};

}  // namespace

std::string binary_schema(const std::string& folder, const std::string& root, std::string& error) {
    std::string text;
    const std::string path = folder + "/" + root;
    if (!flatbuffers::LoadFile(path.c_str(), false, &text)) {
        error = path + " cannot be read.";
        return {};
    }
    return parsed(text, path.c_str(), folder, error);
}

std::string binary_schema_of(const std::string& text, std::string& error) {
    return parsed(text, nullptr, {}, error);
}

std::vector<std::string> breakages(const std::string& released, const std::string& today) {
    return Comparison{*reflection::GetSchema(released.data()), *reflection::GetSchema(today.data())}
        .run();
}

}  // namespace tests

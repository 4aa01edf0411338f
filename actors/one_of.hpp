// Points at one of the things that a variant lists, wherever it lies: in that variant, in a union
// of the schema, or by itself. So an entity is shown a command or an event without a copy of it.
//
// Thread: any. Memory: two words; it owns nothing and lives no longer than what it points at.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <variant>

#include "schema/transition_generated.h"

namespace actors {

template <class Variant>
class OneOf;

template <class... Kinds>
class OneOf<std::variant<Kinds...>> {
    template <class T>
    static constexpr bool listed = (std::is_same_v<T, Kinds> || ...);

public:
    OneOf(const std::variant<Kinds...>& any)  // NOLINT: wherever it lies
        : index_(any.index()),
          value_(std::visit([](const auto& one) -> const void* { return &one; }, any)) {}
    template <class T>
    requires listed<T> OneOf(const T& one) : index_(index_of<T>()), value_(&one) {}  // NOLINT

    /// What lies in a union of the schema; nothing if the variant does not list that.
    [[nodiscard]] static std::optional<OneOf> in(const schema::CommandUnion& any) {
        return found<schema::CommandUnionTraits>(any);
    }
    [[nodiscard]] static std::optional<OneOf> in(const schema::EventUnion& any) {
        return found<schema::EventUnionTraits>(any);
    }

    template <class T>
    [[nodiscard]] const T* get_if() const {
        return index_ == index_of<T>() ? static_cast<const T*>(value_) : nullptr;
    }
    template <class T>
    [[nodiscard]] bool holds() const {
        return index_ == index_of<T>();
    }

    /// `visitor(one)` for what it is.
    template <class Visitor>
    decltype(auto) visit(Visitor&& visitor) const {
        using First = std::variant_alternative_t<0, std::variant<Kinds...>>;
        using Outcome = std::invoke_result_t<Visitor&, const First&>;
        using Call = Outcome (*)(Visitor&, const void*);
        static constexpr Call calls[]{[](Visitor& one, const void* value) -> Outcome {
            return one(*static_cast<const Kinds*>(value));
        }...};
        return calls[index_](visitor, value_);
    }

private:
    OneOf(std::size_t index, const void* value) : index_(index), value_(value) {}

    template <template <class> class Traits, class Union>
    [[nodiscard]] static std::optional<OneOf> found(const Union& any) {
        static_assert((static_cast<std::uint8_t>(Traits<Kinds>::enum_value) && ...));
        static constexpr auto places = [] {
            std::array<std::uint8_t, 256> all{};
            std::uint8_t place = 0;
            ((all[static_cast<std::uint8_t>(Traits<Kinds>::enum_value)] = ++place), ...);
            return all;
        }();
        const std::uint8_t place = places[static_cast<std::uint8_t>(any.type)];
        if (place == 0) return std::nullopt;
        return OneOf{std::size_t{place} - 1, any.value};
    }

    template <class T>
    [[nodiscard]] static constexpr std::size_t index_of() {
        static_assert(listed<T>);
        std::size_t index = 0;
        static_cast<void>(((std::is_same_v<T, Kinds> || (++index, false)) || ...));
        return index;
    }

    std::size_t index_;
    const void* value_;
};

}  // namespace actors

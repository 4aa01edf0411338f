// From the closed unions of the schema to closed variants and back: an entity lists its commands
// and events as a std::variant, so a forgotten one stops the build.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "schema/transition_generated.h"

namespace actors {

/// Wraps one command for the journal or a mailbox: `command(schema::WakeT{})`.
template <class T>
[[nodiscard]] schema::CommandUnion command(T value) {
    schema::CommandUnion wrapped;
    wrapped.Set(std::move(value));
    return wrapped;
}

template <class T>
[[nodiscard]] schema::EventUnion event(T value) {
    schema::EventUnion wrapped;
    wrapped.Set(std::move(value));
    return wrapped;
}

template <class T>
[[nodiscard]] schema::StateUnion state(T value) {
    schema::StateUnion wrapped;
    wrapped.Set(std::move(value));
    return wrapped;
}

/// The T inside, or null when the union holds something else.
template <class T>
[[nodiscard]] const T* peek(const schema::CommandUnion& any) {
    return any.type == schema::CommandUnionTraits<T>::enum_value ? static_cast<const T*>(any.value)
                                                                 : nullptr;
}
template <class T>
[[nodiscard]] const T* peek(const schema::EventUnion& any) {
    return any.type == schema::EventUnionTraits<T>::enum_value ? static_cast<const T*>(any.value)
                                                               : nullptr;
}
template <class T>
[[nodiscard]] const T* peek(const schema::StateUnion& any) {
    return any.type == schema::StateUnionTraits<T>::enum_value ? static_cast<const T*>(any.value)
                                                               : nullptr;
}

/// The alternative of Variant that `any` holds, or nothing if Variant does not list it.
template <class Variant, class Union>
[[nodiscard]] std::optional<Variant> narrow(const Union& any) {
    std::optional<Variant> found;
    [&]<std::size_t... i>(std::index_sequence<i...>) {
        ((!found && peek<std::variant_alternative_t<i, Variant>>(any)
              ? void(found.emplace(*peek<std::variant_alternative_t<i, Variant>>(any)))
              : void()),
         ...);
    }
    (std::make_index_sequence<std::variant_size_v<Variant>>{});
    return found;
}

}  // namespace actors

// How a user's phones and where they can be reached are found. Shared by user.cpp and
// user_facts.cpp.
#pragma once

#include <algorithm>
#include <string>

#include "actors/user.hpp"

namespace actors {

template <class Phones>
[[nodiscard]] auto* phone_of(Phones& phones, const std::string& label) {
    const auto found = std::ranges::find(phones, label, &schema::PhoneT::label);
    return found == phones.end() ? nullptr : &*found;
}

template <class Bindings>
[[nodiscard]] auto* binding_of(Bindings& bindings, const std::string& contact) {
    const auto found = std::ranges::find(bindings, contact, &schema::BindingT::contact);
    return found == bindings.end() ? nullptr : &*found;
}

}  // namespace actors

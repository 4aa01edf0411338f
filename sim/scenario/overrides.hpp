// What --set says: "trunk.lines=30", "calls.main.arrivals.rate=40/h".
//
// Thread: pure.
#pragma once

#include <string>

#include "base/toml.hpp"

namespace sim {

/// Puts the value into the table, before it is read and judged. A list of tables is entered by an
/// element's `name` or by its number from 0. Returns what is wrong, or nothing.
[[nodiscard]] std::string apply_override(toml::table& root, const std::string& wish);

}  // namespace sim

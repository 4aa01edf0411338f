// toml++ for files that strangers may have written. What it takes for its own bug ("\x84[==" was
// enough for 3.3.0) is thrown as an exception instead of ending the process. Every file that parses
// TOML includes this one, or the linker could choose the other's inline functions.
//
// Thread: a header. Whoever parses catches toml::parse_error and base::TomlConfused.
#pragma once

namespace base {
struct TomlConfused {};
}  // namespace base

#define TOML_ASSERT(expression) ((expression) ? static_cast<void>(0) : throw ::base::TomlConfused{})
#include <toml++/toml.h>

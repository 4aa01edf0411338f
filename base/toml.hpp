// toml++ for files that strangers may have written. Where it is compiled in, what it takes for its
// own bug ("\x84[==" was enough for 3.3.0) is thrown instead of ending the process; Debian's shared
// library has no such checks, so that letters are looked at before (sim/scenario/letters.hpp).
//
// Thread: a header. Whoever parses catches toml::parse_error and base::TomlConfused.
#pragma once

namespace base {
struct TomlConfused {};
}  // namespace base

#define TOML_ASSERT(expression) ((expression) ? static_cast<void>(0) : throw ::base::TomlConfused{})
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wterminate"  // some of its checks stand in noexcept functions
#endif
#include <toml++/toml.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

// ASSERT: our own bug stops the process, in release builds too. Never for what the outside may do.
#pragma once

namespace base {
/// Prints "file:line: assertion failed: text" to standard error and aborts.
[[noreturn]] void assertion_failed(const char* file, int line, const char* text) noexcept;
}  // namespace base

#define ASSERT(condition)                   \
    (static_cast<bool>(condition) ? void(0) \
                                  : base::assertion_failed(__FILE__, __LINE__, #condition))

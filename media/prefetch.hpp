// Asks the cache for memory that is needed soon. A hint: nothing depends on it but time.
//
// Thread: pure. The addresses need not be valid.
#pragma once

#include <cstddef>

#include "base/realtime.hpp"

namespace media {

inline void prefetch_lines(const void* from, std::ptrdiff_t lines) noexcept REALTIME {
    const char* at = static_cast<const char*>(from);
    for (std::ptrdiff_t i = 0; i < lines; ++i) __builtin_prefetch(at + i * 64, 1);
}

}  // namespace media

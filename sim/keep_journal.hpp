// Writes a world's journal to a disk that is real, so that everything that reads journals reads it.
//
// Thread: the caller's. Files: the folder that is named, which must not hold a journal yet.
#pragma once

#include <string>

#include "journal/log.hpp"

namespace sim {

/// Copies every transition of `log`, in order. Returns why not, or nothing.
[[nodiscard]] std::string keep_journal(const journal::Log& log, const std::string& folder);

}  // namespace sim

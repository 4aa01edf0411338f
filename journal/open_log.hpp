// Opens what a person names: a journal's folder, or a slice in one file.
//
// Thread: any. Memory: of a folder: that of a Reader; of a slice: all of it. Time: reads a slice
// once.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "journal/log.hpp"
#include "journal/reader.hpp"

namespace journal {

/// To be read, not written. The error is a sentence with the path; of a damaged slice with the
/// offset, too.
[[nodiscard]] Result<std::unique_ptr<Log>, std::string> open_log(const std::string& path);

}  // namespace journal

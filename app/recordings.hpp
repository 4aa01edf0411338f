// What was recorded, by the indexes that media/tape left.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace app {

/// The indexes in `folder`, oldest first; of one conference, or with "" of all. What goes on or was
/// cut off has "complete": false. Reads files; what is unreadable is left out.
[[nodiscard]] nlohmann::json recordings_in(const std::string& folder,
                                           const std::string& conference);

}  // namespace app

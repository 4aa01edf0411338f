// Columns of figures from CSV files beside a scenario: traces and measured distributions.
//
// Thread: pure, but for `read_beside`. Memory: values_max numbers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sim/scenario/scenario_file.hpp"
#include "sim/scenario/schema.hpp"

namespace sim {

/// The numbers of the first column, in the file's order. Empty lines, lines that begin with '#' and
/// one line of headings are passed over. Fails with "name:line: what is wrong".
[[nodiscard]] Result<std::vector<double>, std::string> parse_column(std::string_view text,
                                                                    const std::string& name,
                                                                    Range range);
/// The same of a file beside the scenario. Refuses names with folders in them.
[[nodiscard]] Result<std::vector<double>, std::string> read_column(const std::string& name,
                                                                   const ReadBeside& read_beside,
                                                                   Range range);

}  // namespace sim

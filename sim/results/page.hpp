// The frame of a report: one HTML file with its style inside, light or dark as the reader's system
// is, and readable on paper.
//
// Thread: pure functions.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sim {

[[nodiscard]] std::string page(const std::string& title, const std::string& body);
/// Name and value pairs, in one line as far as they fit.
[[nodiscard]] std::string facts(const std::vector<std::pair<std::string, std::string>>& pairs);
/// A picture with its heading and a sentence.
[[nodiscard]] std::string card(const std::string& heading, const std::string& about,
                               const std::string& picture);
/// Text as it is, in a box; `summary` folds it away.
[[nodiscard]] std::string box(const std::string& text, const std::string& summary = {});
/// Rows of cells that are HTML already; the first row is the heading.
[[nodiscard]] std::string html_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace sim

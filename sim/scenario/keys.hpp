// The page of keys: docs/scenarios.md's tables, made from the schema, so that page and reader can
// never tell different stories. files.test.cpp holds the page against it.
//
// Thread: pure.
#pragma once

#include <string>

namespace sim {

/// Markdown: a table for each table of the file, then arrivals and distributions.
[[nodiscard]] std::string describe_keys();

}  // namespace sim

// Holds a schema against a released one: what a journal of that release has must keep its place and
// meaning. `flatc --conform` misses three kinds of breakage that end here: a new `required`, a
// struct that grew, an enum that was renumbered under the same names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tests {

/// A schema in binary form (reflection.fbs), from `root` and what it includes from `folder`. Empty,
/// with `error` saying why, when it cannot be parsed.
[[nodiscard]] std::string binary_schema(const std::string& folder, const std::string& root,
                                        std::string& error);
/// The same of text without includes.
[[nodiscard]] std::string binary_schema_of(const std::string& text, std::string& error);

/// One sentence for each thing of `released` that `today` breaks; both as binary_schema gives them.
[[nodiscard]] std::vector<std::string> breakages(const std::string& released,
                                                 const std::string& today);

}  // namespace tests

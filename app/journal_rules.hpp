// journal check --rules: shows a journal to every invariant.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "actors/invariants/inspector.hpp"
#include "app/progress.hpp"
#include "journal/reader.hpp"

namespace app {

/// Reads all there is when it begins. Memory: an entity per stream.
[[nodiscard]] actors::Inspector inspect(const journal::Reader& reader, Progress& progress);

/// {"ok":false,"transitions":9,"invariants":["muted_is_unheard",...],"violation_count":1,
///  "violations":[{"invariant":..,"position":..,"stream":..,"sentence":..}]}
[[nodiscard]] nlohmann::json as_json(const actors::Inspector& inspector);

/// The same for people, on standard output.
void print(const actors::Inspector& inspector);

}  // namespace app

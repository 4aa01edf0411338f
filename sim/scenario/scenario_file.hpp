// Scenarios as people write them: TOML in, a Scenario or every mistake with its file, line and
// remedy out. docs/scenarios.md lists the keys; the same description (schema.hpp) reads, prints and
// documents them.
//
//     until = "8h"
//     [[calls]]
//     arrivals = { model = "poisson", rate = "1200/h" }
//     holding = { shape = "lognormal", mean = "30m", sigma = 0.8 }
//
// Thread: pure functions, but for read_scenario, which reads the file and the CSV files beside it.
// Memory: bounded by the sizes below.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim {

inline constexpr std::size_t scenario_bytes_max = 64u << 20;  // a trace may stand in the file
inline constexpr std::size_t values_max = 1'000'000;          // of one trace or distribution
inline constexpr std::size_t classes_max = 32;                // of calls, of meetings
inline constexpr std::size_t mistakes_max = 50;               // told at once

struct Mistake {
    std::string file;
    std::uint32_t line = 0;  // 0: of the file as a whole
    std::string key;         // "calls.arrivals.rate"
    std::string what;        // what is wrong and what would be right
};
/// "office.toml:12: trunk.busy: 1.5 is outside 0 .. 1".
[[nodiscard]] std::string print(const Mistake& mistake);

using ScenarioRead = Result<Scenario, std::vector<Mistake>>;
/// The text of the file of that name beside the scenario, or why there is none.
using ReadBeside = std::function<Result<std::string, std::string>(const std::string& name)>;

/// `file` is the name that mistakes tell. `overrides` are "key.path=value", as --set takes them:
/// "trunk.lines=30", "calls.main.arrivals.rate=40/h" (a class by its name).
[[nodiscard]] ScenarioRead parse_scenario(std::string_view text, const std::string& file,
                                          const std::vector<std::string>& overrides = {},
                                          const ReadBeside& read_beside = {});
/// Reads that file and the CSV files in its folder, nothing else.
[[nodiscard]] ScenarioRead read_scenario(const std::string& path,
                                         const std::vector<std::string>& overrides = {});

/// TOML that says every key in a fixed order, with numbers that read back as the same bits:
/// parse_scenario(canonical(s)) == s. What came from CSV files stands in it.
[[nodiscard]] std::string canonical(const Scenario& scenario);
/// BLAKE2b of canonical(): whatever the file looked like, whatever it was called.
[[nodiscard]] base::Hash configuration_hash(const Scenario& scenario);

}  // namespace sim

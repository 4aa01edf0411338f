// Learns a scenario from a recorded journal: arrivals, holding times, sizes, keying, what becomes
// of dialled numbers, talk and messages, each with how well it fits.
//
//     Reader --transitions--> Observer --Observed--> fit --Fitted--> TOML, table, JSON
//
// Thread: pure but for fit_journal, which reads. Memory: what Observed holds. Time: one pass over
// the journal, and some tenths of a second a distribution.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "journal/reader.hpp"
#include "sim/fit/observed.hpp"
#include "sim/fit/spreads.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim::fit {

struct Finding {
    std::string key;   // "calls.dial_in.holding"
    std::string what;  // "lognormal, mean 25m, sigma 0.71"
    Fit fit;
};

struct Fitted {
    Scenario scenario;
    std::vector<Finding> findings;
    std::vector<std::string> notes;  // what the journal cannot tell
};

[[nodiscard]] Fitted fit(const Observed& observed);

/// Called now and then with the last position that was read and the last one there is.
using Progress = std::function<void(journal::Position, journal::Position)>;
/// Reads the whole journal; the fault of the first transition that cannot be read ends it.
[[nodiscard]] Result<Observed, journal::Fault> observe(const journal::Reader& reader,
                                                       const Progress& progress = {});

[[nodiscard]] std::string table(const Fitted& fitted);
[[nodiscard]] nlohmann::json to_json(const Fitted& fitted);
/// The scenario's canonical text, and before it as comments where it comes from and how well it
/// fits.
[[nodiscard]] std::string to_toml(const Fitted& fitted, const std::string& journal);

}  // namespace sim::fit

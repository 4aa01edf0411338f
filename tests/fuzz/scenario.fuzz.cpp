// Any bytes are a scenario, an override or a CSV column, or they are refused with a sentence. What
// reads must print canonically and read again to the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.hpp"
#include "sim/scenario/csv.hpp"
#include "sim/scenario/scenario_file.hpp"

namespace {

void try_scenario(std::string_view text, const std::vector<std::string>& overrides,
                  std::string_view column) {
    const auto beside = [&](const std::string&) -> Result<std::string, std::string> {
        return std::string{column};
    };
    const auto read = sim::parse_scenario(text, "fuzz.toml", overrides, beside);
    if (!read.ok()) {
        ASSERT(!read.error().empty());
        for (const sim::Mistake& mistake : read.error()) ASSERT(!sim::print(mistake).empty());
        return;
    }
    const auto again = sim::parse_scenario(sim::canonical(read.value()), "again.toml");
    ASSERT(again.ok());
    ASSERT(again.value() == read.value());
}

constexpr std::string_view sample = R"(title = "x"
until = "8h"
warm_up = "auto"
precision = { metric = "blocking", half_width = 0.001, relative = true }
[[calls]]
name = "main"
arrivals = { model = "markov", states = [{ rate = "30/h", stay = "10m" }, { rate = 2, stay = 6 }] }
holding = { shape = "lognormal", mean = "30m", sigma = 0.8 }
patience = { shape = "empirical", file = "a.csv" }
redial = { probability = 0.7, delay = { shape = "uniform", low = 5, high = "20s" }, attempts = 4 }
[trunk]
lines = 30
outages = [["1h", "1h5m"]]
[im]
storms = ["2h", 3600.5]
[network]
delay = "35ms"
)";

/// Three bytes are a place in the sample and what stands there instead.
std::string edited(std::string_view edits) {
    std::string text{sample};
    for (; edits.size() >= 3; edits.remove_prefix(3)) {
        const auto high = static_cast<unsigned char>(edits[0]);
        const auto low = static_cast<unsigned char>(edits[1]);
        text[(high * 256u + low) % text.size()] = edits[2];
    }
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    const std::string_view rest = bytes.substr(size > 0 ? 1 : 0);
    switch (size > 0 ? data[0] % 4 : 0) {
        case 0: try_scenario(rest, {}, "1\n2\n"); break;
        case 1: try_scenario(edited(rest), {}, "1\n2\n"); break;
        case 2: try_scenario(sample, {std::string{rest}}, "1\n2\n"); break;
        default: try_scenario(sample, {}, rest); break;
    }
    return 0;
}

// How a server looks from outside: its processor time and memory as the kernel counts them, and
// what it says of itself under /metrics (Prometheus' text format).
//
// Thread: any. Memory: what is returned. Time: a file or a short HTTP request; both wait.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/engine.hpp"

namespace sim {

struct ProcessView {
    double user_seconds = 0, system_seconds = 0;
    std::uint64_t resident_kb = 0;
    unsigned threads = 0;
};
/// None: there is no such process.
[[nodiscard]] std::optional<ProcessView> look_at_process(int pid);
/// Processor seconds of this process.
[[nodiscard]] double own_cpu_seconds();

/// "name{label=\"value\"}" to its value.
using MetricValues = std::map<std::string, double>;
[[nodiscard]] MetricValues parse_metrics(std::string_view text);

/// Values in any order, then quantiles.
class Distribution {
public:
    void add(double value) { values_.push_back(value); }
    [[nodiscard]] std::size_t count() const { return values_.size(); }
    /// 0: there is no value. Sorts.
    [[nodiscard]] double quantile(double part);

private:
    std::vector<double> values_;
};

}  // namespace sim

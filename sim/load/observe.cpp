#include "sim/load/observe.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

namespace sim {

std::optional<ProcessView> look_at_process(int pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    const std::size_t name_end = text.rfind(')');  // the name may hold anything
    if (name_end == std::string::npos) return std::nullopt;
    std::istringstream fields{text.substr(name_end + 1)};
    std::string skipped;
    for (int field = 3; field < 14; ++field) fields >> skipped;  // proc(5): utime is field 14
    double user = 0, system = 0;
    fields >> user >> system;
    for (int field = 16; field < 20; ++field) fields >> skipped;
    ProcessView view;
    fields >> view.threads;
    for (int field = 21; field < 24; ++field) fields >> skipped;
    std::uint64_t pages = 0;
    if (!(fields >> pages)) return std::nullopt;
    const auto per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
    view.user_seconds = user / per_second;
    view.system_seconds = system / per_second;
    view.resident_kb = pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) / 1'024;
    return view;
}

double own_cpu_seconds() {
    rusage used{};
    (void)getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

MetricValues parse_metrics(std::string_view text) {
    MetricValues values;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        const std::size_t space = line.rfind(' ');
        if (line.empty() || line.front() == '#' || space == std::string_view::npos) continue;
        const std::string_view number = line.substr(space + 1);
        double value = 0;
        const auto [rest, wrong] =
            std::from_chars(number.data(), number.data() + number.size(), value);
        if (wrong == std::errc{} && rest == number.data() + number.size())
            values[std::string{line.substr(0, space)}] = value;
    }
    return values;
}

double Distribution::quantile(double part) {
    if (values_.empty()) return 0;
    std::ranges::sort(values_);
    const auto last = static_cast<double>(values_.size() - 1);
    return values_[static_cast<std::size_t>(last * part + 0.5)];
}

}  // namespace sim

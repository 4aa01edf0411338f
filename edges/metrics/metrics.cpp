#include "edges/metrics/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/clock.hpp"

namespace metrics {
namespace {

double resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    double total_pages = 0, resident_pages = 0;
    statm >> total_pages >> resident_pages;
    return resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
    std::error_code error;
    std::filesystem::directory_iterator entry("/proc/self/fd", error);
    double count = 0;
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
        ++count;
    return count;
}

}  // namespace

Metrics::Metrics() {
    const double started = static_cast<double>(base::wall_now().us) / 1e6;
    gauge("process_start_time_seconds", "When the process started, in seconds since 1970.", {},
          [started] { return started; });
    gauge("process_resident_memory_bytes", "Memory that the process occupies.", {}, resident_bytes);
    gauge("process_open_fds", "Open file descriptors.", {}, open_descriptors);
}

void Metrics::add(const actors::House& house) {
    const auto of = [&house](std::uint64_t actors::HouseStatistics::*field) {
        return [&house, field] { return static_cast<double>(house.statistics().*field); };
    };
    using S = actors::HouseStatistics;
    counter("partyline_commands_total", "Commands that reached an entity.", {}, of(&S::commands));
    counter("partyline_refusals_total", "Commands that were refused.", {}, of(&S::refusals));
    counter("partyline_transitions_total", "Transitions that were journaled.", {},
            of(&S::transitions));
    counter("partyline_repeated_commands_total", "Commands that had been decided before.", {},
            of(&S::repeated));
    counter("partyline_effects_total", "Effects that were released to the edges.", {},
            of(&S::effects));
    counter("partyline_passivations_total", "Idle entities that left memory.", {},
            of(&S::passivations));
    gauge("partyline_resident_entities", "Entities in memory.", {}, of(&S::resident));
    gauge("partyline_subscriptions", "Streams that are followed, counted per follower.", {},
          of(&S::subscriptions));
}

void Metrics::gauge(std::string name, std::string help, Labels labels,
                    std::function<double()> value) {
    add(Kind::gauge, std::move(name), std::move(help), {std::move(labels), std::move(value)});
}

void Metrics::counter(std::string name, std::string help, Labels labels,
                      std::function<double()> value) {
    add(Kind::counter, std::move(name), std::move(help), {std::move(labels), std::move(value)});
}

void Metrics::add(Kind kind, std::string name, std::string help, Sample sample) {
    auto family = std::ranges::find(families_, name, &Family::name);
    if (family == families_.end()) {
        families_.push_back({std::move(name), std::move(help), kind, {}});
        family = std::prev(families_.end());
    }
    family->samples.push_back(std::move(sample));
}

std::string Metrics::text() const {
    std::vector<prometheus::MetricFamily> out;
    for (const Family& family : families_) {
        prometheus::MetricFamily& one = out.emplace_back();
        one.name = family.name;
        one.help = family.help;
        one.type = family.kind == Kind::gauge ? prometheus::MetricType::Gauge
                                              : prometheus::MetricType::Counter;
        for (const Sample& sample : family.samples) {
            prometheus::ClientMetric& metric = one.metric.emplace_back();
            for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
            (family.kind == Kind::gauge ? metric.gauge.value : metric.counter.value) =
                sample.value();
        }
    }
    return prometheus::TextSerializer().Serialize(out);
}

}  // namespace metrics

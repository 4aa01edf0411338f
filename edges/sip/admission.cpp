// Token buckets per source; see admission.hpp.
#include "edges/sip/admission.hpp"

#include <algorithm>

namespace sip {
namespace {

constexpr double burst_seconds = 2;

double filled(double drops, unsigned rate, Duration passed) {
    const double more = static_cast<double>(std::max<std::int64_t>(passed.us, 0)) * 1e-6 * rate;
    return std::min(drops + more, burst_seconds * rate);
}

}  // namespace

bool Bucket::take(unsigned rate, Instant now) {
    drops_ = fresh_ ? burst_seconds * rate : filled(drops_, rate, now - filled_at_);
    fresh_ = false;
    filled_at_ = now;
    if (drops_ < 1) return false;
    drops_ -= 1;
    return true;
}

bool Bucket::full(unsigned rate, Instant now) const {
    return fresh_ || filled(drops_, rate, now - filled_at_) >= burst_seconds * rate;
}

void Admission::forget_idle(Instant now) {
    if (now - swept_at_ < seconds(1))
        return;  // a sweep looks at every source: not for every packet of a flood
    swept_at_ = now;
    std::erase_if(sources_, [&](const auto& entry) {
        const Source& source = entry.second;
        return source.calls == 0 && source.starts.full(limits_.calls_per_second_per_source, now) &&
               source.requests.full(limits_.requests_per_second_per_source, now);
    });
}

Admission::Source& Admission::source_of(const std::string& source, Instant now) {
    const auto found = sources_.find(source);
    if (found != sources_.end()) return found->second;
    if (sources_.size() >= sources_max) forget_idle(now);
    if (sources_.size() >= sources_max) return rest_;
    return sources_[source];
}

bool Admission::request(const std::string& source, Instant now) {
    return source_of(source, now).requests.take(limits_.requests_per_second_per_source, now);
}

bool Admission::call_begins(const std::string& source, bool trunk, Instant now) {
    if (calls_ >= limits_.calls_max) return false;
    Source& entry = source_of(source, now);
    if (!trunk && (entry.calls >= limits_.calls_per_source_max ||
                   !entry.starts.take(limits_.calls_per_second_per_source, now))) {
        return false;
    }
    ++entry.calls;
    ++calls_;
    return true;
}

void Admission::call_ended(const std::string& source) {
    if (calls_ > 0) --calls_;
    const auto found = sources_.find(source);
    const bool own = found != sources_.end() && found->second.calls > 0;
    Source& entry = own ? found->second : rest_;
    if (entry.calls > 0) --entry.calls;
}

}  // namespace sip

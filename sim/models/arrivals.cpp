#include "sim/models/arrivals.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "sim/models/exact.hpp"

namespace sim {
namespace {

constexpr double hour_s = 3600;

class Nothing : public ArrivalTimes {
public:
    std::optional<double> next() override { return std::nullopt; }
};

class Poisson : public ArrivalTimes {
public:
    Poisson(double rate, Chance chance, double horizon_s)
        : rate_(rate), horizon_s_(horizon_s), chance_(chance) {}

    std::optional<double> next() override {
        if (rate_ <= 0) return std::nullopt;
        now_ += chance_.exponential(1 / rate_);
        if (now_ >= horizon_s_) return std::nullopt;
        return now_;
    }

private:
    double rate_, horizon_s_, now_ = 0;
    Chance chance_;
};

/// Poisson in each state. The states' stays have a stream of their own: two plans that differ in
/// rates alone change state at the same instants.
class Markov : public ArrivalTimes {
public:
    Markov(std::vector<Arrivals::State> states, Chance chance, double horizon_s)
        : states_(std::move(states)),
          horizon_s_(horizon_s),
          stays_(chance.bits(), "stays"),
          chance_(chance) {
        double all = 0;
        for (const Arrivals::State& state : states_) all += state.mean_stay_s;
        double drawn = stays_.uniform() * all;
        while (state_ + 1 < states_.size() && drawn >= states_[state_].mean_stay_s) {
            drawn -= states_[state_++].mean_stay_s;
        }
        until_ = stays_.exponential(states_[state_].mean_stay_s);
    }

    std::optional<double> next() override {
        // Work yet to pass, in units of expected arrivals: survives a change of state.
        double left = chance_.exponential(1);
        while (now_ < horizon_s_) {
            const double rate = states_[state_].rate;
            if (rate > 0 && now_ + left / rate < until_) {
                now_ += left / rate;
                if (now_ >= horizon_s_) return std::nullopt;
                return now_;
            }
            left -= std::max(0.0, until_ - now_) * rate;
            now_ = until_;
            state_ = (state_ + 1) % states_.size();
            until_ = now_ + stays_.exponential(states_[state_].mean_stay_s);
        }
        return std::nullopt;
    }

private:
    std::vector<Arrivals::State> states_;
    double horizon_s_, now_ = 0, until_ = 0;
    std::size_t state_ = 0;
    Chance stays_;
    Chance chance_;
};

/// Thinning (Lewis and Shedler 1979): candidates at the highest rate, kept with the hour's share.
class TimeOfDay : public ArrivalTimes {
public:
    TimeOfDay(double rate, std::vector<double> by_hour, Chance chance, double horizon_s)
        : by_hour_(std::move(by_hour)),
          highest_(*std::ranges::max_element(by_hour_)),
          candidates_(rate * highest_, chance, horizon_s),
          kept_(chance.bits(), "kept") {}

    std::optional<double> next() override {
        while (const std::optional<double> at = candidates_.next()) {
            const auto hour = static_cast<std::uint64_t>(*at / hour_s) % by_hour_.size();
            if (kept_.uniform() * highest_ < by_hour_[hour]) return at;
        }
        return std::nullopt;
    }

private:
    std::vector<double> by_hour_;
    double highest_;
    Poisson candidates_;
    Chance kept_;
};

class FlashCrowd : public ArrivalTimes {
public:
    FlashCrowd(const Arrivals& plan, Chance chance, double horizon_s)
        : crowd_size_(plan.crowd),
          width_s_(plan.width_s),
          horizon_s_(horizon_s),
          chance_(chance.bits(), "crowd"),
          others_(plan.rate, chance, horizon_s) {
        other_ = others_.next();
        gather();
    }

    std::optional<double> next() override {
        if (at_ == crowd_.size()) gather();
        const bool from_crowd = at_ < crowd_.size() && (!other_ || crowd_[at_] <= *other_);
        if (from_crowd) return crowd_[at_++];
        return std::exchange(other_, others_.next());
    }

private:
    /// The next crowd that has anybody in it, sorted. Crowds never overlap: three widths are at
    /// most half an hour.
    void gather() {
        static constexpr double tail = 0.0013498980316300933;  // of a normal beyond -3
        crowd_.clear();
        at_ = 0;
        while (crowd_.empty() && (hour_ + 1) * hour_s - 3 * width_s_ < horizon_s_) {
            const double full = ++hour_ * hour_s;
            const double whole = std::floor(crowd_size_);
            const auto size =
                static_cast<std::size_t>(whole) + (chance_.with(crowd_size_ - whole) ? 1u : 0u);
            for (std::size_t i = 0; i < size; ++i) {
                const double p = tail + (1 - 2 * tail) * chance_.uniform();
                const double at = full + width_s_ * exact::normal_quantile(p);
                if (at >= 0 && at < horizon_s_) crowd_.push_back(at);
            }
            std::ranges::sort(crowd_);
            if (crowd_size_ <= 0) return;
        }
    }

    double crowd_size_, width_s_, horizon_s_, hour_ = 0;
    Chance chance_;
    Poisson others_;
    std::optional<double> other_;
    std::vector<double> crowd_;
    std::size_t at_ = 0;
};

class Trace : public ArrivalTimes {
public:
    Trace(std::vector<double> instants_s, double horizon_s)
        : instants_s_(std::move(instants_s)), horizon_s_(horizon_s) {
        std::ranges::sort(instants_s_);
    }

    std::optional<double> next() override {
        if (at_ == instants_s_.size() || instants_s_[at_] >= horizon_s_) return std::nullopt;
        return instants_s_[at_++];
    }

private:
    std::vector<double> instants_s_;
    double horizon_s_;
    std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<ArrivalTimes> arrival_times(const Arrivals& plan, Chance chance, double horizon_s) {
    switch (plan.model) {
        case Arrivals::Model::none:
        case Arrivals::Model::finite_sources: return std::make_unique<Nothing>();
        case Arrivals::Model::poisson:
            return std::make_unique<Poisson>(plan.rate, chance, horizon_s);
        case Arrivals::Model::markov:
            ASSERT(!plan.states.empty());
            return std::make_unique<Markov>(plan.states, chance, horizon_s);
        case Arrivals::Model::time_of_day:
            ASSERT(!plan.by_hour.empty());
            return std::make_unique<TimeOfDay>(plan.rate, plan.by_hour, chance, horizon_s);
        case Arrivals::Model::flash_crowd:
            return std::make_unique<FlashCrowd>(plan, chance, horizon_s);
        case Arrivals::Model::trace: return std::make_unique<Trace>(plan.instants_s, horizon_s);
    }
    ASSERT(false);
    return nullptr;
}

}  // namespace sim

#include "sim/results/axis.hpp"

#include <cmath>
#include <cstdio>

namespace sim {
namespace {

// The least of 1, 2, 5 x 10^n that is hardly less than `least`.
double round_step(double least) {
    double unit = 1;
    while (unit > least) unit /= 10;
    while (unit * 10 <= least) unit *= 10;
    for (const double factor : {1.0, 2.0, 5.0})
        if (unit * factor >= least * 0.75) return unit * factor;
    return unit * 10;
}

int decimals_of(double step) {
    int decimals = 0;
    while (decimals < 9 && std::fabs(step - std::round(step)) > 1e-6 * step) {
        step *= 10;
        ++decimals;
    }
    return decimals;
}

}  // namespace

Axis::Axis(double low, double high, double begin, double end, int ticks, bool widen)
    : low_{low}, high_{high}, begin_{begin}, end_{end} {
    if (!(high_ > low_)) high_ = low_ + (low_ != 0 ? std::fabs(low_) : 1);
    const double step = round_step((high_ - low_) / ticks);
    if (widen) {
        low_ = std::floor(low_ / step + 1e-9) * step;
        high_ = std::ceil(high_ / step - 1e-9) * step;
    }
    const int decimals = decimals_of(step);
    for (double n = std::ceil(low_ / step - 1e-9); n * step <= high_ + step * 1e-9; ++n) {
        char label[40];
        std::snprintf(label, sizeof label, "%.*f", decimals, n == 0 ? 0.0 : n * step);
        ticks_.push_back({.value = n * step, .label = label});
    }
}

double Axis::place(double value) const {
    return begin_ + (value - low_) / (high_ - low_) * (end_ - begin_);
}

TimeUnit time_unit(double until_s) {
    if (until_s <= 300) return {};
    if (until_s <= 3 * 3'600) return {.seconds = 60, .name = "min"};
    if (until_s <= 4 * 86'400) return {.seconds = 3'600, .name = "h"};
    return {.seconds = 86'400, .name = "d"};
}

}  // namespace sim

// One axis of a picture: where a value lies, and at which round values a line is drawn.
//
// Thread: a value.
#pragma once

#include <string>
#include <vector>

namespace sim {

class Axis {
public:
    /// From low to high in data, from `begin` to `end` in pixels; about `ticks` lines at round
    /// values between. With `widen` the ends move out to round values.
    Axis(double low, double high, double begin, double end, int ticks, bool widen);

    [[nodiscard]] double place(double value) const;
    [[nodiscard]] double low() const { return low_; }
    [[nodiscard]] double high() const { return high_; }
    struct Tick {
        double value = 0;
        std::string label;
    };
    [[nodiscard]] const std::vector<Tick>& ticks() const { return ticks_; }

private:
    double low_, high_, begin_, end_;
    std::vector<Tick> ticks_;
};

/// Virtual time in seconds, minutes, hours or days, whatever reads best up to `until_s`.
struct TimeUnit {
    double seconds = 1;
    std::string name = "s";
};
[[nodiscard]] TimeUnit time_unit(double until_s);

}  // namespace sim

// The mathematics of sim/ against the C library's, and the bits that every compiler must give.
#include "sim/models/exact.hpp"

#include <doctest.h>
#include <bit>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>

#include "base/prng.hpp"

namespace {

double uniform(Prng& prng) { return static_cast<double>(prng.next() >> 11) * 0x1p-53; }

double relative(double got, double expected) {
    return expected == 0 ? std::fabs(got) : std::fabs(got - expected) / std::fabs(expected);
}

}  // namespace

TEST_CASE("logarithm, exponential and power agree with the C library to 1e-14") {
    Prng prng{20'261'121};
    double worst_log = 0, worst_exp = 0, worst_pow = 0;
    for (int i = 0; i < 100'000; ++i) {
        const double x = std::exp(1400 * uniform(prng) - 700);
        worst_log = std::fmax(worst_log, relative(sim::exact::log(x), std::log(x)));
        const double near_one = 0.5 + uniform(prng);
        worst_log = std::fmax(worst_log, relative(sim::exact::log(near_one), std::log(near_one)));
        const double y = 1400 * uniform(prng) - 700;
        worst_exp = std::fmax(worst_exp, relative(sim::exact::exp(y), std::exp(y)));
        const double small = uniform(prng) - 0.5;
        worst_exp = std::fmax(worst_exp, relative(sim::exact::exp(small), std::exp(small)));
        const double base = std::exp(20 * uniform(prng) - 10);
        const double exponent = 7.8 * uniform(prng) - 3.9;
        worst_pow = std::fmax(worst_pow,
                              relative(sim::exact::pow(base, exponent), std::pow(base, exponent)));
    }
    CHECK(worst_log < 1e-15);
    CHECK(worst_exp < 1e-15);
    CHECK(worst_pow < 1e-14);
}

TEST_CASE("the ends of the range are what IEEE 754 says they are") {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    CHECK(sim::exact::log(1) == 0);
    CHECK(sim::exact::log(infinity) == infinity);
    CHECK(relative(sim::exact::log(5e-324), std::log(5e-324)) < 1e-15);
    CHECK(sim::exact::exp(0) == 1);
    CHECK(sim::exact::exp(800) == infinity);
    CHECK(sim::exact::exp(-800) == 0);
    CHECK(relative(sim::exact::exp(709.7), std::exp(709.7)) < 1e-14);
    CHECK(sim::exact::pow(0, 2) == 0);
    CHECK(sim::exact::pow(0, -1) == infinity);
    CHECK(sim::exact::pow(7, 0) == 1);
}

TEST_CASE("the normal's quantile undoes its distribution function") {
    Prng prng{7};
    double worst = 0;
    for (int i = 0; i < 100'000; ++i) {
        const double x = -8 * uniform(prng);  // the lower half: no digits are lost near p = 1
        const double p = 0.5 * std::erfc(-x / std::sqrt(2.0));
        // dp = phi(x) dx: what p's own rounding does to x is no fault of the quantile.
        worst = std::fmax(worst, std::fabs(sim::exact::normal_quantile(p) - x) / (1 + -x));
    }
    CHECK(worst < 1e-14);
    CHECK(sim::exact::normal_quantile(0.5) == 0);
    CHECK(relative(sim::exact::normal_quantile(0.975), 1.959963984540054) < 1e-15);
    CHECK(sim::exact::normal_quantile(0.25) == -sim::exact::normal_quantile(0.75));
}

TEST_CASE("g++ and clang give the same bits") {
    struct Case {
        double got;
        std::uint64_t bits;
    };
    for (const Case& given : {
             Case{sim::exact::log(3), 4607626529066517259u},
             Case{sim::exact::log(1e-300), 13872659378474614709u},
             Case{sim::exact::log(0.999), 13785628853153536883u},
             Case{sim::exact::exp(1), 4613303445314885482u},
             Case{sim::exact::exp(-300.25), 2656127082304645838u},
             Case{sim::exact::exp(0.1), 4607656066507473108u},
             Case{sim::exact::pow(2.5, 3.3), 4626482727843180481u},
             Case{sim::exact::pow(0.07, -0.4), 4613706067450722197u},
             Case{sim::exact::normal_quantile(0.3), 13826270636307301882u},
             Case{sim::exact::normal_quantile(0.01), 13835792925364125454u},
             Case{sim::exact::normal_quantile(1e-14), 13843671896739287092u},
         }) {
        CAPTURE(given.got);
        CHECK(std::bit_cast<std::uint64_t>(given.got) == given.bits);
    }
    Prng prng{1};
    std::uint64_t all = 0;
    for (int i = 0; i < 20'000; ++i) {
        const double u = (static_cast<double>(prng.next() >> 12) + 0.5) * 0x1p-52;
        for (const double value : {sim::exact::log(u), sim::exact::exp(40 * u - 20),
                                   sim::exact::pow(u, 1.7), sim::exact::normal_quantile(u)}) {
            all = Prng{all ^ std::bit_cast<std::uint64_t>(value)}.next();
        }
    }
    CHECK(all == 5963430848253578109u);
}

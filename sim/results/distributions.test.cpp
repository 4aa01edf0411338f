#include "sim/results/distributions.hpp"

#include <doctest.h>

#include <cmath>

using namespace sim;
using doctest::Approx;

TEST_CASE("Student's t is what the printed tables say") {
    struct Case {
        double p, freedom, t;
    };
    // R's qt(), twelve digits; the first three have closed forms (tan, and t/sqrt(2 + t^2)).
    for (const Case& given :
         {Case{0.975, 1, 12.706204736432}, Case{0.975, 2, 4.302652729911}, Case{0.75, 1, 1},
          Case{0.975, 4, 2.776445105198}, Case{0.975, 9, 2.262157162741},
          Case{0.95, 10, 1.812461122812}, Case{0.975, 29, 2.045229642133},
          Case{0.995, 100, 2.625890521395}, Case{0.975, 1e5, 1.959987707}}) {
        CAPTURE(given.p);
        CAPTURE(given.freedom);
        CHECK(student_t_quantile(given.p, given.freedom) == Approx(given.t).epsilon(1e-9));
        CHECK(student_t_quantile(1 - given.p, given.freedom) == Approx(-given.t).epsilon(1e-9));
    }
}

TEST_CASE("a quantile of Student's t has its share below it") {
    for (double freedom : {1.0, 2.0, 3.5, 7.0, 40.0, 999.0})
        for (double p : {0.001, 0.1, 0.4, 0.6, 0.9, 0.9999}) {
            CAPTURE(freedom);
            CAPTURE(p);
            CHECK(student_t(student_t_quantile(p, freedom), freedom) == Approx(p).epsilon(1e-11));
        }
    CHECK(student_t(0, 5) == Approx(0.5));
}

TEST_CASE("chi square is what the printed tables say") {
    // With two degrees of freedom it is exponential: 1 - exp(-x / 2).
    for (double x : {0.01, 1.0, 5.0, 30.0})
        CHECK(chi_square(x, 2) == Approx(1 - std::exp(-x / 2)).epsilon(1e-12));
    CHECK(chi_square_quantile(0.95, 1) == Approx(3.841458820694).epsilon(1e-9));
    CHECK(chi_square_quantile(0.95, 10) == Approx(18.307038053275).epsilon(1e-9));
    CHECK(chi_square_quantile(0.99, 100) == Approx(135.806723200).epsilon(1e-9));
}

TEST_CASE("the gamma function is right where it is a factorial or a root of pi") {
    CHECK(log_gamma(1) == Approx(0).epsilon(1e-14));
    CHECK(log_gamma(11) == Approx(std::log(3628800.0)).epsilon(1e-14));
    CHECK(log_gamma(0.5) == Approx(0.5 * std::log(3.14159265358979323846)).epsilon(1e-14));
    CHECK(log_gamma(0.25) == Approx(std::lgamma(0.25)).epsilon(1e-13));
    CHECK(log_gamma(123456.5) == Approx(std::lgamma(123456.5)).epsilon(1e-13));
}

TEST_CASE("the incomplete beta function is a polynomial where its arguments are whole") {
    // I_x(2, 3) = 1 - (1-x)^4 - 4x(1-x)^3
    for (double x : {0.0, 0.1, 0.5, 0.8, 1.0}) {
        const double y = 1 - x;
        CHECK(beta_share(x, 2, 3) == Approx(1 - y * y * y * y - 4 * x * y * y * y).epsilon(1e-12));
    }
}

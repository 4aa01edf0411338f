#include "sim/results/distributions.hpp"

#include <array>
#include <cmath>

#include "base/assert.hpp"
#include "sim/models/exact.hpp"

namespace sim {
namespace {

constexpr double tiny = 1e-300;
constexpr double close_enough = 1e-15;
constexpr int terms_max = 100'000;  // some sqrt(freedom) are needed

double away_from_zero(double x) { return std::fabs(x) < tiny ? tiny : x; }

// The continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8), by Lentz's
// method.
double beta_fraction(double x, double a, double b) {
    double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), value = d;
    for (int m = 1; m <= terms_max; ++m) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / away_from_zero(1 + even * d);
        c = away_from_zero(1 + even / c);
        value *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away_from_zero(1 + odd * d);
        c = away_from_zero(1 + odd / c);
        value *= d * c;
        if (std::fabs(d * c - 1) < close_enough) break;
    }
    return value;
}

double gamma_series(double a, double x) {  // P(a, x), A&S 6.5.29
    double term = 1 / a, sum = term;
    for (int n = 1; n <= terms_max && term > sum * close_enough; ++n) {
        term *= x / (a + n);
        sum += term;
    }
    return sum * exact::exp(a * exact::log(x) - x - log_gamma(a));
}

double gamma_fraction(double a, double x) {  // 1 - P(a, x), A&S 6.5.31
    double b = x + 1 - a, c = 1 / tiny, d = 1 / away_from_zero(b), value = d;
    for (int n = 1; n <= terms_max; ++n) {
        const double an = -n * (n - a);
        b += 2;
        d = 1 / away_from_zero(an * d + b);
        c = away_from_zero(b + an / c);
        value *= d * c;
        if (std::fabs(d * c - 1) < close_enough) break;
    }
    return value * exact::exp(a * exact::log(x) - x - log_gamma(a));
}

// Where an increasing function passes p, between low and high: halved until nothing lies between.
template <class Function>
double inverse(Function share, double p, double low, double high) {
    while (share(high) < p) {
        low = high;
        high *= 2;
    }
    for (int i = 0; i < 200; ++i) {
        const double middle = (low + high) / 2;
        if (middle <= low || middle >= high) break;
        (share(middle) < p ? low : high) = middle;
    }
    return (low + high) / 2;
}

}  // namespace

double log_gamma(double x) {
    ASSERT(x > 0);
    // Lanczos, g = 7, nine coefficients (P. Godfrey, 2001): 1e-15 for x >= 0.5.
    static constexpr std::array<double, 9> coefficients{
        0.99999999999980993,  676.5203681218851,     -1259.1392167224028,
        771.32342877765313,   -176.61502916214059,   12.507343278686905,
        -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7};
    constexpr double half_log_two_pi = 0.91893853320467274178;
    if (x < 0.5) return log_gamma(x + 1) - exact::log(x);
    const double y = x - 1, t = y + 7.5;
    double sum = coefficients[0];
    for (int i = 1; i < 9; ++i) sum += coefficients[static_cast<std::size_t>(i)] / (y + i);
    return half_log_two_pi + (y + 0.5) * exact::log(t) - t + exact::log(sum);
}

double beta_share(double x, double a, double b) {
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    const double front = exact::exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) +
                                    a * exact::log(x) + b * exact::log(1 - x));
    // The fraction converges fast on this side of the mean.
    if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(x, a, b) / a;
    return 1 - front * beta_fraction(1 - x, b, a) / b;
}

double gamma_share(double a, double x) {
    if (x <= 0) return 0;
    return x < a + 1 ? gamma_series(a, x) : 1 - gamma_fraction(a, x);
}

double student_t(double t, double freedom) {
    // Of the two forms, the one whose argument is small keeps the digits of the tail.
    const double square = t * t;
    const double outside = square > freedom
                               ? beta_share(freedom / (freedom + square), freedom / 2, 0.5)
                               : 1 - beta_share(square / (freedom + square), 0.5, freedom / 2);
    return t > 0 ? 1 - outside / 2 : outside / 2;
}

double student_t_quantile(double p, double freedom) {
    ASSERT(p > 0 && p < 1 && freedom > 0);
    if (p == 0.5) return 0;
    if (p < 0.5) return -student_t_quantile(1 - p, freedom);
    return inverse([&](double t) { return student_t(t, freedom); }, p, 0, 2);
}

double chi_square(double x, double freedom) { return gamma_share(freedom / 2, x / 2); }

double chi_square_quantile(double p, double freedom) {
    ASSERT(p > 0 && p < 1 && freedom > 0);
    return inverse([&](double x) { return chi_square(x, freedom); }, p, 0, freedom + 1);
}

}  // namespace sim

#include "sim/models/exact.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/assert.hpp"

namespace sim::exact {
namespace {

// ln 2 in two parts: the first has 21 trailing zero bits, so that k times it is exact for |k| <
// 2^20.
constexpr double ln2_high = 0x1.62e42feep-1;
constexpr double ln2_low = 0x1.a39ef35793c76p-33;
constexpr double root_of_two = 0x1.6a09e667f3bcdp+0;
constexpr std::uint64_t exponent_one = 1023;

double power_of_two(int exponent) {  // -1022 .. 1023
    return std::bit_cast<double>((exponent_one + static_cast<std::uint64_t>(exponent)) << 52);
}

/// c[0] + c[1] x + c[2] x^2 ... (Horner).
template <std::size_t Count>
double polynomial(const std::array<double, Count>& c, double x) {
    double sum = c[Count - 1];
    for (std::size_t i = Count - 1; i-- > 0;) sum = sum * x + c[i];
    return sum;
}

}  // namespace

double log(double x) {
    ASSERT(x > 0);
    if (x == std::numeric_limits<double>::infinity()) return x;
    int exponent = 0;
    if (x < std::numeric_limits<double>::min()) {  // subnormal
        x *= 0x1p54;
        exponent = -54;
    }
    const auto bits = std::bit_cast<std::uint64_t>(x);
    exponent += static_cast<int>(bits >> 52) - 1023;
    double m = std::bit_cast<double>((bits & 0x000fffffffffffffull) | (exponent_one << 52));
    if (m > root_of_two) {  // near 1 on both sides: no digits cancel around x = 1
        m *= 0.5;
        ++exponent;
    }
    // ln m = 2 atanh s, s = (m - 1) / (m + 1), |s| < 0.1716: eleven terms reach 1e-18.
    static constexpr std::array<double, 11> odd{1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9,
                                                1.0 / 11, 1.0 / 13, 1.0 / 15, 1.0 / 17,
                                                1.0 / 19, 1.0 / 21, 1.0 / 23};
    const double f = m - 1;
    const double s = f / (2 + f);
    const double square = s * s;
    const double small = 2 * s * square * polynomial(odd, square);
    const double k = exponent;
    return k * ln2_high + (2 * s + (small + k * ln2_low));
}

double exp(double x) {
    if (x != x) return x;
    if (x > 709.78) return std::numeric_limits<double>::infinity();
    if (x < -708.39) return 0;
    const double k = std::floor(x * 0x1.71547652b82fep+0 + 0.5);  // x / ln 2, rounded
    const double r = (x - k * ln2_high) - k * ln2_low;            // |r| < 0.347
    static constexpr std::array<double, 13> factorials{
        // 1 / (n + 2)!
        1.0 / 2,         1.0 / 6,          1.0 / 24,         1.0 / 120,     1.0 / 720,
        1.0 / 5040,      1.0 / 40320,      1.0 / 362880,     1.0 / 3628800, 1.0 / 39916800,
        1.0 / 479001600, 1.0 / 6227020800, 1.0 / 87178291200};
    const double value = 1 + (r + r * r * polynomial(factorials, r));
    const int exponent = static_cast<int>(k);
    if (exponent == 1024) return value * 2 * power_of_two(1023);
    return value * power_of_two(exponent);
}

double pow(double base, double exponent) {
    ASSERT(base >= 0);
    if (exponent == 0 || base == 1) return 1;
    if (base == 0) return exponent > 0 ? 0 : std::numeric_limits<double>::infinity();
    return exp(exponent * log(base));
}

// M. J. Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution", Applied
// Statistics 37 (1988), PPND16: rational approximations in the middle and in two tails.
double normal_quantile(double p) {
    ASSERT(p > 0 && p < 1);
    static constexpr std::array<double, 8> a{3.3871328727963666080e0,  1.3314166789178437745e+2,
                                             1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                             4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                             3.3430575583588128105e+4, 2.5090809287301226727e+3};
    static constexpr std::array<double, 8> b{1,
                                             4.2313330701600911252e+1,
                                             6.8718700749205790830e+2,
                                             5.3941960214247511077e+3,
                                             2.1213794301586595867e+4,
                                             3.9307895800092710610e+4,
                                             2.8729085735721942674e+4,
                                             5.2264952788528545610e+3};
    static constexpr std::array<double, 8> c{1.42343711074968357734e0,  4.63033784615654529590e0,
                                             5.76949722146069140550e0,  3.64784832476320460504e0,
                                             1.27045825245236838258e0,  2.41780725177450611770e-1,
                                             2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static constexpr std::array<double, 8> d{1,
                                             2.05319162663775882187e0,
                                             1.67638483018380384940e0,
                                             6.89767334985100004550e-1,
                                             1.48103976427480074590e-1,
                                             1.51986665636164571966e-2,
                                             5.47593808499534494600e-4,
                                             1.05075007164441684324e-9};
    static constexpr std::array<double, 8> e{6.65790464350110377720e0,  5.46378491116411436990e0,
                                             1.78482653991729133580e0,  2.96560571828504891230e-1,
                                             2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                             2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static constexpr std::array<double, 8> f{1,
                                             5.99832206555887937690e-1,
                                             1.36929880922735805310e-1,
                                             1.48753612908506148525e-2,
                                             7.86869131145613259100e-4,
                                             1.84631831751005468180e-5,
                                             1.42151175831644588870e-7,
                                             2.04426310338993978564e-15};
    const double q = p - 0.5;
    if (q >= -0.425 && q <= 0.425) {
        const double r = 0.180625 - q * q;
        return q * polynomial(a, r) / polynomial(b, r);
    }
    const double tail = std::sqrt(-log(q < 0 ? p : 1 - p));
    const double r = tail <= 5 ? tail - 1.6 : tail - 5;
    const double x =
        tail <= 5 ? polynomial(c, r) / polynomial(d, r) : polynomial(e, r) / polynomial(f, r);
    return q < 0 ? -x : x;
}

}  // namespace sim::exact

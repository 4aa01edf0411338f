// Mathematics whose bits are the same with every compiler and processor: built of +, -, *, / and
// square roots alone, which IEEE 754 rounds in one way only. (sim/ is compiled with
// -ffp-contract=off.) Relative error below 1e-14; of pow, while the result lies in 1e-17 .. 1e17.
//
// Thread: pure functions. Time: 10 to 30 ns each.
#pragma once

namespace sim::exact {

[[nodiscard]] double log(double x);  // x > 0
/// Too large: infinity. Too small: zero (subnormal results are not made).
[[nodiscard]] double exp(double x);
[[nodiscard]] double pow(double base, double exponent);  // base > 0; base 0: 0
/// The x that a standard normal stays below with probability p, 0 < p < 1 (Wichura, AS 241).
[[nodiscard]] double normal_quantile(double p);

}  // namespace sim::exact

// The distributions that intervals and tests lean on: Student's t, chi square, and the special
// functions below them. Bits are the same with every compiler (sim/models/exact.hpp).
//
// Thread: pure functions. Relative error below 1e-9 for up to a hundred thousand degrees of
// freedom.
#pragma once

namespace sim {

/// ln Gamma(x), x > 0.
[[nodiscard]] double log_gamma(double x);
/// Regularised incomplete beta function I_x(a, b); 0 <= x <= 1.
[[nodiscard]] double beta_share(double x, double a, double b);
/// Regularised lower incomplete gamma function P(a, x).
[[nodiscard]] double gamma_share(double a, double x);

/// Share of Student's t with `freedom` degrees of freedom that lies below t.
[[nodiscard]] double student_t(double t, double freedom);
/// What a share p stays below; 0 < p < 1.
[[nodiscard]] double student_t_quantile(double p, double freedom);
/// Share of chi square that lies below x.
[[nodiscard]] double chi_square(double x, double freedom);
[[nodiscard]] double chi_square_quantile(double p, double freedom);

}  // namespace sim

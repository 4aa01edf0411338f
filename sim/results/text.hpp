// Numbers as people read them: no more digits than are known.
//
// Thread: pure functions.
#pragma once

#include <string>
#include <vector>

#include "sim/results/estimate.hpp"

namespace sim {

/// With so many significant digits, never in scientific notation between 1e-6 and 1e15.
[[nodiscard]] std::string rounded(double value, int digits = 4);
/// The same without zeros at the end: 54, 0.25, 2680.
[[nodiscard]] std::string brief(double value, int digits = 3);
/// All digits that a double has: files are for machines.
[[nodiscard]] std::string exact_text(double value);
/// Nine digits, no zeros at the end.
[[nodiscard]] std::string short_text(double value, int digits = 9);
/// Whole, in groups of three: 12,345,678.
[[nodiscard]] std::string grouped_digits(double value);
/// Mean and half width with the same number of decimals, two digits of the half width; without an
/// interval four digits and "-".
struct Written {
    std::string mean, half_width;
};
[[nodiscard]] Written written(const Interval& interval);
/// Columns as wide as their widest cell (in characters of UTF-8), two spaces apart. The first is
/// left-aligned, and those named in `left`.
[[nodiscard]] std::string aligned(const std::vector<std::vector<std::string>>& rows,
                                  const std::vector<std::size_t>& left = {});
/// 1:02:03, 2:03, 0:03.
[[nodiscard]] std::string clock_time(double seconds);

}  // namespace sim

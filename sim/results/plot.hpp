// Pictures for a page: SVG made of our own numbers, coloured by the page's classes, so that light
// and dark are the page's affair. No script, no network.
//
// Thread: pure functions that return an <svg> element.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/results/recorder.hpp"

namespace sim {

/// & < > " as entities.
[[nodiscard]] std::string escaped(const std::string& text);

struct CoursePoint {
    double at_s = 0;
    std::optional<double> mean;  // nothing measured: the line has a gap
    double half_width = 0;       // of the band; zero: none
};
struct CoursePlot {
    std::vector<CoursePoint> points;  // middles of equal slices
    double until_s = 0, warm_up_s = 0;
    double overall = 0;  // a thin line; warm-up taken off
    bool from_zero = true;
    std::string about;  // for those who cannot see it
};
[[nodiscard]] std::string svg(const CoursePlot& plot);

struct HistogramPlot {
    Recorder::Histogram counts;
    bool steps = false;  // whole numbers (levels): one bar each while they fit
    std::string unit;
    std::vector<std::pair<std::string, double>> marks;  // "p95" and where
    std::string about;
};
[[nodiscard]] std::string svg(const HistogramPlot& plot);

/// Differences in their own half widths: beyond one, the interval does not hold zero.
struct ForestPlot {
    struct Row {
        std::string name;
        double low = 0, middle = 0, high = 0;  // in percent of the first
        bool significant = false;
    };
    std::vector<Row> rows;
    std::string about;
};
[[nodiscard]] std::string svg(const ForestPlot& plot);

}  // namespace sim

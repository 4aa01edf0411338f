#include "sim/results/plot.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "sim/results/axis.hpp"
#include "sim/results/text.hpp"

namespace sim {
namespace {

constexpr double width = 560, height = 230;
constexpr double left = 54, right = 12, top = 14, bottom = 34;

std::string place(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.1f", value);
    return text;
}

std::string line(double x1, double y1, double x2, double y2, const char* kind) {
    return std::string{"<line class=\""} + kind + "\" x1=\"" + place(x1) + "\" y1=\"" + place(y1) +
           "\" x2=\"" + place(x2) + "\" y2=\"" + place(y2) + "\"/>";
}

std::string label(double x, double y, const std::string& text, const char* kind) {
    return std::string{"<text class=\""} + kind + "\" x=\"" + place(x) + "\" y=\"" + place(y) +
           "\">" + escaped(text) + "</text>";
}

std::string bar(double x, double y, double w, double h, const char* kind) {
    return std::string{"<rect class=\""} + kind + "\" x=\"" + place(x) + "\" y=\"" + place(y) +
           "\" width=\"" + place(std::max(0.0, w)) + "\" height=\"" + place(std::max(0.0, h)) +
           "\"/>";
}

std::string picture(const std::string& inside, const std::string& about, double wide = width,
                    double high = height) {
    return "<svg viewBox=\"0 0 " + place(wide) + " " + place(high) + "\" role=\"img\"><title>" +
           escaped(about) + "</title>" + inside + "</svg>";
}

std::string lying_lines(const Axis& y, const std::string& unit = {}) {
    std::string text;
    for (const auto& tick : y.ticks()) {
        text += line(left, y.place(tick.value), width - right, y.place(tick.value), "grid");
        text += label(left - 7, y.place(tick.value) + 3.5, tick.label + unit, "end");
    }
    return text;
}

std::string foot(const Axis& x, const std::string& unit) {
    std::string text = line(left, height - bottom, width - right, height - bottom, "axis");
    for (const auto& tick : x.ticks()) {
        const double at = x.place(tick.value);
        text += line(at, height - bottom, at, height - bottom + 4, "axis");
        text += label(at, height - bottom + 16, tick.label, "middle");
    }
    return text + label(width - right, height - 3, unit, "end unit");
}

// Stretches without a gap.
std::vector<std::vector<CoursePoint>> stretches(const CoursePlot& plot) {
    std::vector<std::vector<CoursePoint>> all(1);
    for (const auto& point : plot.points) {
        if (point.mean)
            all.back().push_back(point);
        else if (!all.back().empty())
            all.emplace_back();
    }
    if (all.back().empty()) all.pop_back();
    return all;
}

}  // namespace

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '&': result += "&amp;"; break;
            case '<': result += "&lt;"; break;
            case '>': result += "&gt;"; break;
            case '"': result += "&quot;"; break;
            default: result += c;
        }
    }
    return result;
}

std::string svg(const CoursePlot& plot) {
    double low = plot.overall, high = plot.overall;
    for (const auto& point : plot.points) {
        if (!point.mean) continue;
        // A slice with hardly anything in it has a huge band: the line decides, bands may be cut.
        const double reach = std::min(point.half_width, std::fabs(*point.mean) * 0.5);
        low = std::min(low, *point.mean - reach);
        high = std::max(high, *point.mean + reach);
    }
    if (plot.from_zero) low = std::min(0.0, std::max(low, 0.0));
    const Axis y{low, high, height - bottom, top, 4, true};
    const TimeUnit unit = time_unit(plot.until_s);
    const Axis x{0, plot.until_s / unit.seconds, left, width - right, 8, false};
    const auto across = [&](double at_s) { return x.place(at_s / unit.seconds); };
    const auto up = [&](double value) { return y.place(std::clamp(value, y.low(), y.high())); };
    std::string inside = lying_lines(y);
    if (plot.warm_up_s > 0) {
        const double end = across(std::min(plot.warm_up_s, plot.until_s));
        inside += bar(left, top, end - left, height - bottom - top, "warm");
        inside += line(end, top, end, height - bottom, "warm-end");
        inside += end - left > 60 ? label(end - 5, top + 11, "warm-up", "end soft")
                                  : label(end + 5, top + 11, "warm-up", "soft");
    }
    for (const auto& stretch : stretches(plot)) {
        std::string band, back, mean;
        for (const auto& point : stretch) {
            const std::string at = place(across(point.at_s)) + ",";
            band += at + place(up(*point.mean + point.half_width)) + " ";
            back.insert(0, at + place(up(*point.mean - point.half_width)) + " ");
            mean += at + place(up(*point.mean)) + " ";
        }
        inside += "<polygon class=\"band\" points=\"" + band + back + "\"/>";
        inside += "<polyline class=\"mean\" points=\"" + mean + "\"/>";
    }
    const double from = across(std::min(plot.warm_up_s, plot.until_s));
    inside += line(from, up(plot.overall), width - right, up(plot.overall), "overall");
    return picture(inside + foot(x, unit.name), plot.about);
}

namespace {

struct Bin {
    double from = 0, to = 0, share = 0;
};

// Equal steps between the 0.1 % and the 99.9 % point; what lies outside joins the outermost.
std::vector<Bin> bins_of(const HistogramPlot& plot) {
    constexpr int bins_max = 44;
    const auto low = percentile(plot.counts, 0.001, plot.steps);
    if (!low) return {};
    double begin = *low, end = *percentile(plot.counts, 0.999, plot.steps);
    const bool whole = plot.steps && end - begin < bins_max;
    if (plot.steps) end += 1;
    if (!(end > begin)) end = begin + std::max(begin / 16, 1e-6);
    const int count = whole ? static_cast<int>(end - begin + 0.5) : bins_max;
    std::vector<Bin> bins(static_cast<std::size_t>(count));
    const double step = (end - begin) / count;
    for (int i = 0; i < count; ++i)
        bins[static_cast<std::size_t>(i)] = {begin + i * step, begin + (i + 1) * step, 0};
    double all = 0;
    for (const auto times : plot.counts.counts) all += static_cast<double>(times);
    const auto bin_at = [&](double value) {
        const double index = std::floor((value - begin) / step + 1e-9);
        return static_cast<std::size_t>(std::clamp(index, 0.0, count - 1.0));
    };
    for (std::size_t i = 0; i < plot.counts.counts.size(); ++i) {
        const double share = static_cast<double>(plot.counts.counts[i]) / all;
        if (share == 0) continue;
        const auto bucket = plot.counts.first + static_cast<std::uint32_t>(i);
        const double from = bucket_begin(bucket), to = bucket_end(bucket);
        if (plot.steps || bucket == 0) {
            bins[bin_at(from)].share += share;
            continue;
        }
        // A bucket wider than a bin is shared out evenly.
        const std::size_t first = bin_at(from), last = bin_at(to - (to - from) * 1e-9);
        for (std::size_t k = first; k <= last; ++k) {
            const double a = k == first ? from : bins[k].from, b = k == last ? to : bins[k].to;
            bins[k].share += share * (b - a) / (to - from);
        }
    }
    return bins;
}

}  // namespace

std::string svg(const HistogramPlot& plot) {
    const auto bins = bins_of(plot);
    if (bins.empty()) return picture(label(width / 2, height / 2, "nothing", "middle"), plot.about);
    double most = 0;
    for (const auto& bin : bins) most = std::max(most, bin.share);
    const Axis y{0, 100 * most, height - bottom, top, 4, true};
    const Axis x{bins.front().from, bins.back().to, left, width - right, 8, false};
    std::string inside = lying_lines(y, " %");
    for (const auto& bin : bins) {
        const double from = x.place(bin.from), to = x.place(bin.to);
        const double gap = std::min(1.0, (to - from) * 0.12), high = y.place(100 * bin.share);
        inside += bar(from + gap, high, to - from - 2 * gap, height - bottom - high, "bar");
    }
    // Labels that would overlap go one line down.
    double free_from = 0;
    double row = 0;
    for (const auto& [name, value] : plot.marks) {
        const double at = x.place(std::clamp(value, x.low(), x.high()));
        row = at < free_from ? row + 1 : 0;
        inside += line(at, top - 4, at, height - bottom, "mark");
        const bool turned = at > width - 90;
        inside += label(at + (turned ? -4 : 4), top + 6 + 13 * row, name + " " + brief(value),
                        turned ? "end strong" : "strong");
        free_from = at + 78;
    }
    return picture(inside + foot(x, plot.unit), plot.about);
}

std::string svg(const ForestPlot& plot) {
    constexpr double row_high = 24, names = 210, wide = 1'100;
    const double high = top + bottom + row_high * static_cast<double>(plot.rows.size());
    double low_end = 0, high_end = 0;
    for (const auto& row : plot.rows) {
        low_end = std::min(low_end, row.low);
        high_end = std::max(high_end, row.high);
    }
    const Axis x{low_end, high_end, names, wide - right - 8, 10, true};
    std::string inside;
    for (const auto& tick : x.ticks()) {
        const double at = x.place(tick.value);
        inside += line(at, top, at, high - bottom, tick.value == 0 ? "axis" : "grid");
        inside += label(at, high - bottom + 16, tick.label, "middle");
    }
    for (std::size_t i = 0; i < plot.rows.size(); ++i) {
        const auto& row = plot.rows[i];
        const double y = top + row_high * (static_cast<double>(i) + 0.5);
        const char* kind = row.significant ? "whisker" : "whisker noise";
        inside += label(names - 12, y + 4, row.name, row.significant ? "end strong" : "end soft");
        inside += line(x.place(row.low), y, x.place(row.high), y, kind);
        for (const double end : {row.low, row.high})
            inside += line(x.place(end), y - 4, x.place(end), y + 4, kind);
        inside += "<circle class=\"" + std::string{row.significant ? "dot" : "dot noise"} +
                  "\" cx=\"" + place(x.place(row.middle)) + "\" cy=\"" + place(y) + "\" r=\"4\"/>";
    }
    inside += label(wide - right, high - 3, "% of A", "end unit");
    return picture(inside, plot.about, wide, high);
}

}  // namespace sim

#include "sim/results/theory.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include "base/assert.hpp"

namespace sim::theory {

double erlang_b(double load, std::uint32_t lines) {
    // 1/B(n) = 1 + n / load x 1/B(n-1): additions only, so nothing cancels (Cooper 1981, 3.3).
    if (load <= 0) return lines == 0 ? 1 : 0;
    double inverse = 1;
    for (std::uint32_t n = 1; n <= lines; ++n) inverse = 1 + inverse * n / load;
    return 1 / inverse;
}

Waiting erlang_c(double load, std::uint32_t lines, double holding_s) {
    ASSERT(load < lines);
    const double blocked = erlang_b(load, lines);
    Waiting waiting;
    waiting.waits = lines * blocked / (lines - load * (1 - blocked));
    waiting.mean_wait_s = holding_s / (lines - load);
    waiting.mean_s = waiting.waits * waiting.mean_wait_s;
    return waiting;
}

Queueing queue(double load, std::uint32_t lines, std::uint32_t places, double holding_s) {
    // The birth-death chain, from its empty state on.
    std::vector<double> share{1};
    for (std::uint32_t n = 1; n <= lines + places; ++n)
        share.push_back(share.back() * load / (n < lines ? n : lines));
    double all = 0;
    for (const double p : share) all += p;
    Queueing result;
    for (std::uint32_t n = 0; n <= lines + places; ++n) {
        const double p = share[n] / all;
        result.busy += p * (n < lines ? n : lines);
        if (n >= lines) result.queued += p * (n - lines);
        if (n >= lines && n < lines + places) result.waits += p;
    }
    result.blocked = share.back() / all;
    // Little: those that enter come at load / holding x (1 - blocked).
    result.mean_wait_s = result.queued * holding_s / (load * (1 - result.blocked));
    return result;
}

namespace {

// Shares of time with 0 .. lines of them busy, when each of `sources` calls at `offered`.
std::vector<double> engset_states(std::uint32_t sources, double offered, std::uint32_t lines) {
    std::vector<double> share{1};
    double all = 1;
    for (std::uint32_t n = 1; n <= lines; ++n) {
        share.push_back(n <= sources ? share.back() * offered * (sources - n + 1) / n : 0);
        all += share.back();
    }
    for (double& p : share) p /= all;
    return share;
}

}  // namespace

Engset engset(std::uint32_t sources, double offered, std::uint32_t lines) {
    ASSERT(sources > 0);
    const auto share = engset_states(sources, offered, lines);
    Engset result{.time = share.back(), .call = engset_states(sources - 1, offered, lines).back()};
    for (std::uint32_t n = 0; n <= lines; ++n) result.busy += n * share[n];
    return result;
}

// A chain of (lines busy, callers in the orbit). The orbit grows only while all lines are busy, so
// the row of probabilities of orbit j + 1 is p(lines, j) times a vector that solves one small
// system, worked out from the cut downwards.
namespace {

using Row = std::vector<double>;
using Square = std::vector<Row>;

// Solves x A = b by elimination with the largest pivot; overwrites both.
Row solve_left(Square a, Row b) {
    const std::size_t size = b.size();
    for (std::size_t i = 0; i < size; ++i)  // x A = b is A' x = b
        for (std::size_t k = i + 1; k < size; ++k) std::swap(a[i][k], a[k][i]);
    for (std::size_t i = 0; i < size; ++i) {
        std::size_t pivot = i;
        for (std::size_t k = i + 1; k < size; ++k)
            if (std::fabs(a[k][i]) > std::fabs(a[pivot][i])) pivot = k;
        std::swap(a[i], a[pivot]);
        std::swap(b[i], b[pivot]);
        for (std::size_t k = i + 1; k < size; ++k) {
            const double factor = a[k][i] / a[i][i];
            if (factor == 0) continue;
            for (std::size_t j = i; j < size; ++j) a[k][j] -= factor * a[i][j];
            b[k] -= factor * b[i];
        }
    }
    for (std::size_t i = size; i-- > 0;) {
        for (std::size_t k = i + 1; k < size; ++k) b[i] -= a[i][k] * b[k];
        b[i] /= a[i][i];
    }
    return b;
}

struct RetrialChain {
    double load, retry;  // arrivals and each orbiting caller's tries, per holding time
    std::uint32_t lines;
    double persistence;

    // Rates inside orbit j, outflow on the diagonal; `above` leads down into it from orbit j + 1.
    [[nodiscard]] Square level(std::uint32_t j, const Row& above) const {
        Square rates(lines + 1, Row(lines + 1, 0));
        for (std::uint32_t n = 0; n <= lines; ++n) {
            const bool full = n == lines;
            rates[n][n] = -(n + load + j * retry);
            if (n > 0) rates[n][n - 1] = n;
            if (!full) rates[n][n + 1] = load;
        }
        // From (lines, j) up to orbit j + 1 and back: whoever goes up comes down at once, seen
        // from here, so that the flow back replaces the flow up. Its sum is taken of what leaves
        // (lines, j) for good: a difference would lose all digits (Grassmann, Taksar, Heyman 1985).
        double leaves = lines + j * retry * (1 - persistence);
        for (std::uint32_t n = 0; n < above.size() && n < lines; ++n) {
            const double down = above[n] * (j + 1) * retry;
            rates[lines][n + 1] += down;
            if (n + 1 < lines) leaves += down;
        }
        rates[lines][lines] = -leaves;
        return rates;
    }

    // vectors[j]: the row of orbit j for p(lines, j - 1) = 1; vectors[0]: the row itself.
    [[nodiscard]] std::vector<Row> rows(std::uint32_t orbit_max) const {
        std::vector<Row> vectors(orbit_max + 1);
        Row above;
        for (std::uint32_t j = orbit_max; j > 0; --j) {
            Row wanted(lines + 1, 0);
            wanted[lines] = -load * persistence;
            vectors[j] = solve_left(level(j, above), wanted);
            above = vectors[j];
        }
        // Orbit 0 is a chain of its own: one equation gives way to "p(lines, 0) = 1".
        Square rates = level(0, above);
        Row wanted(lines + 1, 0);
        for (std::uint32_t n = 0; n <= lines; ++n) rates[n][0] = n == lines ? 1 : 0;
        wanted[0] = 1;
        vectors[0] = solve_left(rates, wanted);
        return vectors;
    }
};

}  // namespace

Retrials retrials(double load, std::uint32_t lines, double retry_s, double holding_s,
                  double persistence) {
    ASSERT(load < lines || persistence < 1);
    const RetrialChain chain{load, holding_s / retry_s, lines, persistence};
    for (std::uint32_t orbit_max = 64;; orbit_max *= 2) {
        double all = 0, scale = 1, top = 0, attempts = 0, blocked = 0;
        Retrials result;
        const auto rows = chain.rows(orbit_max);
        for (std::uint32_t j = 0; j <= orbit_max; ++j) {
            top = 0;
            const double tries = load + j * chain.retry;
            for (std::uint32_t n = 0; n <= lines; ++n) {
                const double p = rows[j][n] * scale;
                top += p;
                result.busy += p * n;
                result.orbit += p * j;
                attempts += p * tries;
                if (n == lines) blocked += p * tries;
            }
            all += top;
            scale *= rows[j][lines];
        }
        if (top > 1e-12 * all && orbit_max < 1u << 20) continue;
        result.busy /= all;
        result.orbit /= all;
        result.blocked = blocked / attempts;
        return result;
    }
}

}  // namespace sim::theory

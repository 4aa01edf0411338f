#include "sim/results/theory.hpp"

#include <doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace sim::theory;
using doctest::Approx;

TEST_CASE("Erlang B is what the printed tables say") {
    // T. Frankel, ABC of the Telephone 5; Cooper 1981: A for B = 0.01 with 1, 10, 20, 100 lines.
    CHECK(erlang_b(0.0101, 1) == Approx(0.01).epsilon(1e-3));
    CHECK(erlang_b(4.461, 10) == Approx(0.01).epsilon(1e-3));
    CHECK(erlang_b(12.03, 20) == Approx(0.01).epsilon(2e-3));
    CHECK(erlang_b(84.06, 100) == Approx(0.01).epsilon(1e-3));
    CHECK(erlang_b(2, 2) == Approx(0.4));  // (4/2) / (1 + 2 + 2)
    CHECK(erlang_b(0, 3) == 0);
    CHECK(erlang_b(5, 0) == 1);
}

TEST_CASE("Erlang C is M/M/1 with one line and an endless queue otherwise") {
    const Waiting one = erlang_c(0.8, 1, 10);
    CHECK(one.waits == Approx(0.8));
    CHECK(one.mean_s == Approx(40));  // load / (1 - load) x holding
    const Waiting two = erlang_c(1, 2, 1);
    CHECK(two.waits == Approx(1.0 / 3));
    const Queueing long_queue = queue(8, 10, 2000, 3);
    const Waiting endless = erlang_c(8, 10, 3);
    CHECK(long_queue.waits == Approx(endless.waits).epsilon(1e-10));
    CHECK(long_queue.mean_wait_s == Approx(endless.mean_s).epsilon(1e-10));
    CHECK(long_queue.busy == Approx(8).epsilon(1e-10));
}

TEST_CASE("a queue without places is Erlang B") {
    const Queueing none = queue(8, 10, 0, 3);
    CHECK(none.blocked == Approx(erlang_b(8, 10)));
    CHECK(none.waits == 0);
    CHECK(none.busy == Approx(8 * (1 - none.blocked)));
}

TEST_CASE("Engset's arrivals see the system without themselves") {
    // Three sources at 0.5 on two lines: states 1, 1.5, 0.75; two sources: 1, 1, 0.25.
    const Engset few = engset(3, 0.5, 2);
    CHECK(few.time == Approx(0.75 / 3.25));
    CHECK(few.call == Approx(0.25 / 2.25));
    CHECK(few.busy == Approx((1.5 + 2 * 0.75) / 3.25));
    CHECK(engset(2, 0.5, 2).call == 0);  // a line for everybody
    // Many sources that call seldom are Poisson.
    CHECK(engset(1'000'000, 8e-6, 10).call == Approx(erlang_b(8, 10)).epsilon(1e-4));
}

TEST_CASE("retrials on one line are Falin and Templeton's closed formula") {
    // N = (rho^2 + lambda rho / mu') / (1 - rho); every blocked attempt is tried again, so the
    // blocked share is mu' N / (lambda + mu' N).
    for (double load : {0.2, 0.5, 0.8})
        for (double retry_s : {0.5, 1.0, 5.0}) {
            CAPTURE(load);
            CAPTURE(retry_s);
            const Retrials chain = retrials(load, 1, retry_s, 1);
            const double orbit = (load * load + load * load * retry_s) / (1 - load);
            CHECK(chain.orbit == Approx(orbit).epsilon(1e-9));
            CHECK(chain.busy == Approx(load).epsilon(1e-9));
            CHECK(chain.blocked ==
                  Approx(orbit / retry_s / (load + orbit / retry_s)).epsilon(1e-9));
        }
}

TEST_CASE("retrials at once are a queue, late ones Cohen's fixed point, none Erlang B") {
    const Waiting endless = erlang_c(7, 10, 1);
    CHECK(retrials(7, 10, 1e-6, 1).orbit == Approx(7 * endless.mean_s).epsilon(1e-4));
    double repeated = 0;  // r = (load + r) B(load + r)
    for (int i = 0; i < 10'000; ++i) repeated = (7 + repeated) * erlang_b(7 + repeated, 10);
    CHECK(retrials(7, 10, 300, 1).blocked == Approx(erlang_b(7 + repeated, 10)).epsilon(2e-3));
    CHECK(retrials(7, 10, 5, 1, 0).blocked == Approx(erlang_b(7, 10)).epsilon(1e-9));
}

TEST_CASE("who gives up at times leaves lines to the others") {
    const Retrials all = retrials(8, 10, 0.1, 1), some = retrials(8, 10, 0.1, 1, 0.7);
    CHECK(all.busy == Approx(8).epsilon(1e-9));
    CHECK(some.busy < all.busy);
    CHECK(some.blocked < all.blocked);
    CHECK(some.blocked > erlang_b(8, 10));
    CHECK(retrials(15, 10, 0.1, 1, 0.7).busy < 10);  // overload is bearable when people give up
}

namespace {

// The same chain by nothing that theory.cpp knows: all states in one list, the balance of each
// (what comes in is what goes out) taken in turns until nothing moves (Gauss and Seidel), the orbit
// cut at `orbit_max`.
double blocked_by_balance(double load, std::size_t lines, double retry, double persistence,
                          std::size_t orbit_max) {
    const auto at = [&](std::size_t busy, std::size_t orbit) { return orbit * (lines + 1) + busy; };
    std::vector<double> p((lines + 1) * (orbit_max + 1), 1);
    const double tries = 1 / retry, gives_up = 1 - persistence;  // holding times of one
    double moved = 1;
    for (int round = 0; round < 100'000 && moved > 1e-14; ++round) {
        moved = 0;
        double sum = 0;
        for (std::size_t orbit = 0; orbit <= orbit_max; ++orbit)
            for (std::size_t busy = 0; busy <= lines; ++busy) {
                const bool full = busy == lines;
                const auto n = static_cast<double>(orbit);
                double in = 0;
                if (busy > 0) in += load * p[at(busy - 1, orbit)];
                if (!full) in += static_cast<double>(busy + 1) * p[at(busy + 1, orbit)];
                if (busy > 0 && orbit < orbit_max)
                    in += (n + 1) * tries * p[at(busy - 1, orbit + 1)];
                if (full && orbit > 0) in += load * persistence * p[at(busy, orbit - 1)];
                if (full && orbit < orbit_max)
                    in += (n + 1) * tries * gives_up * p[at(busy, orbit + 1)];
                double out = static_cast<double>(busy) + n * tries * (full ? gives_up : 1);
                if (!full || orbit < orbit_max) out += load * (full ? persistence : 1);
                const double now = in / out;
                moved = std::max(moved, std::fabs(now - p[at(busy, orbit)]) / (now + 1e-30) *
                                            std::min(1.0, now * 1e6));
                p[at(busy, orbit)] = now;
                sum += now;
            }
        for (double& one : p) one /= sum;
    }
    double attempts = 0, blocked = 0;
    for (std::size_t orbit = 0; orbit <= orbit_max; ++orbit)
        for (std::size_t busy = 0; busy <= lines; ++busy) {
            const double rate = (load + static_cast<double>(orbit) * tries) * p[at(busy, orbit)];
            attempts += rate;
            if (busy == lines) blocked += rate;
        }
    return blocked / attempts;
}

}  // namespace

TEST_CASE("retrials on two lines are the product formula of Falin and Templeton") {
    // 1997, 2.2, and Hanschke 1987: with lambda = load, mu' = 1 / retry and holding times of one,
    // p(0,j+1) / p(0,j) = lambda ((lambda + j mu')^2 + j mu') / ((j+1) mu' (2 + 3 lambda + 2 (j+1)
    // mu')), p(1,j) = (lambda + j mu') p(0,j), and what enters level j+1 leaves it again:
    // lambda p(2,j) = (j+1) mu' (p(0,j+1) + p(1,j+1)).
    for (const double load : {0.5, 1.0, 1.6})
        for (const double retry : {0.3, 1.0, 4.0}) {
            CAPTURE(load);
            CAPTURE(retry);
            const double tries = 1 / retry;
            double p0 = 1, attempts = 0, blocked = 0, all = 0, busy = 0, orbit = 0;
            for (int j = 0; j < 4'000; ++j) {
                const double next = p0 * load *
                                    ((load + j * tries) * (load + j * tries) + j * tries) /
                                    ((j + 1) * tries * (2 + 3 * load + 2 * (j + 1) * tries));
                const double p1 = (load + j * tries) * p0;
                const double p2 = (j + 1) * tries * (next + (load + (j + 1) * tries) * next) / load;
                attempts += (load + j * tries) * (p0 + p1 + p2);
                blocked += (load + j * tries) * p2;
                all += p0 + p1 + p2;
                busy += p1 + 2 * p2;
                orbit += j * (p0 + p1 + p2);
                p0 = next;
            }
            const Retrials chain = retrials(load, 2, retry, 1);
            CHECK(chain.blocked == Approx(blocked / attempts).epsilon(1e-9));
            CHECK(chain.busy == Approx(busy / all).epsilon(1e-9));
            CHECK(chain.busy == Approx(load).epsilon(1e-9));
            CHECK(chain.orbit == Approx(orbit / all).epsilon(1e-8));
        }
}

TEST_CASE("retrials on many lines are what the balance of every state says") {
    CHECK(retrials(9, 12, 0.5, 1).blocked ==
          Approx(blocked_by_balance(9, 12, 0.5, 1, 160)).epsilon(1e-6));
    CHECK(retrials(9, 12, 0.5, 1, 0.7).blocked ==
          Approx(blocked_by_balance(9, 12, 0.5, 0.7, 60)).epsilon(1e-6));
    CHECK(retrials(2, 3, 2, 1).blocked ==
          Approx(blocked_by_balance(2, 3, 2, 1, 200)).epsilon(1e-6));
}

TEST_CASE("Cohen's fixed point is the one that others compute") {
    // The LINE solver (Imperial College), qsys_mmcc_retrial_fp(8, 1, 10), 2026: 2.4736504292 calls
    // are repeated in a holding time, 0.2361784409 of all attempts are blocked.
    double repeated = 0;
    for (int i = 0; i < 10'000; ++i) repeated = (8 + repeated) * erlang_b(8 + repeated, 10);
    CHECK(repeated == Approx(2.4736504292).epsilon(1e-9));
    CHECK(erlang_b(8 + repeated, 10) == Approx(0.2361784409).epsilon(1e-9));
}

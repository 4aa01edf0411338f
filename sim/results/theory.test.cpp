#include "sim/results/theory.hpp"

#include <doctest.h>

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

#include "media/sound/mix.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

#include "media/sound/frame.hpp"

namespace {

using Sound = std::vector<std::int16_t>;

// Obviously right, and squared: everybody adds up everybody else, in 64 bits.
Sound naive_mix(const std::vector<Sound>& legs, std::size_t listener) {
    Sound out(legs[listener].size());
    for (std::size_t i = 0; i < out.size(); ++i) {
        std::int64_t sum = 0;
        for (std::size_t other = 0; other < legs.size(); ++other) {
            if (other != listener) sum += legs[other][i];
        }
        out[i] = static_cast<std::int16_t>(std::clamp<std::int64_t>(sum, -32'768, 32'767));
    }
    return out;
}

}  // namespace

TEST_CASE("everybody hears the sum of the others, as the naive mix has it") {
    const bool held = rc::check("mix minus equals naive", [] {
        const auto count = *rc::gen::inRange<std::size_t>(1, 24);
        std::vector<Sound> legs;
        for (std::size_t i = 0; i < count; ++i) {
            legs.push_back(*rc::gen::container<Sound>(48, rc::gen::arbitrary<std::int16_t>()));
        }
        std::vector<std::int32_t> total(48, 0);
        for (const Sound& own : legs) media::add_to_total(total, own);
        for (std::size_t i = 0; i < count; ++i) {
            Sound out(48);
            media::mix_minus(total, legs[i], out);
            RC_ASSERT(out == naive_mix(legs, i));
        }
    });
    CHECK(held);
}

TEST_CASE("the order in which legs are added does not matter") {
    const bool held = rc::check("any order", [](std::vector<std::int16_t> values) {
        std::vector<std::int32_t> forth(1, 0), back(1, 0);
        for (const std::int16_t v : values) media::add_to_total(forth, std::span{&v, 1});
        std::reverse(values.begin(), values.end());
        for (const std::int16_t v : values) media::add_to_total(back, std::span{&v, 1});
        RC_ASSERT(forth == back);
    });
    CHECK(held);
}

TEST_CASE("loud rooms saturate instead of wrapping") {
    std::vector<std::int32_t> total(2, 0);
    const Sound loud{32'767, -32'768}, silent{0, 0};
    for (int i = 0; i < 1'000; ++i) media::add_to_total(total, loud);
    Sound out(2);
    media::mix_minus(total, silent, out);
    CHECK(out == loud);
    media::saturate(total, out);
    CHECK(out == loud);
    media::add_saturated(out, loud);
    CHECK(out == loud);
}

TEST_CASE("a full room of full-scale legs does not leave 32 bits") {
    std::vector<std::int32_t> total(1, 0);
    const Sound low{-32'768};
    for (std::uint32_t i = 0; i < media::room_legs_max + 2; ++i) media::add_to_total(total, low);
    CHECK(total[0] == -32'768 * static_cast<std::int64_t>(media::room_legs_max + 2));
}

// Every kernel, on every vector unit of this machine, against the scalar loops.
#include "media/sound/kernels.hpp"

#include <doctest/doctest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "base/prng.hpp"
#include "media/sound/level.hpp"
#include "media/sound/mix.hpp"
#include "media/sound/resampler.hpp"
#include "media/sound/scalar.hpp"

namespace {

constexpr std::int32_t total_max = static_cast<std::int32_t>(media::room_legs_max + 2) * 32'767;

struct Inputs {
    std::vector<std::int16_t> one, two;
    std::vector<std::int32_t> total;
};

// Random samples, or only the extremes: those break what wraps, saturates or has two zeros.
Inputs make_inputs(std::size_t count, std::uint64_t seed, bool extreme) {
    constexpr std::int16_t edges[]{-32'768, -32'767, -1, 0, 1, 3, 31, 32, 127, 32'767};
    constexpr std::int32_t wide_edges[]{-total_max, -65'536, -32'769, -1,
                                        0,          32'767,  65'535,  total_max};
    Prng prng{seed};
    Inputs in;
    const auto sample = [&] {
        return extreme ? edges[prng.below(std::size(edges))]
                       : static_cast<std::int16_t>(prng.next());
    };
    for (std::size_t i = 0; i < count; ++i) {
        in.one.push_back(sample());
        in.two.push_back(sample());
        in.total.push_back(extreme ? wide_edges[prng.below(std::size(wide_edges))]
                                   : static_cast<std::int32_t>(prng.below(200'000)) - 100'000);
    }
    return in;
}

class Bytes {
public:
    template <class T>
    void add(const std::vector<T>& values) {
        bytes_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
    }
    [[nodiscard]] base::Hash hash() const { return base::blake2b(bytes_); }

private:
    std::string bytes_;
};

// Both namespaces have the same functions: `Loops` names one of them.
#define LOOPS(name, space)                                                              \
    struct name {                                                                       \
        static base::Hash run(const Inputs& in) {                                       \
            Bytes all;                                                                  \
            auto total = in.total;                                                      \
            space::add_to_total(total, in.one);                                         \
            all.add(total);                                                             \
            space::take_from_total(total, in.two);                                      \
            all.add(total);                                                             \
            std::vector<std::int16_t> out(in.one.size());                               \
            space::mix_minus(in.total, in.one, out);                                    \
            all.add(out);                                                               \
            space::saturate(in.total, out);                                             \
            all.add(out);                                                               \
            out = in.one;                                                               \
            space::add_saturated(out, in.two);                                          \
            all.add(out);                                                               \
            for (const std::int32_t gain : {0, 41, 4'096, 7'000, 40'960, 65'535}) {     \
                out = in.one;                                                           \
                space::amplify(out, gain);                                              \
                all.add(out);                                                           \
            }                                                                           \
            all.add(std::vector{space::energy_sum(in.one), space::energy_sum(in.two)}); \
            all.add(std::vector{space::difference_sum(in.one, in.two)});                \
            std::vector<std::uint8_t> coded(in.one.size());                             \
            space::encode_mulaw(in.one, coded);                                         \
            all.add(coded);                                                             \
            space::encode_alaw(in.one, coded);                                          \
            all.add(coded);                                                             \
            return all.hash();                                                          \
        }                                                                               \
    }
LOOPS(Vectors, media::kernels);
LOOPS(Scalars, media::scalar);

template <class Work>
void on_every_target(Work&& work) {
    const auto targets = hwy::SupportedAndGeneratedTargets();
    CHECK(!targets.empty());
    for (const auto target : targets) {
        CAPTURE(std::string{hwy::TargetName(target)});
        hwy::SetSupportedTargetsForTest(target);
        hwy::GetChosenTarget().Update(target);
        work();
    }
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().DeInit();
}

}  // namespace

TEST_CASE("vectors give the scalar bits for blocks of every length") {
    base::start_crypto();
    std::vector<Inputs> inputs;
    std::vector<base::Hash> expected;
    for (std::size_t count = 1; count <= 1'000; ++count) {
        for (const bool extreme : {false, true}) {
            inputs.push_back(make_inputs(count, count, extreme));
            expected.push_back(Scalars::run(inputs.back()));
        }
    }
    on_every_target([&] {
        int different = 0;
        for (std::size_t i = 0; i < inputs.size(); ++i)
            different += Vectors::run(inputs[i]) != expected[i];
        CHECK(different == 0);
    });
}

TEST_CASE("vectors give the G.711 code of every sample") {
    std::vector<std::int16_t> all(65'536);
    for (int i = 0; i < 65'536; ++i) all[i] = static_cast<std::int16_t>(i - 32'768);
    std::vector<std::uint8_t> mulaw(all.size()), alaw(all.size()), coded(all.size());
    media::scalar::encode_mulaw(all, mulaw);
    media::scalar::encode_alaw(all, alaw);
    on_every_target([&] {
        media::kernels::encode_mulaw(all, coded);
        CHECK(coded == mulaw);
        media::kernels::encode_alaw(all, coded);
        CHECK(coded == alaw);
    });
}

TEST_CASE("vectors filter as the scalar loop does, with weights as large as may be") {
    Prng prng{12};
    for (const auto& [up, down, outputs] : {std::array<std::uint32_t, 3>{2, 1, 320},
                                            {6, 1, 960},
                                            {3, 1, 960},
                                            {1, 2, 160},
                                            {1, 6, 160},
                                            {441, 80, 882},
                                            {160, 147, 960},
                                            {147, 160, 882},
                                            {5, 1, 35},
                                            {1, 1, 1}}) {
        for (const std::size_t taps : {16u, 32u, 48u, 176u, 192u}) {
            CAPTURE(up);
            CAPTURE(down);
            CAPTURE(taps);
            std::vector<std::int16_t> weights(up * taps), sound(taps + outputs * down / up);
            // Magnitudes that add up to 65,535: one more, and full scale would leave 32 bits.
            for (auto& w : weights) {
                const auto size = static_cast<std::int16_t>(std::min(32'767ul, 65'535 / taps));
                w = prng.below(2) == 0 ? size : static_cast<std::int16_t>(-size);
            }
            for (auto& s : sound) s = make_inputs(1, prng.next(), true).one[0];
            const media::Polyphase shape{up, down, taps, weights.data()};
            std::vector<std::int16_t> expected(outputs), out(outputs);
            media::scalar::filter(shape, sound, expected);
            on_every_target([&] {
                std::ranges::fill(out, std::int16_t{0});
                media::kernels::filter(shape, sound, out);
                CHECK(out == expected);
            });
        }
    }
}

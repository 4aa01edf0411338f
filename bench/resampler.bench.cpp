// Question: what does it cost to bring 20 ms of sound from one rate to another? Budget: 5 us, a
// thirtieth of an Opus encode. In the same run: speexdsp's resampler at quality 4, which has about
// the same delay, and our filter one sample at a time, which must give the same samples.
#include <benchmark/benchmark.h>
#if defined(PARTYLINE_SPEEX)
#include <speex/speex_resampler.h>
#endif

#include <vector>

#include "base/assert.hpp"
#include "base/prng.hpp"
#include "media/sound/resampler.hpp"

namespace {

std::vector<std::int16_t> noise(std::size_t samples) {
    Prng prng{1};
    std::vector<std::int16_t> sound(samples);
    for (auto& s : sound) s = static_cast<std::int16_t>(static_cast<std::int16_t>(prng.next()) / 4);
    return sound;
}

void ours(benchmark::State& state) {
    const auto from = static_cast<std::uint32_t>(state.range(0));
    const auto to = static_cast<std::uint32_t>(state.range(1));
    media::Resampler resampler(from, to);
    const auto in = noise(from / 50);
    std::vector<std::int16_t> out(to / 50);
    for (auto _ : state) {
        resampler.process(in, out);
        benchmark::DoNotOptimize(out.data());
        benchmark::ClobberMemory();
    }
}

#if defined(PARTYLINE_SPEEX)
void speex_quality_4(benchmark::State& state) {
    const auto from = static_cast<std::uint32_t>(state.range(0));
    const auto to = static_cast<std::uint32_t>(state.range(1));
    int error = 0;
    SpeexResamplerState* resampler = speex_resampler_init(1, from, to, 4, &error);
    ASSERT(resampler && error == 0);
    const auto in = noise(from / 50);
    std::vector<std::int16_t> out(to / 50 + 1);
    for (auto _ : state) {
        spx_uint32_t taken = from / 50, made = to / 50 + 1;
        speex_resampler_process_int(resampler, 0, in.data(), &taken, out.data(), &made);
        benchmark::DoNotOptimize(out.data());
        benchmark::ClobberMemory();
    }
    state.counters["delay_ms"] =
        1'000.0 * speex_resampler_get_input_latency(resampler) / static_cast<double>(from);
    speex_resampler_destroy(resampler);
}
#endif

void pairs(benchmark::internal::Benchmark* bench) {
    for (const auto& [from, to] : {std::pair{8'000, 16'000},
                                   {8'000, 48'000},
                                   {16'000, 48'000},
                                   {16'000, 8'000},
                                   {48'000, 8'000},
                                   {48'000, 16'000},
                                   {44'100, 48'000},
                                   {48'000, 44'100},
                                   {44'100, 8'000},
                                   {8'000, 44'100}})
        bench->Args({from, to});
    bench->Unit(benchmark::kMicrosecond);
}

}  // namespace

BENCHMARK(ours)->Apply(pairs);
#if defined(PARTYLINE_SPEEX)
BENCHMARK(speex_quality_4)->Apply(pairs);
#endif

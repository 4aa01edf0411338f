// Question: what do the inner loops over a frame cost, with vectors and without? Budget: each below
// 100 ns for 20 ms at 48 kHz. The scalar twin is the oracle: both must give the same bytes. Beside
// them, for scale: what a loss costs the concealer, and one encode and decode of each codec.
#include <benchmark/benchmark.h>

#include <array>
#include <vector>

#include "base/assert.hpp"
#include "base/prng.hpp"
#include "media/sound/coder.hpp"
#include "media/sound/concealer.hpp"
#include "media/sound/kernels.hpp"
#include "media/sound/scalar.hpp"

namespace {

struct Block {
    explicit Block(std::size_t count)
        : one(count), two(count), out(count), total(count), coded(count) {
        Prng prng{count};
        for (std::size_t i = 0; i < count; ++i) {
            one[i] = static_cast<std::int16_t>(prng.next());
            two[i] = static_cast<std::int16_t>(prng.next());
            total[i] = static_cast<std::int32_t>(prng.below(200'000)) - 100'000;
        }
    }
    std::vector<std::int16_t> one, two, out;
    std::vector<std::int32_t> total;
    std::vector<std::uint8_t> coded;
};

template <class Work>
void run(benchmark::State& state, Work&& work) {
    Block block(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        work(block);
        benchmark::ClobberMemory();
    }
}

#define BOTH(name, call)                                    \
    void name##_vector(benchmark::State& state) {           \
        run(state, [](Block& b) {                           \
            using namespace media::kernels;                 \
            call;                                           \
        });                                                 \
    }                                                       \
    void name##_scalar(benchmark::State& state) {           \
        run(state, [](Block& b) {                           \
            using namespace media::scalar;                  \
            call;                                           \
        });                                                 \
    }                                                       \
    BENCHMARK(name##_vector)->Arg(160)->Arg(320)->Arg(960); \
    BENCHMARK(name##_scalar)->Arg(160)->Arg(320)->Arg(960)

BOTH(add_to_total, add_to_total(b.total, b.one));
BOTH(mix_minus, mix_minus(b.total, b.one, b.out));
BOTH(saturate, saturate(b.total, b.out));
BOTH(add_saturated, add_saturated(b.one, b.two));
BOTH(amplify, amplify(b.one, 3'000));
BOTH(energy_sum, benchmark::DoNotOptimize(energy_sum(b.one)));
BOTH(difference_sum, benchmark::DoNotOptimize(difference_sum(b.one, b.two)));
BOTH(encode_mulaw, encode_mulaw(b.one, b.coded));
BOTH(encode_alaw, encode_alaw(b.one, b.coded));

/// 48 kHz from 8: 32 taps, six phases.
template <auto filter>
void filter_of(benchmark::State& state) {
    Prng prng{4};
    std::vector<std::int16_t> weights(6 * 32), sound(31 + 160), out(960);
    for (auto& w : weights) w = static_cast<std::int16_t>(prng.below(1'000));
    for (auto& s : sound) s = static_cast<std::int16_t>(prng.next());
    for (auto _ : state) {
        filter({6, 1, 32, weights.data()}, sound, out);
        benchmark::ClobberMemory();
    }
    std::vector<std::int16_t> expected(960);
    media::scalar::filter({6, 1, 32, weights.data()}, sound, expected);
    ASSERT(out == expected);
}
void filter_vector(benchmark::State& state) { filter_of<media::kernels::filter>(state); }
void filter_scalar(benchmark::State& state) { filter_of<media::scalar::filter>(state); }
BENCHMARK(filter_vector)->Arg(960);
BENCHMARK(filter_scalar)->Arg(960);

/// The first lost frame, with its search for the pitch.
void conceal_first_frame(benchmark::State& state) {
    const auto rate = static_cast<std::uint32_t>(state.range(0));
    media::Concealer concealer(rate);
    Block block(rate / 50);
    std::vector<std::int16_t> hole(rate / 50);
    for (auto _ : state) {
        concealer.good(block.one);
        concealer.fill(hole);
        benchmark::ClobberMemory();
    }
}
BENCHMARK(conceal_first_frame)->Arg(8'000)->Arg(16'000)->Arg(44'100)->Arg(48'000);

const std::array<media::Format, 8> formats{
    media::pcmu_format,           media::pcma_format,          media::g722_format,
    {media::Codec::l16, 16'000},  {media::Codec::l16, 48'000}, {media::Codec::opus, 8'000},
    {media::Codec::opus, 16'000}, media::opus_format};

// Something with a pitch that moves: Opus works less on noise and on tones.
std::vector<std::int16_t> voice(const media::Format& format) {
    std::vector<std::int16_t> sound(media::samples_per_tick(format) * 100);
    Prng prng{3};
    std::int32_t value = 0;
    std::size_t next = 0, period = format.rate_hz / 120;
    for (std::size_t i = 0; i < sound.size(); ++i) {
        if (i == next) {
            value += 12'000;
            period = period + prng.below(5) - 2;
            next += period;
        }
        value = value * 29 / 32 + static_cast<std::int32_t>(prng.below(201)) - 100;
        sound[i] = static_cast<std::int16_t>(value);
    }
    return sound;
}

const char* label_of(const media::Format& format) {
    switch (format.codec) {
        case media::Codec::pcmu: return "pcmu";
        case media::Codec::pcma: return "pcma";
        case media::Codec::g722: return "g722";
        case media::Codec::l16: return format.rate_hz == 16'000 ? "l16/16000" : "l16/48000";
        case media::Codec::opus:
            return format.rate_hz == 8'000    ? "opus at 8 kHz"
                   : format.rate_hz == 16'000 ? "opus at 16 kHz"
                                              : "opus at 48 kHz";
    }
    return "";
}

void encode_tick(benchmark::State& state) {
    const media::Format& format = formats[static_cast<std::size_t>(state.range(0))];
    const auto encoder =
        media::make_encoder(format, {.complexity = static_cast<std::int32_t>(state.range(1))});
    const auto sound = voice(format);
    const std::size_t tick = media::samples_per_tick(format);
    std::array<std::uint8_t, media::coded_bytes_max> coded;
    std::size_t at = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(encoder->encode(std::span{sound}.subspan(at, tick), coded));
        at = at + 2 * tick <= sound.size() ? at + tick : 0;
    }
    state.SetLabel(label_of(format));
}

void decode_tick(benchmark::State& state) {
    const media::Format& format = formats[static_cast<std::size_t>(state.range(0))];
    const auto encoder = media::make_encoder(format);
    const auto decoder = media::make_decoder(format);
    const auto sound = voice(format);
    const std::size_t tick = media::samples_per_tick(format);
    std::vector<std::vector<std::uint8_t>> packets;
    std::array<std::uint8_t, media::coded_bytes_max> coded;
    for (std::size_t at = 0; at + tick <= sound.size(); at += tick) {
        const std::size_t bytes = encoder->encode(std::span{sound}.subspan(at, tick), coded) /
                                  media::packets_per_tick(format);
        packets.emplace_back(coded.begin(), coded.begin() + static_cast<std::ptrdiff_t>(bytes));
    }
    std::vector<std::int16_t> pcm(format.rate_hz * media::packet_ms_max / 1'000);
    std::size_t at = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(decoder->decode(packets[at], pcm));
        at = at + 1 < packets.size() ? at + 1 : 0;
    }
    state.SetLabel(label_of(format));
}

void continue_opus(benchmark::State& state) {
    const auto shared = media::make_encoder(media::opus_format);
    const auto own = media::make_encoder(media::opus_format);
    for (auto _ : state) own->continue_from(*shared);
}

void codecs(benchmark::internal::Benchmark* bench) {
    for (std::int64_t i = 0; i < 8; ++i) bench->Args({i, 5});
    bench->Unit(benchmark::kMicrosecond);
}
void codecs_and_effort(benchmark::internal::Benchmark* bench) {
    codecs(bench);
    for (const std::int64_t complexity : {0, 10}) bench->Args({7, complexity});
}
BENCHMARK(encode_tick)->Apply(codecs_and_effort);
BENCHMARK(decode_tick)->Apply(codecs);
BENCHMARK(continue_opus)->Unit(benchmark::kMicrosecond);

}  // namespace

// Question: what does one tick of a room cost, without the network? Budget: a
// leg's share of the tick below 2 us (a tenth of what raw receiving and sending
// costs). All legs send a packet each tick; every codec. Oracle, for mu-law: a
// naive twin that adds up everybody for everybody must give the same bytes.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/assert.hpp"
#include "media/sound/mix.hpp"
#include "media/test_room.hpp"

namespace {

const std::array<media::Format, 6> formats{media::pcmu_format,
                                           media::pcma_format,
                                           media::g722_format,
                                           media::Format{media::Codec::l16, 16'000},
                                           media::Format{media::Codec::l16, 48'000},
                                           media::opus_format};
constexpr std::array<const char*, 6> names{"pcmu",      "pcma",      "g722",
                                           "l16_16000", "l16_48000", "opus"};

/// What one phone sends in a second, coded beforehand: making it is not ours to pay for.
using Packet = std::vector<std::uint8_t>;
std::vector<Packet> second_of(const media::Format& format, std::int32_t hz,
                              std::int32_t amplitude) {
    const auto mouth = media::make_encoder(format);
    const auto rate = static_cast<std::int32_t>(format.rate_hz);
    const std::uint32_t pieces = media::packets_per_tick(format);
    std::vector<Packet> packets;
    std::int64_t said = 0;
    // The third second: what remembers the past has settled, and the loop closes without a bang.
    for (int tick = -100; tick < 50; ++tick) {
        std::vector<std::int16_t> pcm(media::samples_per_tick(format));
        for (auto& sample : pcm) sample = media::tone_sample(hz, said++, amplitude, rate);
        std::array<std::uint8_t, media::coded_bytes_max> coded;
        const std::size_t bytes = mouth->encode(pcm, coded) / pieces;
        for (std::uint32_t i = 0; i < pieces && tick >= 0; ++i) {
            Packet packet(media::rtp_header_bytes);
            packet.insert(packet.end(), coded.begin() + static_cast<std::ptrdiff_t>(i * bytes),
                          coded.begin() + static_cast<std::ptrdiff_t>((i + 1) * bytes));
            packets.push_back(std::move(packet));
        }
    }
    return packets;
}

void check_against_naive(const media::test::VirtualRoom& room) {
    for (std::size_t listener = 0; listener < room.phones.size(); ++listener) {
        media::Frame mix;
        for (std::size_t i = 0; i < mix.size(); ++i) {
            std::int32_t sum = 0;
            for (std::size_t other = 0; other < room.phones.size(); ++other) {
                const media::Leg& leg = *room.phones[other].leg;
                if (other != listener && leg.contributes()) sum += leg.spoken()[i];
            }
            mix[i] = media::saturate_i16(sum);
        }
        std::array<std::uint8_t, media::frame_samples> payload;
        media::encode(media::Codec::pcmu, mix, payload);
        ASSERT(payload == room.outlet.sent[listener].payload);
    }
}

void count_seats(benchmark::State& state, std::size_t legs) {
    state.counters["per_leg"] = benchmark::Counter(
        static_cast<double>(legs),  // prints seconds, with its prefix
        benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
    // How many legs' arithmetic fits into 20 ms of one core.
    state.counters["seats_per_core"] = benchmark::Counter(
        static_cast<double>(legs) * 0.02, benchmark::Counter::kIsIterationInvariantRate);
}

/// Arriving packets (parse, latch, statistics, jitter buffer) and the tick: all but the system
/// calls. Arguments: legs, talkers, index of the format. Who is silent sends too: the noise of a
/// line, -70 dBov.
void packets_and_tick(benchmark::State& state) {
    const auto legs = static_cast<std::size_t>(state.range(0));
    const auto talkers = static_cast<std::size_t>(state.range(1));
    const auto which = static_cast<std::size_t>(state.range(2));
    const media::Format format = formats[which];
    state.SetLabel(names[which]);
    media::test::VirtualRoom room(std::vector<media::Format>(legs, format));
    room.outlet.keep_rtcp = false;
    std::vector<std::vector<Packet>> voices;
    for (std::size_t i = 0; i < talkers; ++i)
        voices.push_back(second_of(format, static_cast<std::int32_t>(300 + 50 * i), 3'000));
    voices.push_back(second_of(format, 50, 14));
    const std::uint32_t pieces = media::packets_per_tick(format);
    std::size_t tick = 0;
    const auto step = [&] {
        for (std::size_t i = 0; i < legs; ++i) {
            auto& phone = room.phones[i];
            auto& packets = voices[std::min(i, talkers)];
            for (std::uint32_t piece = 0; piece < pieces; ++piece) {
                Packet& packet = packets[(tick * pieces + piece) % packets.size()];
                const auto header = media::write_rtp_header(
                    {.payload_type = media::test::VirtualRoom::type_of(format.codec),
                     .sequence = phone.sequence++,
                     .timestamp = phone.timestamp,
                     .ssrc = phone.address.port});
                phone.timestamp += media::clock_hz(format) / 50 / pieces;
                std::copy(header.begin(), header.end(), packet.begin());
                phone.leg->rtp_arrived(packet, phone.address, room.now.now_us - 9'000, room.now,
                                       room.outlet);
            }
        }
        ++tick;
        room.tick();
    };
    for (int i = 0; i < 100; ++i) step();
    for (auto _ : state) step();
    std::size_t heard = 0;
    for (const auto& phone : room.phones) heard += phone.leg->contributes() ? 1 : 0;
    state.counters["heard"] = static_cast<double>(heard);
    if (format == media::pcmu_format && legs <= 100) check_against_naive(room);
    count_seats(state, legs);
}

void every_size(benchmark::internal::Benchmark* bench) {
    for (std::size_t which = 0; which < formats.size(); ++which) {
        for (const std::int64_t legs : {8, 100, 1'000}) {
            for (const std::int64_t talkers : {1, 3, 20}) {
                if (talkers < legs) bench->Args({legs, talkers, static_cast<std::int64_t>(which)});
            }
        }
    }
}

/// The mix alone, everybody talking: sum, subtract, saturate, encode for each.
void mix_all_talking(benchmark::State& state) {
    const auto legs = static_cast<std::size_t>(state.range(0));
    std::vector<media::Frame> frames(legs);
    for (std::size_t i = 0; i < legs; ++i) {
        for (std::size_t k = 0; k < media::frame_samples; ++k) {
            frames[i][k] = media::tone_sample(static_cast<std::int32_t>(200 + 7 * i),
                                              static_cast<std::int64_t>(k), 3'000);
        }
    }
    std::array<std::uint8_t, media::frame_samples> payload{};
    for (auto _ : state) {
        std::array<std::int32_t, media::frame_samples> total{};
        for (const auto& frame : frames) media::add_to_total(total, frame);
        for (const auto& frame : frames) {
            media::Frame out;
            media::mix_minus(total, frame, out);
            media::encode(media::Codec::pcmu, out, payload);
            benchmark::DoNotOptimize(payload);
        }
    }
    count_seats(state, legs);
}

/// The naive twin of mix_all_talking: everybody adds up everybody else.
void naive_all_talking(benchmark::State& state) {
    const auto legs = static_cast<std::size_t>(state.range(0));
    std::vector<media::Frame> frames(legs);
    for (auto& frame : frames) frame.fill(1'000);
    std::array<std::uint8_t, media::frame_samples> payload{};
    for (auto _ : state) {
        for (std::size_t listener = 0; listener < legs; ++listener) {
            std::array<std::int32_t, media::frame_samples> sum{};
            for (std::size_t other = 0; other < legs; ++other) {
                if (other != listener) media::add_to_total(sum, frames[other]);
            }
            media::Frame out;
            media::saturate(sum, out);
            media::encode(media::Codec::pcmu, out, payload);
            benchmark::DoNotOptimize(payload);
        }
    }
    count_seats(state, legs);
}

}  // namespace

BENCHMARK(packets_and_tick)->Apply(every_size)->Unit(benchmark::kMicrosecond);
BENCHMARK(mix_all_talking)->Arg(3)->Arg(30)->Arg(300)->Unit(benchmark::kMicrosecond);
BENCHMARK(naive_all_talking)->Arg(3)->Arg(30)->Arg(300)->Unit(benchmark::kMicrosecond);

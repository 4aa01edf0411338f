// Question: what does one tick of a room cost, without the network? Budget: a
// leg's share of the tick below 2 us (a tenth of what raw receiving and sending
// costs). Three legs talk; all send a packet each tick, G.711 mu-law. Oracle: a
// naive twin that adds up everybody for everybody must give the same bytes.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/assert.hpp"
#include "media/sound/mix.hpp"
#include "media/test_room.hpp"

namespace {

media::test::VirtualRoom talking_room(std::size_t legs) {
    media::test::VirtualRoom room(legs);
    room.outlet.keep_rtcp = false;
    for (std::size_t i = 0; i < 3; ++i)
        room.phones[i].hz = static_cast<std::int32_t>(300 + 100 * i);
    for (std::size_t i = 3; i < legs;
         ++i) {  // silent legs still send: the noise of a line, -70 dBov
        room.phones[i].hz = 50;
        room.phones[i].amplitude = 14;
    }
    room.steps(50);
    return room;
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

/// Arriving packets (parse, latch, statistics, jitter
/// buffer) and the tick: all but the system calls.
void packets_and_tick(benchmark::State& state) {
    const auto legs = static_cast<std::size_t>(state.range(0));
    media::test::VirtualRoom room = talking_room(legs);
    // Making the phones' packets is not ours to pay for:
    // they are coded once, only their headers change.
    std::vector<std::array<std::uint8_t, media::rtp_header_bytes + media::frame_samples>> packets(
        legs);
    for (std::size_t i = 0; i < legs; ++i) {
        media::Frame pcm;
        for (std::size_t k = 0; k < pcm.size(); ++k) {
            pcm[k] = media::tone_sample(room.phones[i].hz, static_cast<std::int64_t>(k),
                                        room.phones[i].amplitude);
        }
        media::encode(media::Codec::pcmu, pcm,
                      std::span{packets[i]}.subspan(media::rtp_header_bytes));
    }
    for (auto _ : state) {
        for (std::size_t i = 0; i < legs; ++i) {
            auto& phone = room.phones[i];
            const auto header = media::write_rtp_header({.sequence = phone.sequence++,
                                                         .timestamp = phone.timestamp,
                                                         .ssrc = phone.address.port});
            phone.timestamp += media::frame_samples;
            std::copy(header.begin(), header.end(), packets[i].begin());
            phone.leg->rtp_arrived(packets[i], phone.address, room.now.now_us, room.now,
                                   room.outlet);
        }
        room.tick();
    }
    check_against_naive(room);
    count_seats(state, legs);
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

BENCHMARK(packets_and_tick)->Arg(3)->Arg(30)->Arg(300)->Unit(benchmark::kMicrosecond);
BENCHMARK(mix_all_talking)->Arg(3)->Arg(30)->Arg(300)->Unit(benchmark::kMicrosecond);
BENCHMARK(naive_all_talking)->Arg(3)->Arg(30)->Arg(300)->Unit(benchmark::kMicrosecond);

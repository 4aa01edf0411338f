#include "media/jitter_buffer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <vector>

#include "base/prng.hpp"
#include "media/engine.hpp"
#include "media/receiver.hpp"
#include "media/sound/g711.hpp"
#include "media/sound/tone.hpp"

using media::FrameDecision;
using media::JitterBuffer;
using Put = JitterBuffer::Put;

namespace {

// A sender in virtual time: a tone, so many ms per packet, numbers that wrap soon.
struct Sender {
    std::int32_t samples = 160;
    std::uint16_t sequence = 65'533;
    std::uint32_t timestamp = 0xffff'fe00;
    std::int64_t sent = 0;  // samples
    std::int32_t hz = 400;
    std::array<std::uint8_t, 480> bytes{};

    JitterBuffer::Packet next() {
        for (std::int32_t i = 0; i < samples; ++i) {
            bytes[static_cast<std::size_t>(i)] =
                media::encode_mulaw(media::tone_sample(hz, sent + i, 8'000));
        }
        const JitterBuffer::Packet packet{
            .sequence = sequence++,
            .timestamp = timestamp,
            .samples = samples,
            .payload = std::span{bytes}.first(static_cast<std::size_t>(samples))};
        timestamp += static_cast<std::uint32_t>(samples);
        sent += samples;
        return packet;
    }
};

struct Heard {
    std::vector<std::int16_t> sound;
    std::vector<FrameDecision> decisions;

    void take(media::Receiver& receiver, bool quiet = false) {
        media::Frame frame;
        decisions.push_back(receiver.take(quiet, frame));
        sound.insert(sound.end(), frame.begin(), frame.end());
    }
    [[nodiscard]] int concealed() const {
        int samples = 0;
        for (const auto& d : decisions) samples += d.concealed;
        return samples;
    }
    [[nodiscard]] int merged() const {
        return static_cast<int>(
            std::ranges::count_if(decisions, [](const auto& d) { return d.merged; }));
    }
    /// The greatest step between neighbours; a 400 Hz tone
    /// of 8000 has steps up to 2500, a click has more.
    [[nodiscard]] int greatest_step(std::size_t from = 0) const {
        int greatest = 0;
        for (std::size_t i = from + 1; i < sound.size(); ++i)
            greatest = std::max(greatest, std::abs(sound[i] - sound[i - 1]));
        return greatest;
    }
};

}  // namespace

TEST_CASE("packets of any usual length come out whole, in order, without a hole") {
    for (const std::int32_t samples : {80, 160, 240, 320, 480}) {
        CAPTURE(samples);
        Sender sender{.samples = samples};
        media::Receiver receiver;
        Heard heard;
        std::int64_t now = 0;
        for (int tick = 0; tick < 500; ++tick, now += 160) {
            while (sender.sent + samples <= now + 160)
                CHECK(receiver.put(sender.next()) == Put::taken);
            heard.take(receiver);
        }
        CHECK(heard.concealed() == 0);
        CHECK(heard.merged() == 0);
        // What came out is what went in, after silence and the blend of the first 5 ms.
        const auto first =
            std::ranges::find_if(heard.sound, [](std::int16_t s) { return s != 0; }) -
            heard.sound.begin();
        const auto delay = (first / 160) * 160;
        CHECK(delay <= 160 + std::max(samples, 160));
        int wrong = 0;
        for (auto i = static_cast<std::size_t>(delay + 40); i < heard.sound.size(); ++i) {
            const auto clean = media::decode_mulaw(media::encode_mulaw(
                media::tone_sample(400, static_cast<std::int64_t>(i) - delay, 8'000)));
            if (heard.sound[i] != clean) ++wrong;
        }
        CHECK(wrong == 0);
    }
}

TEST_CASE("a start waits for two frames: 40 ms") {
    Sender sender;
    media::Receiver receiver;
    Heard heard;
    for (int tick = 0; tick < 3; ++tick) {
        (void)receiver.put(sender.next());
        heard.take(receiver);
    }
    CHECK(heard.decisions[0].packets == 0);
    CHECK(heard.decisions[1].packets == 1);
    CHECK(heard.decisions[1].depth == 160);  // one plays, one stays behind
}

TEST_CASE("reordered packets are put right, duplicates refused, stragglers counted late") {
    Sender sender;
    JitterBuffer buffer;
    std::vector<Sender> senders;
    std::vector<JitterBuffer::Packet> packets;
    for (int i = 0; i < 8; ++i) {
        senders.push_back(sender);
        (void)sender.next();
    }
    const auto packet = [&](std::size_t i) { return senders[i].next(); };
    std::vector<Sender> again = senders;
    CHECK(buffer.put(packet(1)) == Put::taken);
    CHECK(buffer.put(packet(0)) == Put::taken);
    CHECK(buffer.put(packet(3)) == Put::taken);
    CHECK(buffer.put(packet(2)) == Put::taken);
    CHECK(buffer.put(again[3].next()) == Put::duplicate);
    std::vector<std::uint32_t> order;
    for (int tick = 0; tick < 5; ++tick) {
        (void)buffer.begin_tick(false);
        const auto pulled = buffer.pull(160);
        if (pulled.kind == JitterBuffer::Pulled::Kind::packet) order.push_back(pulled.timestamp);
        buffer.end_tick(0);
    }
    REQUIRE(order.size() == 4);
    for (std::uint32_t i = 0; i < 4; ++i) CHECK(order[i] == 0xffff'fe00 + i * 160);
    CHECK(buffer.put(again[0].next()) == Put::late);
}

TEST_CASE("a lost packet is concealed without a click and without delay") {
    Sender sender;
    media::Receiver receiver;
    Heard heard;
    for (int tick = 0; tick < 300; ++tick) {
        const auto packet = sender.next();
        if (tick % 20 != 10) (void)receiver.put(packet);
        heard.take(receiver);
    }
    CHECK(heard.concealed() == 15 * 160);
    CHECK(heard.greatest_step(500) < 4'000);
    CHECK(heard.decisions.back().depth == 160);
}

TEST_CASE("a burst of loss fades out, and the sound comes back") {
    Sender sender;
    media::Receiver receiver;
    Heard heard;
    for (int tick = 0; tick < 120; ++tick) {
        const auto packet = sender.next();
        if (tick < 50 || tick >= 65) (void)receiver.put(packet);
        heard.take(receiver);
    }
    CHECK(std::abs(heard.sound[60 * 160]) == 0);  // 60 ms after the last packet played
    CHECK(heard.greatest_step(500) < 4'000);
    CHECK(heard.decisions.back().packets == 1);
}

TEST_CASE("a jittering sender gets more margin, a calm one loses it again") {
    Prng prng{11};
    Sender sender;
    media::Receiver receiver;
    Heard heard;
    std::multimap<int, std::vector<std::uint8_t>> air;
    std::vector<Sender> in_flight;
    std::multimap<int, Sender> arrivals;
    const int jitter_ends = 1'000;
    int concealed_late = 0;
    std::int32_t margin_most = 0;
    for (int tick = 0; tick < 5'000; ++tick) {
        const int delay = tick < jitter_ends ? static_cast<int>(prng.below(5)) : 0;  // 0..80 ms
        arrivals.emplace(tick + delay, sender);
        (void)sender.next();
        const auto [from, to] = arrivals.equal_range(tick);
        for (auto it = from; it != to; ++it) (void)receiver.put(it->second.next());
        arrivals.erase(from, to);
        heard.take(receiver, tick % 10 == 0);  // a quiet moment now and then
        margin_most = std::max(margin_most, receiver.buffer().margin_frames());
        if (tick >= 500 && tick < jitter_ends) concealed_late += heard.decisions.back().concealed;
    }
    CHECK(margin_most >= 3);
    CHECK(margin_most <= media::jitter_margin_frames_max);
    CHECK(concealed_late <=
          5 * 160);  // once it has learned, 80 ms of jitter cost less than 1 % of the frames
    CHECK(receiver.buffer().margin_frames() == 1);
    CHECK(heard.decisions.back().depth <= 320);
    CHECK(heard.merged() >= 2);
}

namespace {

struct Cost {
    double delay_frames = 0, concealed = 0;  // means, of a frame
    std::int32_t margin = 0;
};

// One in fifty packets is held up for 160 ms, and all behind it with it: queues keep order.
Cost held_up(std::int32_t held_ticks, int every, bool twice = false) {
    Sender sender;
    media::Receiver receiver;
    Heard heard;
    std::int64_t free_at = 0;
    std::multimap<std::int64_t, Sender> arrivals;
    Cost cost;
    for (std::int64_t tick = 0; tick < 6'000; ++tick) {
        const bool held = tick % every == every / 2;
        free_at = std::max(free_at, tick + (held ? held_ticks : 0));
        arrivals.emplace(free_at, sender);
        if (twice) arrivals.emplace(free_at + 6, sender);  // and once more, much later
        (void)sender.next();
        const auto [from, to] = arrivals.equal_range(tick);
        for (auto it = from; it != to; ++it) (void)receiver.put(it->second.next());
        arrivals.erase(from, to);
        heard.take(receiver, tick % 10 == 0);
        if (tick < 1'000) continue;
        cost.concealed += heard.decisions.back().concealed / (160.0 * 5'000);
        cost.delay_frames += heard.decisions.back().depth / (160.0 * 5'000);
    }
    cost.margin = receiver.buffer().margin_frames();
    return cost;
}

}  // namespace

TEST_CASE("packets that are seldom held up long are let go, not waited for by all others") {
    const Cost seldom = held_up(8, 1'000);
    CHECK(seldom.margin <= 1);
    CHECK(seldom.concealed < 0.012);
    CHECK(seldom.delay_frames < 2);
    // Often: then it is worth the wait.
    const Cost often = held_up(4, 20);
    CHECK(often.margin >= 3);
    CHECK(often.concealed < 0.01);
}

TEST_CASE("that a packet comes once more, and late, is no reason to wait") {
    const Cost once = held_up(2, 50), twice = held_up(2, 50, true);
    CHECK(once.margin == twice.margin);
    CHECK(twice.delay_frames < once.delay_frames + 0.2);
}

TEST_CASE("a drifting clock costs a frame now and then, never a growing delay or a click") {
    for (const int ppm : {200, -200}) {
        CAPTURE(ppm);
        Sender sender;
        media::Receiver receiver;
        Heard heard;
        const int ticks = 30'000;  // ten minutes
        for (int tick = 0; tick < ticks; ++tick) {
            const std::int64_t made = std::int64_t{tick + 1} * 160 * (1'000'000 + ppm) / 1'000'000;
            while (sender.sent + 160 <= made) (void)receiver.put(sender.next());
            heard.take(receiver);
            REQUIRE(heard.decisions.back().depth <= 800);
        }
        // 200 ppm of ten minutes are 120 ms: six frames, of which the margins at both ends take
        // two.
        CHECK(heard.concealed() <= 12 * 160);
        CHECK(heard.merged() <= 12);
        CHECK(heard.merged() + heard.concealed() / 160 >= 4);
        CHECK(receiver.buffer().margin_frames() <= 2);
        CHECK(heard.greatest_step(500) < 4'000);
    }
}

TEST_CASE("packets that always come well before their tick need no frame of margin") {
    Sender sender;
    media::Receiver receiver;
    Heard heard;
    const auto minute = [&](std::int32_t slack_us, bool quiet) {
        for (int tick = 0; tick < 3'000; ++tick) {
            auto packet = sender.next();
            packet.slack_us = slack_us;
            (void)receiver.put(packet);
            heard.take(receiver, quiet);
        }
    };
    minute(12'000, false);
    CHECK(heard.decisions.back().margin_frames == 0);
    CHECK(heard.decisions.back().depth == 0);  // all that came is played in the same tick
    CHECK(heard.merged() == 1);
    CHECK(heard.concealed() == 0);
    // Now they come just in time: before one is missed, a quiet moment gives the frame back.
    minute(1'500, true);
    CHECK(heard.decisions.back().margin_frames == 1);
    CHECK(heard.decisions.back().depth == 160);
    const int spent = heard.concealed();
    CHECK(spent == 160);
    minute(1'500, true);
    CHECK(heard.concealed() == spent);
    CHECK(heard.greatest_step(500) < 4'000);
}

TEST_CASE(
    "an hour of a drifting clock, timed to the microsecond, costs a frame per 20 ms and no click") {
    for (const int ppm : {200, -200}) {
        CAPTURE(ppm);
        Sender sender;
        media::Receiver receiver;
        Heard heard;
        int most = 0, concealed = 0, merged = 0, deepest = 0;
        std::int16_t last = 0;
        for (std::int64_t tick = 0; tick < 180'000; ++tick) {
            // Packet n leaves when its clock has counted n frames; the tick is at 20 ms.
            const std::int64_t now_us = (tick + 1) * media::tick_us;
            for (;;) {
                const std::int64_t made_us =
                    (sender.sent + 160) * 125 * 1'000'000 / (1'000'000 + ppm) - 7'000;
                if (made_us > now_us) break;
                auto packet = sender.next();
                packet.slack_us = static_cast<std::int32_t>(now_us - made_us);
                (void)receiver.put(packet);
            }
            heard.take(receiver);
            const auto& decision = heard.decisions.back();
            concealed += decision.concealed;
            merged += decision.merged ? 1 : 0;
            deepest = std::max<int>(deepest, decision.depth);
            for (const std::int16_t sample : heard.sound) {
                if (tick > 10) most = std::max(most, std::abs(sample - last));
                last = sample;
            }
            heard = {};
        }
        // 200 ppm of an hour are 720 ms: 36 frames. Each may be put right at most twice.
        CHECK(concealed <= 72 * 160);
        CHECK(merged <= 72);
        CHECK(std::max(concealed / 160, merged) >= 30);
        CHECK(deepest <= 3 * 160);
        CHECK(most < 4'000);  // a 400 Hz tone of 8000 steps 2500 at most
    }
}

TEST_CASE("packets that come around the time of a tick wait for one frame, not for two") {
    // Half of them just before a tick, half just after: the buffer sees none and two in turns.
    Sender sender;
    media::Receiver receiver;
    Heard heard;
    int deepest = 0, concealed = 0;
    for (std::int64_t tick = 0; tick < 3'000; ++tick) {
        const std::int64_t now_us = (tick + 1) * media::tick_us;
        for (;;) {
            // Packet n at n times 20 ms, half a millisecond more or less.
            const auto n = static_cast<std::uint64_t>(sender.sent / 160);
            const std::int64_t at_us = static_cast<std::int64_t>(n + 1) * media::tick_us +
                                       static_cast<std::int64_t>(Prng{n}.below(1'000)) - 500;
            if (at_us > now_us) break;
            auto packet = sender.next();
            packet.slack_us = static_cast<std::int32_t>(now_us - at_us);
            (void)receiver.put(packet);
        }
        heard.take(receiver);
        if (tick < 1'000) continue;
        deepest = std::max<int>(deepest, heard.decisions.back().depth);
        concealed += heard.decisions.back().concealed;
    }
    CHECK(deepest <= 160);
    CHECK(concealed == 0);
}

TEST_CASE("a talk spurt after a pause starts with two frames again") {
    Sender sender;
    media::Receiver receiver;
    Heard heard;
    for (int tick = 0; tick < 200; ++tick) {
        auto packet = sender.next();
        if (tick > 50 && tick < 100) --sender.sequence;  // it sends nothing, but its clock runs on
        packet.marker = tick == 100;
        if (tick <= 50 || tick >= 100) (void)receiver.put(packet);
        heard.take(receiver);
    }
    CHECK(heard.decisions[80].silent == 160);
    CHECK(heard.decisions[80].concealed == 0);
    CHECK(heard.decisions[199].depth == 160);
}

TEST_CASE("a sender that restarts its numbers is followed after one packet") {
    Sender sender;
    media::Receiver receiver;
    Heard heard;
    for (int tick = 0; tick < 50; ++tick) {
        (void)receiver.put(sender.next());
        heard.take(receiver);
    }
    Sender restarted{.sequence = 7, .timestamp = 1'000'000};
    CHECK(receiver.put(restarted.next()) == Put::jumped);
    heard.take(receiver);
    CHECK(receiver.put(restarted.next()) == Put::taken);
    for (int tick = 0; tick < 10; ++tick) {
        heard.take(receiver);
        CHECK(receiver.put(restarted.next()) == Put::taken);
    }
    CHECK(heard.decisions.back().packets == 1);
}

TEST_CASE("after a stall everything comes at once, and the delay stays bounded") {
    Sender sender;
    media::Receiver receiver;
    Heard heard;
    for (int tick = 0; tick < 400; ++tick) {
        const bool stalled = tick >= 100 && tick < 140;
        if (!stalled) {
            while (sender.sent < std::int64_t{tick + 1} * 160) (void)receiver.put(sender.next());
        }
        heard.take(receiver);
        CHECK(heard.decisions.back().depth <= 1'600 + 480);
    }
    CHECK(receiver.buffer().dropped_packets() > 0);
    CHECK(heard.decisions.back().packets == 1);
}

TEST_CASE("packets that are no packets are unfit") {
    JitterBuffer buffer;
    const std::vector<std::uint8_t> bytes(600, 0xff);
    CHECK(buffer.put({.samples = 0, .payload = std::span{bytes}.first(0)}) == Put::unfit);
    CHECK(buffer.put({.samples = 160, .payload = std::span{bytes}.first(0)}) == Put::unfit);
    CHECK(buffer.put({.samples = 481, .payload = std::span{bytes}.first(480)}) == Put::unfit);
    CHECK(buffer.put({.samples = 480, .payload = bytes}) == Put::unfit);
}

TEST_CASE("any storm of packets leaves the buffer within its bounds, twice the same") {
    const auto storm = [](std::uint64_t seed) {
        Prng prng{seed};
        media::Receiver receiver;
        Heard heard;
        const std::vector<std::uint8_t> bytes(480, 0x90);
        for (int tick = 0; tick < 3'000; ++tick) {
            for (std::uint64_t i = prng.below(6); i > 0; --i) {
                const auto samples = static_cast<std::int32_t>(prng.below(481));
                const auto near = static_cast<std::uint32_t>(tick * 160) +
                                  static_cast<std::uint32_t>(prng.below(6'000)) - 3'000;
                (void)receiver.put(
                    {.sequence = static_cast<std::uint16_t>(prng.next()),
                     .timestamp =
                         prng.below(20) == 0 ? static_cast<std::uint32_t>(prng.next()) : near,
                     .marker = prng.below(5) == 0,
                     .samples = samples,
                     .payload = std::span{bytes}.first(static_cast<std::size_t>(samples))});
            }
            heard.take(receiver, prng.below(2) == 0);
        }
        return heard;
    };
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        CAPTURE(seed);
        const Heard once = storm(seed), twice = storm(seed);
        CHECK(once.sound == twice.sound);
        CHECK(once.decisions == twice.decisions);
    }
}

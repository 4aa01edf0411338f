// Rooms of every codec in virtual time: who hears whom, how loud, and without a seam.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "media/sound/goertzel.hpp"
#include "media/srtp.hpp"
#include "media/test_allocations.hpp"
#include "media/test_room.hpp"

using media::Codec;
using media::Format;
using media::test::VirtualRoom;

namespace {

const std::vector<Format> every_format{
    media::pcmu_format,   media::pcma_format,   media::g722_format,   {Codec::l16, 8'000},
    {Codec::l16, 16'000}, {Codec::l16, 44'100}, {Codec::l16, 48'000}, media::opus_format};

/// What leg `listener` heard in its last second.
std::span<const std::int16_t> last_second(const VirtualRoom& room, std::size_t listener) {
    const std::span<const std::int16_t> heard = room.outlet.sent[listener].heard;
    return heard.last(std::min<std::size_t>(heard.size(), room.phones[listener].format.rate_hz));
}

double heard_amplitude(const VirtualRoom& room, std::size_t listener, std::size_t talker) {
    return media::goertzel_amplitude(
        last_second(room, listener),
        media::goertzel_coefficient(room.phones[talker].hz, room.phones[listener].format.rate_hz));
}

double decibels(double ratio) { return 20 * std::log10(std::max(ratio, 1e-9)); }

void everybody_talks(VirtualRoom& room, std::int32_t amplitude) {
    for (std::size_t i = 0; i < room.phones.size(); ++i) {
        room.phones[i].hz = static_cast<std::int32_t>(400 + 150 * i);
        room.phones[i].amplitude = amplitude;
        room.give_ear(i);
    }
}

/// A copy of the room's plan, to be changed and given back with replace().
std::shared_ptr<media::PlanRoom> changed(const VirtualRoom& room) {
    return std::make_shared<media::PlanRoom>(*room.room);
}

}  // namespace

TEST_CASE("phones of every codec in one room hear the others within 1 dB, and not themselves") {
    VirtualRoom room(every_format);
    CHECK(room.room->rate_hz == 48'000);
    everybody_talks(room, 3'000);
    room.steps(150);
    for (std::size_t listener = 0; listener < every_format.size(); ++listener) {
        for (std::size_t talker = 0; talker < every_format.size(); ++talker) {
            CAPTURE(listener);
            CAPTURE(talker);
            const double db = decibels(heard_amplitude(room, listener, talker) / 3'000);
            if (talker == listener)
                CHECK(db < -28);  // Opus adds some noise of its own, G.711 hardly any
            else
                CHECK(std::abs(db) < 1.0);
        }
    }
}

TEST_CASE("a room of 16 kHz phones mixes at 16 kHz, and one without any at 8 kHz") {
    CHECK(VirtualRoom({media::g722_format, media::pcmu_format}).room->rate_hz == 16'000);
    CHECK(VirtualRoom({media::pcma_format, media::pcmu_format}).room->rate_hz == 8'000);
    const Format wide{Codec::l16, 16'000};
    VirtualRoom room({wide, media::pcmu_format, wide});
    room.phones[0].hz = 5'000;  // beyond what a narrow phone can hear
    room.phones[0].amplitude = 6'000;
    for (std::size_t i = 0; i < 3; ++i) room.give_ear(i);
    room.steps(150);
    CHECK(std::abs(decibels(heard_amplitude(room, 2, 0) / 6'000)) < 1.0);
    const auto narrow = last_second(room, 1);
    const auto loudest =
        std::ranges::max_element(narrow, {}, [](std::int16_t sample) { return std::abs(sample); });
    CHECK(std::abs(*loudest) < 60);  // 40 dB below: no alias of it
}

namespace {

struct Switch {
    std::vector<std::int16_t> heard;
    std::size_t back_tick = 0;  // when it heard the shared voice again
};
/// What leg 1 hears of leg 0's tone while leg 1 itself talks for a while, or does not.
Switch heard_through_a_switch(const Format& format, bool talks, bool pauses) {
    VirtualRoom room({media::pcmu_format, format, format});
    room.give_ear(1);
    Switch result;
    for (std::size_t tick = 0; tick < 550; ++tick) {
        room.phones[0].hz = pauses && tick % 75 >= 50 ? 0 : 440;
        // The gate closes a second later, and some time after that the voice is shared again.
        room.phones[1].hz = talks && tick >= 100 && tick < 150 ? 1'000 : 0;
        const bool alone = room.phones[1].leg->hears_alone();
        room.step();
        if (alone && !room.phones[1].leg->hears_alone()) result.back_tick = tick;
    }
    CHECK(!room.phones[1].leg->hears_alone());
    result.heard = room.outlet.sent[1].heard;
    return result;
}

/// The worst 20 ms of the difference that talking and falling silent again makes to what is heard
/// up to 200 ms after the way back, in dB against the tone that is heard. (Later on two encoders
/// differ as two encoders do: in noise.)
double worst_seam(const Format& format, bool pauses) {
    const auto still = heard_through_a_switch(format, false, pauses);
    const auto talking = heard_through_a_switch(format, true, pauses);
    REQUIRE(still.heard.size() == talking.heard.size());
    REQUIRE(talking.back_tick > 150);
    const std::size_t tick = media::samples_per_tick(format);
    double worst = 0;
    for (std::size_t at = 50 * tick; at < (talking.back_tick + 10) * tick; at += tick) {
        double sum = 0;
        for (std::size_t i = at; i < at + tick; ++i)
            sum += std::pow(double{1} * talking.heard[i] - still.heard[i], 2);
        worst = std::max(worst, sum / static_cast<double>(tick));
    }
    return 10 * std::log10(std::max(worst, 1e-6) / (6'000.0 * 6'000 / 2));
}

}  // namespace

TEST_CASE("going from listening to talking and back has no audible seam") {
    for (const Format& format : every_format) {
        CAPTURE(static_cast<int>(format.codec));
        CAPTURE(format.rate_hz);
        const double with_pauses = worst_seam(format, true), without = worst_seam(format, false);
        CAPTURE(with_pauses);
        CAPTURE(without);
        // Who comes back in a pause hears nothing of it; in a tone without end it is a frame of
        // coding noise.
        CHECK(with_pauses < (media::remembers(format.codec) ? -35 : -100));
        CHECK(without < (media::remembers(format.codec) ? -15 : -100));
    }
}

TEST_CASE("the noise of a line is not mixed, in any codec") {
    VirtualRoom room(every_format);
    for (auto& phone : room.phones) {
        phone.hz = 50;
        phone.amplitude = 14;  // -70 dBov
    }
    room.steps(200);
    for (std::size_t i = 0; i < every_format.size(); ++i) {
        CAPTURE(i);
        CAPTURE(media::energy_of(room.phones[i].leg->frame()));
        CHECK(!room.phones[i].leg->contributes());
    }
}

TEST_CASE("with a limit only the loudest are heard; others fade") {
    VirtualRoom room(6);
    everybody_talks(room, 2'000);
    room.phones[4].amplitude = 8'000;
    room.phones[0].amplitude = 3'000;
    auto plan = changed(room);
    plan->loudest = 2;
    room.replace(plan);
    room.steps(150);
    const auto hears = [&](std::size_t listener, std::size_t talker) {
        return heard_amplitude(room, listener, talker) > 1'000;
    };
    CHECK(hears(5, 4));
    CHECK(hears(5, 0));
    for (const std::size_t quieter : {1, 2, 3}) CHECK(!hears(5, quieter));
    CHECK(!hears(0, 0));
    // Somebody louder takes a place, without a click: a step is not greater than the tones' own.
    room.phones[3].amplitude = 9'000;
    room.outlet.sent[5].heard.clear();
    room.steps(100);
    CHECK(hears(5, 3));
    CHECK(hears(5, 4));
    CHECK(!hears(5, 0));
    int step = 0;
    const auto& heard = room.outlet.sent[5].heard;
    for (std::size_t i = 1; i < heard.size(); ++i)
        step = std::max(step, std::abs(heard[i] - heard[i - 1]));
    // 850 and 1000 Hz of 9000 and 8000, and the 400 Hz that leave.
    CHECK(step < 13'500);
}

TEST_CASE("of equally loud legs the first seats are mixed, and stay") {
    VirtualRoom room(5);
    for (auto& phone : room.phones) phone.hz = 400;
    auto plan = changed(room);
    plan->loudest = 2;
    room.replace(plan);
    room.steps(10);
    for (int tick = 0; tick < 50; ++tick) {
        room.step();
        for (std::size_t i = 0; i < 5; ++i) CHECK(room.phones[i].leg->contributes() == (i < 2));
    }
}

TEST_CASE("a coach whispers to one and hears all; somebody is not heard by one; gains count") {
    VirtualRoom room(4);
    everybody_talks(room, 2'000);
    auto plan = changed(room);
    media::PlanSeat& coach = plan->seats[0];
    media::PlanSeat& agent = plan->seats[1];
    media::PlanSeat& customer = plan->seats[2];
    coach.whispers = true;
    agent.whisperers.push_back(coach.leg);
    customer.unheard.push_back(plan->seats[3].leg);
    agent.gain_in_db = 6;
    plan->seats[3].gain_out_db = -6;
    room.replace(plan);
    room.steps(150);
    const auto level = [&](std::size_t listener, std::size_t talker) {
        return decibels(heard_amplitude(room, listener, talker) / 2'000);
    };
    const auto is = [](double db, double wanted) { return std::abs(db - wanted) < 0.5; };
    CHECK(is(level(1, 0), 0));  // the agent hears the coach,
    CHECK(level(2, 0) < -40);   // the customer
    CHECK(level(3, 0) < -40);   // and others do not
    CHECK(is(level(0, 1), 6));  // the coach hears all, the agent louder
    CHECK(is(level(0, 2), 0));
    CHECK(is(level(0, 3), 0));
    CHECK(level(0, 0) < -40);  // but not itself
    CHECK(is(level(2, 1), 6));
    CHECK(level(2, 3) < -40);   // whom it does not want to hear
    CHECK(is(level(3, 1), 0));  // 6 up, 6 down
    CHECK(is(level(3, 2), -6));
}

TEST_CASE("silence becomes comfort noise for who can take it, and sound begins with a marker") {
    VirtualRoom room(3);
    auto config = room.config_of(room.phones[1]);
    config.noise_payload_type = 13;
    room.configure(1, config);
    auto plan = changed(room);
    plan->suppress_silence = true;
    plan->voices.push_back(std::make_shared<media::SharedVoice>(
        media::VoiceKind{.format = media::pcmu_format, .takes_noise = true}));
    plan->seats[1].voice = plan->voices.back().get();
    room.replace(plan);
    room.steps(10);
    const std::size_t before = room.outlet.sent[1].packets, other = room.outlet.sent[2].packets;
    room.steps(100);
    CHECK(room.outlet.sent[1].packets - before == 2);  // a second each
    CHECK(room.outlet.sent[1].header.payload_type == 13);
    CHECK(room.outlet.sent[1].bytes == 1);
    CHECK(room.outlet.sent[2].packets - other == 100);  // who did not offer it gets silence
    room.phones[0].hz = 400;
    room.step();
    room.step();
    CHECK(room.outlet.sent[1].header.payload_type == 0);
    CHECK(room.outlet.sent[1].header.marker);
    CHECK(room.outlet.sent[1].bytes == 160);
}

TEST_CASE("a codec may change in the middle of a call, up and down") {
    VirtualRoom room(2);
    room.phones[0].hz = 500;
    room.phones[1].hz = 700;
    room.give_ear(1);
    room.steps(50);
    for (const Format& format : {media::opus_format, media::g722_format, media::pcma_format}) {
        CAPTURE(static_cast<int>(format.codec));
        auto& phone = room.phones[1];
        phone.format = format;
        phone.mouth = media::make_encoder(format);
        phone.said = 0;
        room.configure(1, room.config_of(phone));
        // The plan comes later than the configuration: what is sent in between has the new type.
        room.step();
        CHECK(room.outlet.sent[1].header.payload_type == VirtualRoom::type_of(format.codec));
        auto plan = changed(room);
        plan->rate_hz = media::natural_rate(format);
        plan->seats[1].voice = VirtualRoom::shared_voice(*plan, format);
        room.replace(plan);
        room.give_ear(1);
        room.give_ear(0);
        room.steps(100);
        CHECK(std::abs(decibels(heard_amplitude(room, 1, 0) / 6'000)) < 1.0);
        CHECK(std::abs(decibels(heard_amplitude(room, 0, 1) / 6'000)) < 1.0);
    }
}

TEST_CASE("a leg with keys takes and sends nothing but SRTP, and counts what is forged") {
    VirtualRoom room(2);
    media::SrtpKeys ours;
    for (std::size_t i = 0; i < media::SrtpKeys::bytes; ++i) {
        ours.ours[i] = static_cast<std::uint8_t>(i);
        ours.theirs[i] = static_cast<std::uint8_t>(100 + i);
    }
    media::SrtpKeys mirrored = ours;
    std::swap(mirrored.ours, mirrored.theirs);
    auto& phone = room.phones[0];
    media::Srtp leg_side(ours, phone.leg->ssrc());
    media::Srtp phone_side(mirrored, phone.address.port);
    auto config = room.config_of(phone);
    config.srtp = ours;
    REQUIRE(phone.leg->inbox.try_push({.kind = media::LegCommand::Kind::configure,
                                       .config = config,
                                       .sound = phone.sounds.back().get(),
                                       .srtp = &leg_side}));
    phone.sends = false;
    room.phones[1].hz = 400;
    std::array<std::uint8_t, 200> packet{};
    const auto header = media::write_rtp_header({.sequence = 7, .ssrc = phone.address.port});
    std::ranges::copy(header, packet.begin());
    room.tick();  // it obeys
    int opened = 0;
    const auto arrive = [&](std::size_t length) {
        phone.leg->rtp_arrived(std::span{packet}.first(length), phone.address, room.now.now_us,
                               room.now, room.outlet);
        room.step();
        // What we send opens at the phone.
        if (phone_side.unprotect(room.outlet.sent[0].whole) == 172) ++opened;
    };
    arrive(172);  // plain
    CHECK(phone.leg->statistics().packets_received == 0);
    CHECK(phone.leg->statistics().packets_forged == 1);
    const std::size_t length = phone_side.protect(packet, 172);
    REQUIRE(length == 182);
    arrive(length);
    CHECK(phone.leg->statistics().packets_received == 1);
    arrive(length);  // replayed
    CHECK(phone.leg->statistics().packets_received == 1);
    CHECK(phone.leg->statistics().packets_forged == 2);
    CHECK(opened == 3);
    CHECK(room.outlet.sent[0].whole.size() == 182);
}

TEST_CASE("a tick allocates nothing with any codec, whatever happens in it") {
    VirtualRoom room(every_format);
    for (std::size_t i = 0; i < every_format.size(); ++i)
        room.phones[i].hz = static_cast<std::int32_t>(300 + 100 * i);
    room.outlet.keep_rtcp = false;
    room.steps(20);
    CHECK(media::test::allocations_during([&] {
              for (int tick = 0; tick < 200; ++tick) {
                  for (auto& phone : room.phones) {
                      if (tick % 50 == 0) phone.hz = phone.hz > 0 ? 0 : 440;
                      if (tick % 7 == 0) ++phone.sequence;  // a loss
                  }
                  room.step();
              }
          }) == 0);
}

TEST_CASE("whatever bit rates peers ask for, few encoders serve them") {
    std::vector<std::int32_t> kinds;
    for (std::int32_t asked = 6'000; asked <= 510'000; ++asked) {
        const std::int32_t given = media::shared_bitrate(asked);
        if (given > asked) FAIL(asked);
        if (kinds.empty() || kinds.back() != given) kinds.push_back(given);
    }
    CHECK(kinds.size() == 11);
    CHECK(media::shared_bitrate(32'000) == 32'000);
}

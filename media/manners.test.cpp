// What a room's profile asks for beside the mix: comfort noise, level, noise gate, keys in the
// sound, music, tapes.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "media/capture.hpp"
#include "media/sound/level.hpp"
#include "media/test_room.hpp"

using media::EventKind;
using media::test::VirtualRoom;

namespace {

std::shared_ptr<media::PlanRoom> changed(const VirtualRoom& room) {
    return std::make_shared<media::PlanRoom>(*room.room);
}

std::uint32_t level_db(std::span<const std::int16_t> sound) {
    return media::below_full_db(media::energy_of(sound));
}

std::span<const std::int16_t> last(const VirtualRoom& room, std::size_t leg, std::size_t samples) {
    return std::span<const std::int16_t>{room.outlet.sent[leg].heard}.last(samples);
}

}  // namespace

TEST_CASE("a sender's comfort noise is heard as noise of its level until sound comes again") {
    VirtualRoom room(2);
    auto& phone = room.phones[0];
    phone.hz = 400;
    room.steps(20);
    room.give_ear(1);
    phone.sends = false;
    std::array<std::uint8_t, 13> packet{};
    const auto header = media::write_rtp_header({.payload_type = 13,
                                                 .sequence = phone.sequence++,
                                                 .timestamp = phone.timestamp,
                                                 .ssrc = phone.address.port});
    std::ranges::copy(header, packet.begin());
    packet[12] = 40;
    phone.leg->rtp_arrived(packet, phone.address, room.now.now_us, room.now, room.outlet);
    room.steps(50);
    CHECK(std::abs(static_cast<int>(level_db(last(room, 1, 4'000))) - 40) <= 2);
    CHECK(phone.leg->statistics().concealed_frames == 0);  // it is meant, not lost
    phone.sends = true;
    phone.timestamp += 50 * 160;
    room.steps(20);
    CHECK(level_db(last(room, 1, 800)) < 22);  // the tone
}

TEST_CASE("a quiet and a loud talker come to one level, where the room's profile says so") {
    for (const bool levelled : {false, true}) {
        VirtualRoom room(3);
        room.phones[0].hz = 400;
        room.phones[1].hz = 400;
        room.give_ear(2);
        auto plan = changed(room);
        plan->level_voices = levelled;
        room.replace(plan);
        std::array<int, 2> heard{};
        for (std::size_t talker = 0; talker < 2; ++talker) {
            room.phones[0].amplitude = room.phones[1].amplitude = 0;
            // Syllables: what never pauses is taken for noise.
            for (int tick = 0; tick < 1'000; ++tick) {
                room.phones[talker].amplitude =
                    tick % 20 >= 14 ? 0 : (talker == 0 ? 1'500 : 12'000);
                room.step();
            }
            heard[talker] = static_cast<int>(level_db(last(room, 2, 8'000)));
        }
        CAPTURE(heard[0]);
        CAPTURE(heard[1]);
        const int apart = heard[0] - heard[1];
        if (levelled)
            CHECK(apart <= 5);
        else
            CHECK(apart >= 17);
    }
}

TEST_CASE("a gated room does not hear the noise of a line between words") {
    for (const bool gated : {false, true}) {
        VirtualRoom room(2);
        room.give_ear(1);
        auto plan = changed(room);
        plan->gate_noise = gated;
        room.replace(plan);
        auto& phone = room.phones[0];
        phone.hz = 300;
        for (int tick = 0; tick < 600; ++tick) {
            phone.amplitude = tick % 100 < 20 ? 8'000 : 150;  // words, and hum at -50 dBov
            room.step();
        }
        const auto pause = last(room, 1, 4'000);
        CHECK((media::energy_of(pause) == 0) == gated);
    }
}

TEST_CASE("keys in the sound are told once and kept from the room, where they were agreed on") {
    VirtualRoom room(2);
    auto& phone = room.phones[0];
    auto config = room.config_of(phone);
    config.event_payload_type.reset();
    config.inband_dtmf = true;
    room.configure(0, config);
    room.give_ear(1);
    room.steps(10);
    phone.sends = false;
    const auto send_tones = [&](bool on) {
        std::array<std::uint8_t, 172> packet;
        const auto header = media::write_rtp_header({.sequence = phone.sequence++,
                                                     .timestamp = phone.timestamp,
                                                     .ssrc = phone.address.port});
        std::ranges::copy(header, packet.begin());
        media::Frame pcm{};
        for (std::size_t i = 0; i < pcm.size() && on; ++i) {
            const std::int64_t at = phone.said++;
            pcm[i] = static_cast<std::int16_t>(media::tone_sample(770, at, 5'000) +
                                               media::tone_sample(1'336, at, 5'000));
        }
        media::encode(media::Codec::pcmu, pcm, std::span{packet}.subspan(12));
        phone.timestamp += 160;
        phone.leg->rtp_arrived(packet, phone.address, room.now.now_us, room.now, room.outlet);
        room.tick();
    };
    for (int tick = 0; tick < 15; ++tick) send_tones(true);
    for (int tick = 0; tick < 15; ++tick) send_tones(false);
    const auto digits = room.outlet.of(EventKind::digit, 0);
    REQUIRE(digits.size() == 1);
    CHECK(digits[0].digit == '5');
    // Of 300 ms no more than the 60 that it takes to know a key.
    const auto& heard = room.outlet.sent[1].heard;
    const auto loud = std::ranges::count_if(heard, [](std::int16_t s) { return s > 1'000; });
    CHECK(loud < 480);
}

TEST_CASE("who is alone hears music, until somebody comes") {
    VirtualRoom room(2);
    media::PromptLibrary library("", {});
    auto alone = changed(room);
    const media::PlanSeat other = alone->seats[1];
    alone->seats.pop_back();
    alone->music = library.find("music");
    room.replace(alone);
    room.give_ear(0);
    room.steps(500);
    CHECK(level_db(last(room, 0, 16'000)) < 40);
    auto together = changed(room);
    together->music = nullptr;
    together->seats.push_back(other);
    room.replace(together);
    room.steps(10);
    CHECK(media::energy_of(last(room, 0, 800)) == 0);
}

TEST_CASE("a recorded room tapes its mix each tick and each leg that spoke, whispers apart") {
    VirtualRoom room({media::pcmu_format, media::opus_format, media::pcmu_format});
    room.phones[0].hz = 400;
    room.phones[2].hz = 900;
    room.steps(10);
    CHECK(room.outlet.taped.empty());
    auto plan = changed(room);
    plan->recording = media::Recording::on;
    plan->seats[2].whispers = true;
    room.replace(plan);
    const std::uint64_t first = room.now.tick;
    room.steps(5);
    plan = changed(room);
    plan->recording = media::Recording::paused;
    room.replace(plan);
    room.steps(5);
    REQUIRE(room.outlet.taped.size() == 10);
    for (std::size_t i = 0; i < 10; ++i) {
        const media::TapeFrame& frame = room.outlet.taped[i];
        CHECK(frame.room == 1);
        CHECK(frame.tick == first + i / 2);
        CHECK(frame.rate_hz == 48'000);
        CHECK(frame.leg == 0);  // the mix, and the only leg that speaks to all, whose id is 0 too
        CHECK(level_db(std::span{frame.pcm}.first(960)) < 22);
    }
    const auto& mix = room.outlet.taped[8].pcm;
    const auto& leg = room.outlet.taped[9].pcm;
    CHECK(std::equal(mix.begin(), mix.end(), leg.begin()));
}

TEST_CASE("a captured room tells what each leg sent and was decided, enough to mix it again") {
    VirtualRoom room(3);
    room.phones[0].hz = 400;
    room.phones[1].hz = 600;
    room.steps(20);
    auto plan = changed(room);
    plan->capture = true;
    room.replace(plan);
    for (int tick = 0; tick < 30; ++tick) {
        if (tick == 10) ++room.phones[0].sequence, room.phones[0].timestamp += 160;  // a loss
        room.step();
        // What each heard, mixed again from the records of this tick alone.
        const auto records = std::span{room.outlet.captured}.last(3);
        std::array<std::int32_t, 160> total{};
        std::array<media::Frame, 3> frames{};
        for (std::size_t i = 0; i < 3; ++i) {
            REQUIRE(records[i].leg == i);
            const auto capture = media::decode_capture(records[i].bytes);
            REQUIRE(capture.ok());
            CHECK(capture.value().head.format == media::pcmu_format);
            REQUIRE(capture.value().pieces.size() == (tick == 0 ? 2 : 1));  // and the clock
            const auto& piece = capture.value().pieces[0];
            if (piece.kind == media::CapturePiece::Kind::packet)
                media::decode(media::Codec::pcmu, piece.payload, frames[i]);
            else  // the invented frame, as the leg invented it
                std::ranges::copy(room.phones[i].leg->frame(), frames[i].begin());
            if (tick > 12 || tick < 10)  // after a hole 5 ms are blended
                CHECK(std::ranges::equal(frames[i], room.phones[i].leg->frame()));
            else
                std::ranges::copy(room.phones[i].leg->frame(), frames[i].begin());
            if (capture.value().head.contributes) media::add_to_total(total, frames[i]);
        }
        for (std::size_t i = 0; i < 3; ++i) {
            const auto head = media::decode_capture(records[i].bytes).value().head;
            media::Frame heard;
            if (head.contributes)
                media::mix_minus(total, frames[i], heard);
            else
                media::saturate(total, heard);
            CHECK(head.heard == media::hash_of(heard));
        }
    }
}

TEST_CASE("a listener's opinion falls when a leg's sound is lost, and comes back") {
    VirtualRoom room(2);
    auto& phone = room.phones[0];
    phone.hz = 400;
    room.steps(200);
    CHECK(phone.leg->impaired_per_mille() == 0);
    for (int tick = 0; tick < 1'000; ++tick) {
        if (tick % 10 == 0) ++phone.sequence, phone.timestamp += 160;
        room.step();
    }
    CHECK(phone.leg->impaired_per_mille() > 60);
    CHECK(phone.leg->impaired_per_mille() < 140);
    room.steps(3'000);
    CHECK(phone.leg->impaired_per_mille() < 5);
}

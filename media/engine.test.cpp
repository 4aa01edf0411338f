// The engine by real sockets on loopback: what phones
// hear of each other, and what is told about them.
#include "media/engine.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/prng.hpp"
#include "media/test_phones.hpp"

using media::EventKind;
using media::test::Ear;
using media::test::Phone;
using Phones = std::vector<std::unique_ptr<Phone>>;

namespace {

// A tone of amplitude 8000 is -12 dBov. "Hears":
// within 3 dB of it. "Does not hear": 34 dB below it.
constexpr double loud = 8'000 * 0.7, faint = 8'000 * 0.02;

media::Options options(Ear* ear = nullptr, unsigned workers = 2) {
    media::Options made;
    made.port_min = 40'000;
    made.port_max = 42'799;
    made.workers = workers;
    if (ear != nullptr) made.on_event = ear->callback();
    return made;
}

Phones phones_with(std::initializer_list<std::int32_t> tones) {
    Phones phones;
    media::LegId leg = 100;
    for (const std::int32_t hz : tones) phones.push_back(std::make_unique<Phone>(++leg, hz));
    return phones;
}

std::vector<media::RoomLeg> seats_of(const Phones& phones) {
    std::vector<media::RoomLeg> seats;
    for (const auto& phone : phones) seats.push_back({.leg = phone->leg});
    return seats;
}

void join_all(media::Engine& engine, const Phones& phones, media::RoomId room = 1) {
    for (const auto& phone : phones) phone->join(engine);
    engine.set_room(room, seats_of(phones));
}

}  // namespace

TEST_CASE("three phones hear the two others and not themselves") {
    media::Engine engine(options());
    const Phones phones = phones_with({440, 800, 1'250});
    phones[1]->codec = media::Codec::pcma;
    join_all(engine, phones);
    media::test::play_ms(phones, 1'500);
    for (const auto& listener : phones) {
        CAPTURE(listener->hz);
        CHECK(listener->packets_heard > 60);
        for (const auto& talker : phones) {
            CAPTURE(talker->hz);
            if (talker == listener)
                CHECK(listener->hears(talker->hz, 600) < faint);
            else
                CHECK(listener->hears_at_best(talker->hz, 600) > loud);
        }
    }
}

TEST_CASE("a muted phone falls silent for the others within 200 ms, and hears on") {
    Ear ear;
    media::Engine engine(options(&ear));
    const Phones phones = phones_with({440, 800});
    join_all(engine, phones);
    media::test::play_ms(phones, 1'000);
    REQUIRE(phones[1]->hears_at_best(440, 400) > loud);
    REQUIRE(ear.of(EventKind::talking_started, phones[0]->leg).size() == 1);
    auto seats = seats_of(phones);
    seats[0].speaks = false;
    engine.set_room(1, seats);
    media::test::play_ms(phones, 200);
    media::test::play_ms(phones, 400);
    CHECK(phones[1]->hears(440, 400) < faint);
    CHECK(phones[0]->hears_at_best(800, 400) > loud);
    CHECK(ear.of(EventKind::talking_stopped, phones[0]->leg).size() == 1);
    seats[0].speaks = true;
    seats[1].hears = false;
    engine.set_room(1, seats);
    media::test::play_ms(phones, 800);
    CHECK(phones[1]->hears(440, 400) < faint);  // deaf now
    CHECK(ear.of(EventKind::talking_started, phones[0]->leg).size() == 2);
}

TEST_CASE("keys are told once each, and not heard by the room") {
    Ear ear;
    media::Engine engine(options(&ear));
    const Phones phones = phones_with({0, 0});
    join_all(engine, phones);
    media::test::play_ms(phones, 200);
    for (const std::uint8_t key : {1, 1, 9, 11, 10, 12}) {
        phones[0]->press(key, 5, key == 9 ? 0 : 3);  // one loses all its end packets
        media::test::play_ms(phones, 60);
    }
    media::test::play_ms(phones, 200);
    std::string digits;
    for (const media::Event& event : ear.of(EventKind::digit, phones[0]->leg))
        digits += event.digit;
    CHECK(digits == "119#*A");
    CHECK(ear.of(EventKind::first_packet, phones[0]->leg).size() == 1);
    CHECK(ear.of(EventKind::talking_started, phones[0]->leg).empty());
}

TEST_CASE("a prompt plays to one leg, an announcement to the room, and the end is told") {
    Ear ear;
    media::Engine engine(options(&ear));
    const Phones phones = phones_with({0, 0});
    join_all(engine, phones);
    media::test::play_ms(phones, 200);
    const auto energy = [](const Phone& phone) {
        double sum = 0;
        for (const std::int16_t sample : std::span{phone.heard}.last(4'000))
            sum += double(sample) * sample;
        return sum / 4'000;
    };
    const std::vector<std::string> prompts{"welcome"};
    engine.play(phones[0]->leg, prompts, false);
    media::test::play_ms(phones, 560);
    CHECK(energy(*phones[0]) > 1'000'000);
    CHECK(energy(*phones[1]) < 100);
    media::test::play_ms(phones, 200);
    CHECK(ear.of(EventKind::prompt_done, phones[0]->leg).size() == 1);
    media::test::play_ms(phones, 500);
    CHECK(energy(*phones[0]) < 100);
    engine.announce(1, "someone_joined");
    media::test::play_ms(phones, 560);
    CHECK(energy(*phones[0]) > 1'000'000);
    CHECK(energy(*phones[1]) > 1'000'000);
}

TEST_CASE("legs move between rooms and hear only the room they are in") {
    media::Engine engine(options());
    const Phones phones = phones_with({440, 800, 1'250, 1'700});
    for (const auto& phone : phones) phone->join(engine);
    const auto pair = [&](int a, int b) {
        return std::vector<media::RoomLeg>{{.leg = phones[a]->leg}, {.leg = phones[b]->leg}};
    };
    for (int round = 0; round < 3; ++round) {
        engine.set_room(1, pair(0, 1));
        engine.set_room(2, pair(2, 3));
        media::test::play_ms(phones, 900);
        CHECK(phones[0]->hears_at_best(800, 400) > loud);
        CHECK(phones[0]->hears(1'250, 400) < faint);
        CHECK(phones[3]->hears_at_best(1'250, 400) > loud);
        engine.set_room(1, pair(0, 2));
        engine.set_room(2, pair(1, 3));
        media::test::play_ms(phones, 900);
        CHECK(phones[0]->hears_at_best(1'250, 400) > loud);
        CHECK(phones[0]->hears(800, 400) < faint);
        CHECK(phones[1]->hears_at_best(1'700, 400) > loud);
    }
    CHECK(engine.statistics().rooms == 2);
    engine.set_room(1, {});
    CHECK(engine.statistics().rooms == 1);
}

TEST_CASE("garbage and strangers at the ports change nothing but counters") {
    Ear ear;
    media::Engine engine(options(&ear));
    const Phones phones = phones_with({440, 800});
    phones[0]->shares = false;
    join_all(engine, phones);
    media::test::play_ms(phones, 400);
    media::Address stranger;
    const int socket = media::test::bind_somewhere(stranger);
    Prng prng{7};
    Phone bleeder(900, 2'000);  // valid RTP with a tone of its own, from a wrong place
    bleeder.to = phones[0]->to;
    for (int round = 0; round < 40; ++round) {
        bleeder.send_sound();
        for (int i = 0; i < 5; ++i) {
            std::vector<std::uint8_t> bytes(prng.below(300));
            for (auto& byte : bytes) byte = static_cast<std::uint8_t>(prng.next());
            if (!bytes.empty() && i % 2 == 0) bytes[0] = 0x80;
            media::Address to = phones[0]->to;
            (void)media::send_udp(socket, to, bytes);
            ++to.port;
            (void)media::send_udp(socket, to, bytes);
        }
        media::test::play_ms(phones, 20);
    }
    media::close_udp(socket);
    CHECK(phones[1]->hears_at_best(440, 600) > loud);
    CHECK(phones[1]->hears(2'000, 600) < faint);
    const auto statistics = engine.statistics(phones[0]->leg);
    REQUIRE(statistics.has_value());
    CHECK(statistics->packets_refused >= 200);
    CHECK(statistics->packets_lost == 0);
    CHECK(ear.of(EventKind::digit, phones[0]->leg).empty());
}

TEST_CASE("what does not exist is refused or ignored") {
    media::Engine engine(options());
    engine.configure(1, {});
    engine.play(1, {}, true);
    engine.stop_prompts(1);
    engine.announce(1, "welcome");
    engine.close(1);
    CHECK(!engine.statistics(1).has_value());
    const std::vector<media::RoomLeg> ghosts{{.leg = 5}};
    engine.set_room(3, ghosts);
    CHECK(engine.statistics().rooms == 1);
    REQUIRE(engine.open(1).ok());
    const auto again = engine.open(1);
    REQUIRE(!again.ok());
    CHECK(again.error() == media::Fault::leg_exists);
    CHECK(engine.statistics().legs == 1);
}

TEST_CASE("an Opus phone that loses what we send is sent redundancy, others are not") {
    media::Options options;
    options.port_min = 44'000;
    options.port_max = 44'400;
    options.workers = 1;
    media::Engine engine(options);
    media::Address address;
    const int socket = media::test::bind_somewhere(address);
    REQUIRE(engine.open(1).ok());
    const auto port = engine.open(2, {.remote = address});
    REQUIRE(port.ok());
    engine.configure(2, {.format = media::opus_format, .payload_type = 96, .remote = address});
    const media::RoomLeg seats[]{{.leg = 1}, {.leg = 2}};
    engine.set_room(1, seats);
    engine.play(2, std::vector<std::string>(16, "tone"), false);
    media::Batch batch;
    // Opus tells in its first byte how it codes: 16 and more is general sound, which has no
    // redundancy (RFC 6716, table 2). And packets of ours show our SSRC.
    int modelled = 0, general = 0;
    std::uint32_t ssrc = 0;
    const auto listen_ms = [&](int ms) {
        modelled = general = 0;
        for (int i = 0; i < ms / 10; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
            for (const auto& packet : batch.receive(socket)) {
                const auto parsed = media::parse_rtp(packet.bytes);
                if (!parsed.ok() || parsed.value().header.payload_type != 96) continue;
                ssrc = parsed.value().header.ssrc;
                (parsed.value().payload[0] >> 3 >= 16 ? general : modelled) += 1;
            }
        }
    };
    listen_ms(600);
    CHECK(general > 10);
    CHECK(modelled == 0);
    media::RtcpCompound report{.ssrc = 7};
    report.blocks[report.block_count++] = {.ssrc = ssrc, .fraction_lost = 26};  // a tenth
    report.cname = "phone";
    std::array<std::uint8_t, media::rtcp_bytes_max> bytes;
    const std::size_t length = media::write_rtcp(report, bytes);
    // RTP first: where it comes from is where RTCP is believed from.
    std::array<std::uint8_t, 40> sound{};
    const auto header = media::write_rtp_header({.payload_type = 96, .sequence = 1, .ssrc = 7});
    std::ranges::copy(header, sound.begin());
    sound[12] = 0xf8;  // one general frame of 20 ms
    const media::Address rtp{.ip = media::test::loopback, .port = port.value()};
    const media::Address rtcp{.ip = rtp.ip, .port = static_cast<std::uint16_t>(rtp.port + 1)};
    REQUIRE(media::send_udp(socket, rtp, sound));
    listen_ms(60);
    REQUIRE(media::send_udp(socket, rtcp, std::span{bytes}.first(length)));
    listen_ms(400);
    listen_ms(600);
    CHECK(modelled > 10);
    CHECK(general == 0);
    media::close_udp(socket);
}

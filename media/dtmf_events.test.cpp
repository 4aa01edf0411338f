#include "media/dtmf_events.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

namespace {

struct Sent {
    std::uint8_t event;
    std::uint32_t timestamp;
    bool end;
    std::int64_t at_ms;
};

std::string digits_of(const std::vector<Sent>& packets) {
    media::DtmfReceiver receiver;
    std::string digits;
    for (const Sent& sent : packets) {
        const std::array<std::uint8_t, 4> payload{
            sent.event, static_cast<std::uint8_t>(sent.end ? 0x8a : 0x0a), 0, 160};
        const auto digit = receiver.receive(payload, sent.timestamp, sent.at_ms * 1'000);
        if (digit) digits += *digit;
    }
    return digits;
}

}  // namespace

TEST_CASE("a press is one digit, whatever of its packets is lost, repeated or reordered") {
    const Sent first{5, 1'000, false, 0}, again{5, 1'000, false, 20}, end{5, 1'000, true, 40},
        end2{5, 1'000, true, 60};
    CHECK(digits_of({first, again, end, end2, end2}) == "5");
    CHECK(digits_of({first, again}) == "5");       // all ends lost
    CHECK(digits_of({end, end2}) == "5");          // all beginnings lost
    CHECK(digits_of({end, first, again}) == "5");  // reordered
    CHECK(digits_of({end2}) == "5");
}

TEST_CASE("the same key pressed again is another digit") {
    CHECK(digits_of({{1, 1'000, false, 0},
                     {1, 1'000, true, 60},
                     {1, 2'600, false, 200},
                     {1, 2'600, true, 260}}) == "11");
    CHECK(digits_of({{1, 1'000, false, 0}, {1, 2'600, false, 200}}) == "11");  // the end was lost
    CHECK(digits_of({{1, 1'000, false, 0},
                     {1, 1'000, true, 60},
                     {1, 2'600, false, 200},
                     {1, 1'000, true, 210}}) == "11");
}

TEST_CASE("all sixteen keys have their names") {
    std::vector<Sent> packets;
    for (std::uint8_t event = 0; event < 16; ++event)
        packets.push_back({event, event * 2'000u, true, event * 250});
    CHECK(digits_of(packets) == "0123456789*#ABCD");
}

TEST_CASE("timestamps wrap between presses") {
    CHECK(digits_of({{1, 0xffff'fff0, true, 0}, {2, 1'000, true, 200}, {2, 1'000, true, 220}}) ==
          "12");
}

TEST_CASE("a key held for longer than sixteen bits of duration is one press") {
    std::vector<Sent> packets;
    for (int i = 0; i < 900; ++i)
        packets.push_back({7, i < 410 ? 1'000u : 1'000u + 0xffff, false, i * 20});
    CHECK(digits_of(packets) == "7");
}

TEST_CASE("a sender that restarts its clock is understood after a pause") {
    CHECK(digits_of({{1, 50'000, true, 0}, {2, 40'000, true, 6'000}}) == "12");
}

TEST_CASE("events that are no keys, and cut payloads, are no press") {
    CHECK(digits_of({{16, 1'000, true, 0}, {255, 2'000, true, 100}}).empty());
    media::DtmfReceiver receiver;
    const std::array<std::uint8_t, 3> cut{1, 0, 0};
    CHECK(!receiver.receive(cut, 1, 0).has_value());
    CHECK(!receiver.receive({}, 1, 0).has_value());
}

TEST_CASE("a key counts as down until 80 ms after its last packet") {
    media::DtmfReceiver receiver;
    CHECK(!receiver.pressed(0));
    const std::array<std::uint8_t, 4> payload{1, 0, 0, 160};
    (void)receiver.receive(payload, 1, 1'000'000);
    CHECK(receiver.pressed(1'079'000));
    CHECK(!receiver.pressed(1'080'000));
}

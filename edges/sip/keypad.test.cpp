#include "edges/sip/keypad.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>

using namespace sip;
using actors::Keys;
using Kind = Keypad::Kind;

namespace {

constexpr Instant start{1'000'000'000};

/// Presses `keys` with `gap` between them; returns the first thing that came of it.
std::optional<Keypad::Keyed> press_all(Keypad& pad, const std::string& keys,
                                       Duration gap = milliseconds(300)) {
    Instant now = start;
    for (const char key : keys) {
        now = now + gap;
        if (auto keyed = pad.wake(now)) return keyed;
        if (auto keyed = pad.press(key, now)) return keyed;
    }
    return std::nullopt;
}

Keypad expecting(Keys keys) {
    Keypad pad;
    (void)pad.expect(keys, start);
    return pad;
}

}  // namespace

TEST_CASE("digits up to the hash key are one entry") {
    for (const Keys keys : {Keys::conference, Keys::pin}) {
        Keypad pad = expecting(keys);
        CHECK(press_all(pad, "471100#") == Keypad::Keyed{Kind::number, "471100"});
        CHECK(!pad.deadline());
        CHECK(!pad.press('1', start + minutes(1)));
    }
}

TEST_CASE("a pause of four seconds ends an entry, a shorter one does not") {
    Keypad pad = expecting(Keys::pin);
    CHECK(!pad.press('1', start));
    CHECK(!pad.wake(start + keypad_pause - milliseconds(1)));
    CHECK(!pad.press('2', start + milliseconds(3900)));
    CHECK(pad.deadline() == start + milliseconds(3900) + keypad_pause);
    CHECK(pad.wake(*pad.deadline()) == Keypad::Keyed{Kind::number, "12"});
}

TEST_CASE("who keys nothing for fifteen seconds has stopped") {
    Keypad pad = expecting(Keys::conference);
    CHECK(!pad.wake(start + keypad_patience - milliseconds(1)));
    CHECK(pad.wake(start + keypad_patience) == Keypad::Keyed{Kind::stopped, ""});
}

TEST_CASE("patience begins when the question has been heard, but an entry that began goes on") {
    Keypad pad = expecting(Keys::pin);
    pad.question_heard(start + seconds(6));
    CHECK(pad.deadline() == start + seconds(6) + keypad_patience);
    CHECK(!pad.press('1', start + seconds(7)));
    pad.question_heard(start + seconds(8));
    CHECK(pad.wake(start + seconds(11)) == Keypad::Keyed{Kind::number, "1"});
    pad.question_heard(start + seconds(12));
    CHECK(!pad.deadline());
}

TEST_CASE("who keys for ever is cut off fifteen seconds after the first key") {
    Keypad pad = expecting(Keys::conference);
    CHECK(press_all(pad, "1234567890", milliseconds(3500)) == Keypad::Keyed{Kind::number, "12345"});
}

TEST_CASE("a star starts a number again, and a lone hash is ignored") {
    Keypad pad = expecting(Keys::pin);
    CHECK(press_all(pad, "#12*34#") == Keypad::Keyed{Kind::number, "34"});
}

TEST_CASE("in a conference a star and a digit are a code, again and again") {
    Keypad pad = expecting(Keys::codes);
    CHECK(press_all(pad, "12#*6") == Keypad::Keyed{Kind::code, "*6"});
    CHECK(press_all(pad, "**5") == Keypad::Keyed{Kind::code, "*5"});
    CHECK(!pad.press('*', start));
    CHECK(!pad.wake(start + keypad_pause));
    CHECK(!pad.press('6', start + keypad_pause));
    CHECK(!pad.deadline());
}

TEST_CASE("nobody listens when nothing is expected") {
    Keypad pad;
    CHECK(!press_all(pad, "123*6#"));
    (void)pad.expect(Keys::nothing, start);
    CHECK(!press_all(pad, "123*6#"));
    CHECK(!pad.deadline());
}

TEST_CASE(
    "whatever is keyed, an entry has one to twenty digits, comes in time, and is what was "
    "pressed") {
    CHECK(rc::check(
        "keypad invariants",
        [](const std::vector<std::pair<unsigned char, unsigned short>>& presses, bool pin) {
            Keypad pad;
            (void)pad.expect(pin ? Keys::pin : Keys::conference, start);
            Instant now = start;
            std::string since_star;
            for (const auto& [key, gap_ms] : presses) {
                now = now + milliseconds(gap_ms % 6000);
                auto keyed = pad.wake(now);
                if (!keyed) {
                    const char pressed = "0123456789*#ABCDx"[key % 17];
                    keyed = pad.press(pressed, now);
                    if (pressed == '*') since_star.clear();
                    if (pressed >= '0' && pressed <= '9') since_star += pressed;
                }
                RC_ASSERT(!pad.deadline() || *pad.deadline() > now);
                RC_ASSERT(!pad.deadline() || *pad.deadline() <= now + keypad_patience);
                if (!keyed) continue;
                RC_ASSERT(keyed->kind != Kind::code);
                RC_ASSERT(keyed->digits == since_star);
                RC_ASSERT(keyed->digits.size() <= keypad_digits_max);
                RC_ASSERT((keyed->kind == Kind::stopped) == keyed->digits.empty());
                RC_ASSERT(!pad.press('1', now));
                return;
            }
        }));
}

TEST_CASE("what was keyed before the question answers it, and the next one") {
    Keypad pad;
    for (const char key : std::string{"471100#12"}) CHECK(!pad.press(key, start));
    const auto number = pad.expect(Keys::conference, start);
    REQUIRE(number);
    CHECK(number->digits == "471100");
    CHECK(!pad.expect(Keys::pin, start));
    CHECK(!pad.press('3', start));
    const auto pin = pad.press('#', start);
    REQUIRE(pin);
    CHECK(pin->digits == "123");
}

TEST_CASE("keys ahead of any question are bounded, and none are left for the room") {
    Keypad pad;
    for (int i = 0; i < 1000; ++i) CHECK(!pad.press('1', start));
    CHECK(!pad.expect(Keys::codes, start));
    CHECK(!pad.press('1', start));
    (void)pad.expect(Keys::nothing, start);
    CHECK(!pad.expect(Keys::pin, start));
    const auto pin = pad.press('#', start);
    CHECK(!pin);
}

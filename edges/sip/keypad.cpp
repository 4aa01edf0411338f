// The rules of keying; see keypad.hpp.
#include "edges/sip/keypad.hpp"

#include <algorithm>
#include <utility>

namespace sip {

void Keypad::begin(actors::Keys keys, Instant now) {
    keys_ = keys;
    digits_.clear();
    deadline_.reset();
    patience_ends_ = now + keypad_patience;
    if (keys == actors::Keys::conference || keys == actors::Keys::pin) deadline_ = patience_ends_;
}

std::optional<Keypad::Keyed> Keypad::expect(actors::Keys keys, Instant now) {
    begin(keys, now);
    if (keys == actors::Keys::nothing) return std::nullopt;
    const std::string ahead = std::exchange(ahead_, {});
    if (keys == actors::Keys::codes)
        return std::nullopt;  // in the room; the rest was never asked for
    for (std::size_t i = 0; i < ahead.size(); ++i) {
        if (auto keyed = press(ahead[i], now)) {
            ahead_ = ahead.substr(i + 1);
            return keyed;
        }
    }
    return std::nullopt;
}

void Keypad::question_heard(Instant now) {
    if (deadline_ && digits_.empty() && keys_ != actors::Keys::codes) begin(keys_, now);
}

std::optional<Keypad::Keyed> Keypad::finish(Kind kind) {
    Keyed keyed{kind, std::exchange(digits_, {})};
    deadline_.reset();
    // Codes are keyed again and again during a call; a number or PIN is asked for anew.
    if (keys_ != actors::Keys::codes) keys_ = actors::Keys::nothing;
    return keyed;
}

std::optional<Keypad::Keyed> Keypad::press(char key, Instant now) {
    const bool digit = key >= '0' && key <= '9';
    if (!digit && key != '*' && key != '#') return std::nullopt;
    if (keys_ == actors::Keys::nothing) {
        if (ahead_.size() < keypad_digits_max) ahead_ += key;
        return std::nullopt;
    }
    if (keys_ == actors::Keys::codes) {
        if (key == '*') {
            digits_.assign(1, key);
            deadline_ = now + keypad_pause;
            return std::nullopt;
        }
        if (digits_.empty() || !digit) return std::nullopt;
        digits_ += key;
        return finish(Kind::code);
    }
    if (key == '#') {
        if (digits_.empty()) return std::nullopt;  // a stray '#' from the digits before
        return finish(Kind::number);
    }
    if (key == '*') {  // "I mistyped": start again
        digits_.clear();
        patience_ends_ = now + keypad_patience;
        deadline_ = patience_ends_;
        return std::nullopt;
    }
    if (digits_.empty()) patience_ends_ = now + keypad_patience;
    digits_ += key;
    if (digits_.size() == keypad_digits_max) return finish(Kind::number);
    deadline_ = std::min(now + keypad_pause, patience_ends_);
    return std::nullopt;
}

std::optional<Keypad::Keyed> Keypad::wake(Instant now) {
    if (!deadline_ || now < *deadline_) return std::nullopt;
    if (keys_ == actors::Keys::codes) {  // a lone '*' means nothing
        digits_.clear();
        deadline_.reset();
        return std::nullopt;
    }
    return finish(digits_.empty() ? Kind::stopped : Kind::number);
}

}  // namespace sip

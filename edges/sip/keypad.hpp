// Gathers the keys a caller presses into what was asked for: a conference number, a PIN, or a code
// like "*6". Keys come by RFC 4733 and by INFO; both end here. A PIN passes through and is never
// logged.
//
// Pure: one call owns it. Memory: at most keypad_digits_max digits. Time: only what is passed in.
#pragma once

#include <optional>
#include <string>

#include "actors/effects.hpp"
#include "base/time.hpp"

namespace sip {

inline constexpr std::size_t keypad_digits_max = 20;  // no number or PIN is longer
inline constexpr Duration keypad_pause =
    seconds(4);  // after the last key the entry counts as complete
inline constexpr Duration keypad_patience =
    seconds(15);  // to the first key, and from it to the last

class Keypad {
public:
    enum class Kind : std::uint8_t { number, code, stopped };
    struct Keyed {
        Kind kind{};
        std::string digits;  // of a number or PIN without '#'; of a code with its '*'
        bool operator==(const Keyed&) const = default;
    };

    /// Starts a new entry. Keys that came before a question (a speed dial with the PIN behind the
    /// number) are its answer's beginning; the answer is returned when they complete it.
    [[nodiscard]] std::optional<Keyed> expect(actors::Keys keys, Instant now);
    /// A key '0'..'9', '*', '#', 'A'..'D'; anything else is ignored.
    [[nodiscard]] std::optional<Keyed> press(char key, Instant now);
    /// To be called at deadline() or later.
    [[nodiscard]] std::optional<Keyed> wake(Instant now);
    /// The prompts fell silent: who has not keyed yet gets the whole patience from here.
    void question_heard(Instant now);
    /// When wake() has something to do. None: never.
    [[nodiscard]] std::optional<Instant> deadline() const { return deadline_; }
    [[nodiscard]] actors::Keys expected() const { return keys_; }

private:
    void begin(actors::Keys keys, Instant now);
    [[nodiscard]] std::optional<Keyed> finish(Kind kind);

    actors::Keys keys_ = actors::Keys::nothing;
    std::string digits_;
    std::string
        ahead_;  // keyed while nothing was asked; at most keypad_digits_max, later ones are lost
    Instant patience_ends_{};
    std::optional<Instant> deadline_;
};

}  // namespace sip

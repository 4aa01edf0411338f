// Why a wish was not granted. Typed, so that every client and test can tell one from another.
#pragma once

#include <cstdint>
#include <string_view>

namespace actors {

enum class Refusal : std::uint8_t {
    none,
    // the asker
    not_allowed,  // you may not do this
    blocked,      // too many wrong guesses; try later
    // the thing
    no_such_user,
    no_such_conversation,
    no_such_conference,
    no_such_call,
    no_such_seat,
    no_such_phone,
    already_exists,
    number_taken,
    not_owner,
    // its condition
    ended,
    locked,
    full,  // a limit is reached: seats, members, phones, sessions
    not_connected,
    not_a_member,
    disabled,
    wrong_pin,
    stale,  // an older REGISTER, or a deadline that is not due
    // the wish itself
    bad_name,
    bad_text,
    bad_value,
    not_understood,  // this entity has no such command
    // the world
    busy,            // a queue is full: try again soon
    storage_full,    // the disk is full; nothing was written
    storage_failed,  // the outcome is unknown: ask again after the restart
    stopping,
};

/// A stable code ("wrong_pin") for protocols and tests.
[[nodiscard]] std::string_view name_of(Refusal refusal) noexcept;
/// One sentence for a person, saying what to do where there is something to do.
[[nodiscard]] std::string_view sentence_of(Refusal refusal) noexcept;

}  // namespace actors

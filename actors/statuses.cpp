#include "actors/statuses.hpp"

namespace actors {

using schema::Cause;

int status_of(Cause cause) noexcept {
    switch (cause) {
        case Cause::none:
        case Cause::hung_up:
        case Cause::no_answer:
        case Cause::not_registered:
        case Cause::gave_up:
        case Cause::media_timeout: return 480;
        case Cause::busy:
        case Cause::full: return 486;
        case Cause::cancelled: return 487;
        case Cause::refused:
        case Cause::wrong_pin:
        case Cause::removed:
        case Cause::locked:
        case Cause::barred: return 403;
        case Cause::failed:
        case Cause::lost: return 500;
        case Cause::unknown_number:
        case Cause::conference_ended: return 404;
        case Cause::codec_mismatch:
        case Cause::not_encrypted: return 488;
    }
    return 480;
}

int status_of(Refusal refusal) noexcept {
    switch (refusal) {
        case Refusal::none: return 200;
        case Refusal::not_allowed:
        case Refusal::blocked:
        case Refusal::not_owner:
        case Refusal::disabled:
        case Refusal::locked:
        case Refusal::not_a_member:
        case Refusal::wrong_pin: return 403;
        case Refusal::no_such_user:
        case Refusal::no_such_conversation:
        case Refusal::no_such_conference:
        case Refusal::no_such_call:
        case Refusal::no_such_seat:
        case Refusal::no_such_phone:
        case Refusal::ended: return 404;
        case Refusal::bad_name:
        case Refusal::bad_text:
        case Refusal::bad_value:
        case Refusal::not_understood: return 400;
        case Refusal::stale:  // RFC 3261, 10.3, step 7: an older REGISTER than the binding's
        case Refusal::already_exists:
        case Refusal::number_taken:
        case Refusal::not_connected: return 500;
        case Refusal::full:
        case Refusal::busy:
        case Refusal::storage_full:
        case Refusal::storage_failed:
        case Refusal::stopping: return 503;
    }
    return 500;
}

}  // namespace actors

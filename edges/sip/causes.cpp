// The three tables of causes.hpp.
#include "edges/sip/causes.hpp"

namespace sip {

using schema::Cause;

Cause cause_of(int status) noexcept {
    switch (status) {
        case 486:
        case 600: return Cause::busy;
        case 408:
        case 480: return Cause::no_answer;
        case 404:
        case 484:
        case 604: return Cause::unknown_number;
        case 488:
        case 606: return Cause::codec_mismatch;
        case 487: return Cause::cancelled;
        case 403:
        case 603: return Cause::refused;
    }
    // A redirection is a refusal: we call whom we were asked to call, nobody else.
    return status >= 300 && status < 500 ? Cause::refused : Cause::failed;
}

Cause cause_of(Misfit misfit) noexcept {
    switch (misfit) {
        case Misfit::malformed: return Cause::refused;
        case Misfit::not_encrypted:
        case Misfit::bad_key: return Cause::not_encrypted;
        case Misfit::no_audio:
        case Misfit::no_codec:
        case Misfit::bad_address: return Cause::codec_mismatch;
    }
    return Cause::refused;
}

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

int status_of(actors::Refusal refusal) noexcept {
    using actors::Refusal;
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

}  // namespace sip

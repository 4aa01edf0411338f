// The tables of causes.hpp.
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

}  // namespace sip

#include "actors/refusal.hpp"

namespace actors {
namespace {

struct Words {
    std::string_view name, sentence;
};

Words words_of(Refusal refusal) noexcept {
    switch (refusal) {
        case Refusal::none: return {"none", "Done."};
        case Refusal::not_allowed: return {"not_allowed", "You may not do this."};
        case Refusal::blocked:
            return {"blocked", "Too many wrong guesses. Wait some minutes and try again."};
        case Refusal::no_such_user: return {"no_such_user", "There is no such user."};
        case Refusal::no_such_conversation:
            return {"no_such_conversation", "There is no such conversation."};
        case Refusal::no_such_conference:
            return {"no_such_conference", "There is no such conference."};
        case Refusal::no_such_call: return {"no_such_call", "There is no such call."};
        case Refusal::no_such_seat:
            return {"no_such_seat", "Nobody has that seat in this conference."};
        case Refusal::no_such_phone: return {"no_such_phone", "This user has no such phone."};
        case Refusal::already_exists: return {"already_exists", "This exists already."};
        case Refusal::number_taken:
            return {"number_taken", "This number belongs to somebody else. Choose another."};
        case Refusal::not_owner: return {"not_owner", "This number belongs to somebody else."};
        case Refusal::ended: return {"ended", "The conference has ended."};
        case Refusal::locked: return {"locked", "The conference is locked. Ask its host."};
        case Refusal::full: return {"full", "There is no room for more. Remove something first."};
        case Refusal::not_connected: return {"not_connected", "They have already left."};
        case Refusal::not_a_member:
            return {"not_a_member", "You do not take part in this. Ask a member to add you."};
        case Refusal::disabled:
            return {"disabled", "This account is disabled. Ask an administrator."};
        case Refusal::wrong_pin: return {"wrong_pin", "That PIN is not right."};
        case Refusal::stale: return {"stale", "A newer one has come before this."};
        case Refusal::bad_name:
            return {"bad_name",
                    "This name is not allowed: use lower-case letters, digits, '_' and '.', a "
                    "letter first."};
        case Refusal::bad_text:
            return {"bad_text", "This text is empty, too long, or not well-formed UTF-8."};
        case Refusal::bad_value: return {"bad_value", "This value is not allowed here."};
        case Refusal::not_understood:
            return {"not_understood", "This command does not fit what it was sent to."};
        case Refusal::busy: return {"busy", "The server is busy. Try again in a moment."};
        case Refusal::storage_full:
            return {"storage_full",
                    "The server's disk is full: nothing was stored. Free space, then try again."};
        case Refusal::storage_failed:
            return {"storage_failed",
                    "The server's storage failed: whether this was stored is not known. Ask again "
                    "soon."};
        case Refusal::stopping:
            return {"stopping", "The server is stopping. Try again after its restart."};
    }
    return {"none", ""};
}

}  // namespace

std::string_view name_of(Refusal refusal) noexcept { return words_of(refusal).name; }
std::string_view sentence_of(Refusal refusal) noexcept { return words_of(refusal).sentence; }

}  // namespace actors

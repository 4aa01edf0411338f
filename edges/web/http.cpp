#include "edges/web/http.hpp"

#include <nlohmann/json.hpp>

#include "edges/web/json.hpp"

namespace web {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

int status_of(actors::Refusal refusal) noexcept {
    using actors::Refusal;
    switch (refusal) {
        case Refusal::none: return 200;
        case Refusal::not_allowed:
        case Refusal::not_a_member:
        case Refusal::disabled:
        case Refusal::wrong_pin: return 403;
        case Refusal::blocked: return 429;
        case Refusal::no_such_user:
        case Refusal::no_such_conversation:
        case Refusal::no_such_conference:
        case Refusal::no_such_call:
        case Refusal::no_such_seat:
        case Refusal::no_such_phone: return 404;
        case Refusal::already_exists:
        case Refusal::number_taken:
        case Refusal::not_owner:
        case Refusal::ended:
        case Refusal::locked:
        case Refusal::full:
        case Refusal::not_connected:
        case Refusal::stale: return 409;
        case Refusal::bad_name:
        case Refusal::bad_text:
        case Refusal::bad_value:
        case Refusal::not_understood: return 400;
        case Refusal::busy:
        case Refusal::storage_full:
        case Refusal::storage_failed:
        case Refusal::stopping: return 503;
    }
    return 500;
}

Response error_response(int status, std::string_view code, std::string_view sentence) {
    return {status, print({{"error", {{"code", code}, {"sentence", sentence}}}})};
}

Response error_response(actors::Refusal refusal) {
    return error_response(status_of(refusal), actors::name_of(refusal),
                          actors::sentence_of(refusal));
}

Response bad_request(std::string_view sentence) {
    return error_response(400, "bad_request", sentence);
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

}  // namespace web

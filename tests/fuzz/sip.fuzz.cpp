// Everything the telephone edge parses by itself, fed with anything: it must neither crash nor
// accept what it would not print and read again. The first byte chooses the parser.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "edges/sip/digest.hpp"
#include "edges/sip/sdp.hpp"
#include "edges/sip/target.hpp"

namespace {

void check_sdp(std::string_view text) {
    sip::SoundPolicy secure;
    secure.srtp = sip::SrtpRule::offer;
    if (const auto keyed = sip::parse_sdp(text, secure); keyed.ok()) {
        const auto again = sip::parse_sdp(
            sip::print_answer({.ip = "192.0.2.1", .port = 40000}, keyed.value()), secure);
        ASSERT(again.ok() && again.value().crypto.has_value() == keyed.value().crypto.has_value());
    }
    const auto offer = sip::parse_sdp(text);
    if (!offer.ok()) {
        ASSERT(sip::status_of(offer.error()) == 400 || sip::status_of(offer.error()) == 488);
        return;
    }
    const sip::Local local{.ip = "192.0.2.1", .port = 40000, .session = 1, .version = 1};
    const auto answer =
        sip::parse_sdp(sip::print_answer(local, offer.value()), {}, sip::Kind::answer);
    ASSERT(answer.ok());
    ASSERT(answer.value().streams.size() == offer.value().streams.size());
    ASSERT(answer.value().audio == offer.value().audio);
    ASSERT(answer.value().format == offer.value().format);
    ASSERT(sip::parse_sdp(sip::print_offer(local, {}, &offer.value())).ok());
    ASSERT(answer.value().direction == sip::mirrored(offer.value().direction));
}

void check_digest(std::string_view text) {
    const auto credentials = sip::parse_authorization(text);
    if (!credentials) return;
    const std::string printed = sip::print_authorization(*credentials);
    if (printed.size() <= sip::authorization_bytes_max)
        ASSERT(sip::parse_authorization(printed) == credentials);
    sip::DigestGate gate{"realm", "key"};
    ASSERT(gate.judge(*credentials, "INVITE", std::string{"ha1"}, Instant{1}) != sip::Proof::right);
}

void check_target(std::string_view text) {
    if (const auto uri = sip::parse_uri(text)) ASSERT(sip::parse_uri(sip::print_uri(*uri)) == uri);
    if (const auto number = sip::normalised_number(text))
        ASSERT(sip::normalised_number(*number) == number);
    if (const auto key = sip::number_key(text))
        ASSERT(key->find_first_not_of("0123456789") == std::string::npos);
    if (const auto account = sip::parse_account(text))
        ASSERT(account->user + "-" + account->label == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
    if (bytes == 0) return 0;
    const std::string_view text{reinterpret_cast<const char*>(data) + 1, bytes - 1};
    switch (data[0] % 3) {
        case 0: check_sdp(text); break;
        case 1: check_digest(text); break;
        case 2: check_target(text); break;
    }
    return 0;
}

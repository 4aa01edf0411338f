#include "edges/sip/crypto.hpp"

#include <doctest/doctest.h>

#include "edges/sip/sdp.hpp"

using namespace sip;

namespace {

const std::string key_text = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";  // RFC 4568, 6.1
const std::string long_line = "a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:" + key_text + "|2^20\r\n";
const std::string short_line = "a=crypto:8 AES_CM_128_HMAC_SHA1_32 inline:" + key_text + "\r\n";

std::string offer_with(const std::string& transport, const std::string& lines) {
    return "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\nm=audio "
           "4000 " +
           transport + " 0\r\n" + lines;
}

SoundPolicy policy_of(SrtpRule rule) {
    SoundPolicy policy;
    policy.srtp = rule;
    return policy;
}

Local local() {
    Local one{.ip = "192.0.2.1", .port = 46000, .session = 1, .version = 1};
    one.keys[0].fill(1);
    one.keys[1].fill(2);
    return one;
}

}  // namespace

TEST_CASE("a key that was printed is read again") {
    for (const bool short_tag : {false, true}) {
        const SrtpKey key = make_key();
        std::string line = print_crypto(3, short_tag, key);
        REQUIRE(line.ends_with("\r\n"));
        line = line.substr(9, line.size() - 11);
        CHECK(parse_crypto(line) == Crypto{3, short_tag, key});
    }
    CHECK(make_key() != make_key());
}

TEST_CASE("keys that we cannot use are not used") {
    for (const std::string& value : {
             std::string{},
             std::string{"1"},
             "x AES_CM_128_HMAC_SHA1_80 inline:" + key_text,
             "1 AES_256_CM_HMAC_SHA1_80 inline:" + key_text,
             "1 AES_CM_128_HMAC_SHA1_80 " + key_text,
             "1 AES_CM_128_HMAC_SHA1_80 inline:" + key_text + "A",
             "1 AES_CM_128_HMAC_SHA1_80 inline:" + key_text.substr(1) + "=",
             "1 AES_CM_128_HMAC_SHA1_80 inline:" + key_text + "|2^20|1:4",
             "1 AES_CM_128_HMAC_SHA1_80 inline:" + key_text + "|1:4",
             "1 AES_CM_128_HMAC_SHA1_80 inline:" + key_text + "|",
             "1 AES_CM_128_HMAC_SHA1_80 inline:" + key_text + ";inline:" + key_text,
             "1 AES_CM_128_HMAC_SHA1_80 inline:" + key_text + " UNENCRYPTED_SRTP",
         }) {
        CAPTURE(value);
        CHECK(!parse_crypto(value));
    }
    CHECK(parse_crypto("1 AES_CM_128_HMAC_SHA1_80 inline:" + key_text + "|1048576 WSH=64"));
}

TEST_CASE("each rule takes what it should and says why not") {
    struct Case {
        SrtpRule rule;
        const char* transport;
        std::string lines;
        std::optional<Misfit> why;
        bool encrypted;
    };
    const std::string mki =
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key_text + "|2^20|1:4\r\n";
    for (const Case& given : {
             Case{SrtpRule::never, "RTP/AVP", long_line, std::nullopt, false},
             Case{SrtpRule::never, "RTP/SAVP", long_line, Misfit::no_audio, false},
             Case{SrtpRule::offer, "RTP/AVP", "", std::nullopt, false},
             Case{SrtpRule::offer, "RTP/AVP", mki, std::nullopt, false},
             Case{SrtpRule::offer, "RTP/AVP", long_line, std::nullopt, true},
             Case{SrtpRule::offer, "RTP/SAVP", long_line, std::nullopt, true},
             Case{SrtpRule::offer, "RTP/SAVP", mki, Misfit::bad_key, false},
             Case{SrtpRule::offer, "RTP/SAVP", "", Misfit::bad_key, false},
             Case{SrtpRule::require, "RTP/AVP", "", Misfit::not_encrypted, false},
             Case{SrtpRule::require, "RTP/AVP", long_line, std::nullopt, true},
             Case{SrtpRule::require, "RTP/SAVP", mki + short_line, std::nullopt, true},
         }) {
        CAPTURE(given.transport);
        CAPTURE(given.lines);
        const auto offer =
            parse_sdp(offer_with(given.transport, given.lines), policy_of(given.rule));
        CHECK(offer.ok() == !given.why);
        if (given.why) CHECK(offer.error() == *given.why);
        if (!offer.ok()) continue;
        CHECK(offer.value().crypto.has_value() == given.encrypted);
        const std::string answer = print_answer(local(), offer.value());
        CHECK((answer.find("a=crypto:") != std::string::npos) == given.encrypted);
        CHECK(answer.find(std::string{given.transport} + " 0\r\n") != std::string::npos);
    }
}

TEST_CASE("an answer repeats the tag it takes, and each side sends with its own key") {
    const auto offer =
        parse_sdp(offer_with("RTP/SAVP", short_line + long_line), policy_of(SrtpRule::offer));
    REQUIRE(offer.ok());
    const Local here = local();
    CHECK(print_answer(here, offer.value()).find(print_crypto(8, true, here.keys[1])) !=
          std::string::npos);
    const media::LegConfig config = leg_config(offer.value(), policy_of(SrtpRule::offer), here);
    REQUIRE(config.srtp);
    CHECK(config.srtp->short_tag);
    CHECK(config.srtp->ours == here.keys[1]);
    CHECK(config.srtp->theirs == offer.value().crypto->key);
}

TEST_CASE("our own offers have keys as the rule says, and an answer must take one of them") {
    const Local here = local();
    CHECK(print_offer(here).find("crypto") == std::string::npos);
    CHECK(print_offer(here, policy_of(SrtpRule::offer)).find("46000 RTP/AVP ") !=
          std::string::npos);
    const std::string text = print_offer(here, policy_of(SrtpRule::require));
    CHECK(text.find("46000 RTP/SAVP ") != std::string::npos);
    CHECK(text.find(print_crypto(1, false, here.keys[0]) + print_crypto(2, true, here.keys[1])) !=
          std::string::npos);
    const SoundPolicy rule = policy_of(SrtpRule::require);
    SrtpKey theirs{};
    const auto taken =
        parse_sdp(offer_with("RTP/SAVP", print_crypto(2, true, theirs)), rule, Kind::answer);
    REQUIRE(taken.ok());
    CHECK(leg_config(taken.value(), rule, here).srtp->ours == here.keys[1]);
    const auto other =
        parse_sdp(offer_with("RTP/SAVP", print_crypto(2, false, theirs)), rule, Kind::answer);
    REQUIRE(!other.ok());
    CHECK(other.error() == Misfit::bad_key);
}

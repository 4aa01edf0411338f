#include "edges/sip/digest.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <set>
#include <string>

#include "base/hash.hpp"
#include "base/secrets.hpp"

using namespace sip;

namespace {

constexpr Instant start{1'700'000'000'000'000};
const std::string ha1 = base::digest_ha1("alice-desk", "partyline", "secret");

std::string nonce_in(const std::string& challenge) {
    const std::size_t at = challenge.find("nonce=\"") + 7;
    return challenge.substr(at, challenge.find('"', at) - at);
}

/// What a phone would answer to a challenge.
Credentials answer(const DigestGate& gate, Instant now, const std::string& count = "00000001") {
    Credentials c;
    c.username = "alice-desk";
    c.realm = "partyline";
    c.nonce = nonce_in(gate.challenge(now, false));
    c.uri = "sip:partyline";
    c.cnonce = "0a4f113b";
    c.qop = "auth";
    c.nc = count;
    c.response = digest_response(ha1, "REGISTER", c);
    return c;
}

DigestGate gate_of_test() {
    base::start_crypto();
    return DigestGate{"partyline", "key"};
}

}  // namespace

TEST_CASE("the example of RFC 2617, 3.5 is parsed and its response agrees with ours") {
    const auto credentials = parse_authorization(
        "Digest username=\"Mufasa\",\r\n realm=\"testrealm@host.com\",\r\n"
        " nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\",\r\n uri=\"/dir/index.html\",\r\n "
        "qop=auth,\r\n nc=00000001,\r\n"
        " cnonce=\"0a4f113b\",\r\n response=\"6629fae49393a05397450978507c4ef1\",\r\n"
        " opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"");
    REQUIRE(credentials);
    CHECK(credentials->username == "Mufasa");
    CHECK(credentials->opaque == "5ccc069c403ebaf9f0171e9517f40e41");
    const std::string known = base::digest_ha1("Mufasa", "testrealm@host.com", "Circle Of Life");
    CHECK(digest_response(known, "GET", *credentials) == credentials->response);
}

TEST_CASE("an authorization that is not one is refused") {
    for (const char* wrong :
         {"", "Digest", "Digest ", "Basic dXNlcjpwYXNz", "Digest username", "Digest username=",
          "Digest username=\"a", "Digest username=\"a\" realm=\"b\"", "Digest username=\"a\",",
          "Digest username=\"a\",,realm=\"b\"", "Digest username=\"a\", username=\"b\"",
          "Digest username=\"a\\", "Digest username=\"a\nb\"", "Digest =x"}) {
        CAPTURE(wrong);
        CHECK(!parse_authorization(wrong));
    }
    CHECK(!parse_authorization("Digest username=\"" + std::string(authorization_bytes_max, 'a') +
                               "\""));
}

TEST_CASE("unknown parameters are ignored and escapes are undone") {
    const auto credentials = parse_authorization("digest  USERNAME = \"a\\\"b\" , future=x");
    REQUIRE(credentials);
    CHECK(credentials->username == "a\"b");
}

TEST_CASE("the right password passes once per count, in any order within the window") {
    DigestGate gate = gate_of_test();
    for (const char* count : {"00000002", "00000001", "00000040"}) {
        CAPTURE(count);
        CHECK(gate.judge(answer(gate, start, count), "REGISTER", ha1, start) == Proof::right);
        CHECK(gate.judge(answer(gate, start, count), "REGISTER", ha1, start) == Proof::stale);
    }
    CHECK(gate.remembered() == 1);
}

TEST_CASE("a wrong password, a missing account, another method, user or realm are wrong") {
    DigestGate gate = gate_of_test();
    const Credentials good = answer(gate, start);
    CHECK(gate.judge(good, "REGISTER", base::digest_ha1("alice-desk", "partyline", "guess"),
                     start) == Proof::wrong);
    CHECK(gate.judge(good, "REGISTER", std::nullopt, start) == Proof::wrong);
    CHECK(gate.judge(good, "INVITE", ha1, start) == Proof::wrong);
    Credentials other_realm = good;
    other_realm.realm = "elsewhere";
    CHECK(gate.judge(other_realm, "REGISTER", ha1, start) == Proof::wrong);
    CHECK(gate.remembered() == 0);
    CHECK(gate.judge(good, "REGISTER", ha1, start) == Proof::right);
}

TEST_CASE("an old nonce, one from the future and one of another server are stale") {
    DigestGate gate = gate_of_test();
    const DigestGate other{"partyline", "another key"};
    CHECK(gate.judge(answer(gate, start), "REGISTER", ha1, start + nonce_life + seconds(1)) ==
          Proof::stale);
    CHECK(gate.judge(answer(gate, start + seconds(5)), "REGISTER", ha1, start) == Proof::stale);
    CHECK(gate.judge(answer(other, start), "REGISTER", ha1, start) == Proof::stale);
    Credentials garbage = answer(gate, start);
    garbage.nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
    CHECK(gate.judge(garbage, "REGISTER", ha1, start) == Proof::stale);
    CHECK(gate.challenge(start, true).find("stale=true") != std::string::npos);
}

TEST_CASE("weaker or unknown kinds of digest are unsupported") {
    DigestGate gate = gate_of_test();
    for (void (*spoil)(Credentials&) :
         {+[](Credentials& c) { c.qop.clear(); }, +[](Credentials& c) { c.qop = "auth-int"; },
          +[](Credentials& c) { c.nc = "1"; }, +[](Credentials& c) { c.nc = "00000000"; },
          +[](Credentials& c) { c.nc = "0000000g"; }, +[](Credentials& c) { c.cnonce.clear(); },
          +[](Credentials& c) { c.algorithm = "SHA-256"; }}) {
        Credentials c = answer(gate, start);
        spoil(c);
        CHECK(gate.judge(c, "REGISTER", ha1, start) == Proof::unsupported);
    }
}

TEST_CASE("memory is bounded, and a window that was given up cannot be used again") {
    DigestGate gate = gate_of_test();
    const Credentials first = answer(gate, start);
    CHECK(gate.judge(first, "REGISTER", ha1, start) == Proof::right);
    for (std::size_t i = 1; i <= nonces_max; ++i) {
        const Instant at = start + Duration{static_cast<std::int64_t>(i)};
        REQUIRE(gate.judge(answer(gate, at), "REGISTER", ha1, at) == Proof::right);
    }
    CHECK(gate.remembered() <= nonces_max);
    CHECK(gate.judge(first, "REGISTER", ha1, start + seconds(1)) == Proof::stale);
}

TEST_CASE("no count passes twice, whatever their order") {
    CHECK(rc::check("replay window", [](const std::vector<unsigned char>& counts) {
        DigestGate gate = gate_of_test();
        std::set<unsigned> passed;
        for (const unsigned char n : counts) {
            char count[9];
            std::snprintf(count, sizeof count, "%08x", n + 1u);
            const bool right =
                gate.judge(answer(gate, start, count), "REGISTER", ha1, start) == Proof::right;
            RC_ASSERT(!right || passed.insert(n).second);
            if (passed.empty() || n > *passed.rbegin()) RC_ASSERT(right);
        }
    }));
}

TEST_CASE("credentials survive printing") {
    const Credentials c{"a\"b\\c", "r", "n", "sip:x", "r", "MD5", "c", "o", "auth", "00000001"};
    CHECK(parse_authorization(print_authorization(c)) == c);
}

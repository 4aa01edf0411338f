#define OPENSSL_SUPPRESS_DEPRECATED
#include "media/srtp.hpp"

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <srtp2/srtp.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/prng.hpp"
#include "media/rtp.hpp"
#include "media/test_allocations.hpp"
#include "media/wire.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr std::uint32_t ours = 0xcafe'babe, theirs = 0x1234'5678;

media::SrtpKeys keys_of(std::uint8_t seed, bool short_tag = false) {
    media::SrtpKeys keys{.short_tag = short_tag};
    Prng prng{seed};
    for (auto& byte : keys.ours) byte = static_cast<std::uint8_t>(prng.below(256));
    for (auto& byte : keys.theirs) byte = static_cast<std::uint8_t>(prng.below(256));
    return keys;
}

media::SrtpKeys other_side(media::SrtpKeys keys) {
    std::swap(keys.ours, keys.theirs);
    return keys;
}

Bytes rtp(std::uint32_t ssrc, std::uint16_t sequence, std::size_t payload_bytes = 160) {
    const auto header = media::write_rtp_header(
        {.payload_type = 0, .sequence = sequence, .timestamp = sequence * 160u, .ssrc = ssrc});
    Bytes packet(header.begin(), header.end());
    for (std::size_t i = 0; i < payload_bytes; ++i)
        packet.push_back(static_cast<std::uint8_t>(i * 7 + sequence));
    return packet;
}

Bytes rtcp(std::uint32_t ssrc) {
    Bytes packet{0x80, 201, 0, 5};
    packet.resize(24, 0x5a);
    media::write_u32(packet, 4, ssrc);
    return packet;
}

Bytes sealed(media::Srtp& srtp, Bytes packet) {
    const std::size_t plain = packet.size();
    packet.resize(plain + media::Srtp::rtp_room);
    packet.resize(srtp.protect(packet, plain));
    return packet;
}

Bytes sealed_rtcp(media::Srtp& srtp, Bytes packet) {
    const std::size_t plain = packet.size();
    packet.resize(plain + media::Srtp::rtcp_room);
    packet.resize(srtp.protect_rtcp(packet, plain));
    return packet;
}

/// What `packet` opens to; empty: refused.
Bytes opened(media::Srtp& srtp, Bytes packet) {
    packet.resize(srtp.unprotect(packet).value_or(0));
    return packet;
}

Bytes opened_rtcp(media::Srtp& srtp, Bytes packet) {
    packet.resize(srtp.unprotect_rtcp(packet).value_or(0));
    return packet;
}

/// libsrtp, one direction, any SSRC.
class Oracle {
public:
    Oracle(const std::array<std::uint8_t, 30>& key, bool short_tag, bool sends) {
        static const bool started = srtp_init() == srtp_err_status_ok;
        REQUIRE(started);
        srtp_policy_t policy{};
        if (short_tag)
            srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
        else
            srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
        srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
        policy.ssrc.type = sends ? ssrc_any_outbound : ssrc_any_inbound;
        Bytes own(key.begin(), key.end());
        policy.key = own.data();
        policy.window_size = 128;
        REQUIRE(srtp_create(&session_, &policy) == srtp_err_status_ok);
    }
    ~Oracle() { srtp_dealloc(session_); }
    Oracle(const Oracle&) = delete;
    Oracle& operator=(const Oracle&) = delete;

    template <class Call>
    [[nodiscard]] Bytes run(Call* call, Bytes packet) {
        int length = static_cast<int>(packet.size());
        packet.resize(packet.size() + SRTP_MAX_TRAILER_LEN);
        packet.resize(call(session_, packet.data(), &length) == srtp_err_status_ok
                          ? static_cast<std::size_t>(length)
                          : 0);
        return packet;
    }

private:
    srtp_t session_ = nullptr;
};

Bytes from_hex(std::string_view text) {
    const std::string bytes = base::unhex(text);
    return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("the keys of RFC 3711, B.3 protect as AES and HMAC themselves do with what it derives") {
    media::SrtpKeys keys;
    std::ranges::copy(from_hex("e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6"),
                      keys.ours.begin());
    const Bytes cipher_key = from_hex("c61e7a93744f39ee10734afe3ff7a087");
    Bytes iv = from_hex("30cbbc08863d8c85d49db34a9ae10000");
    const Bytes auth_key = from_hex("cebe321f6ff7716b6fd4ab49af256a156d38baa4");
    constexpr std::uint16_t sequence = 0x1234;
    Bytes expected = rtp(ours, sequence, 50);

    for (std::size_t i = 0; i < 4; ++i)
        iv[4 + i] ^= static_cast<std::uint8_t>(ours >> (24 - 8 * i));
    iv[12] ^= sequence >> 8;
    iv[13] ^= sequence & 0xff;
    EVP_CIPHER_CTX* cipher = EVP_CIPHER_CTX_new();
    int written = 0;
    EVP_EncryptInit_ex(cipher, EVP_aes_128_ctr(), nullptr, cipher_key.data(), iv.data());
    EVP_EncryptUpdate(cipher, expected.data() + 12, &written, expected.data() + 12, 50);
    EVP_CIPHER_CTX_free(cipher);
    Bytes under_tag = expected;
    under_tag.resize(under_tag.size() + 4);  // the rollover count, 0
    std::array<std::uint8_t, 20> tag;
    HMAC(EVP_sha1(), auth_key.data(), static_cast<int>(auth_key.size()), under_tag.data(),
         under_tag.size(), tag.data(), nullptr);
    expected.insert(expected.end(), tag.begin(), tag.begin() + 10);

    media::Srtp srtp(keys, ours);
    CHECK(sealed(srtp, rtp(ours, sequence, 50)) == expected);
}

TEST_CASE("libsrtp opens what we protect and we open what it protects, over a wrapped sequence") {
    for (const bool short_tag : {false, true}) {
        CAPTURE(short_tag);
        const auto keys = keys_of(1, short_tag);
        media::Srtp srtp(keys, ours);
        Oracle there(keys.ours, short_tag, false), from_there(keys.theirs, short_tag, true);
        for (int i = 0; i < 3'000; ++i) {
            const auto sequence = static_cast<std::uint16_t>(64'000 + i);
            CAPTURE(sequence);
            const Bytes out = rtp(ours, sequence, static_cast<std::size_t>(i % 200));
            REQUIRE(there.run(srtp_unprotect, sealed(srtp, out)) == out);
            const Bytes in = rtp(theirs, sequence, static_cast<std::size_t>(i % 200));
            REQUIRE(opened(srtp, from_there.run(srtp_protect, in)) == in);
            if (i % 100 != 0) continue;
            REQUIRE(there.run(srtp_unprotect_rtcp, sealed_rtcp(srtp, rtcp(ours))) == rtcp(ours));
            REQUIRE(opened_rtcp(srtp, from_there.run(srtp_protect_rtcp, rtcp(theirs))) ==
                    rtcp(theirs));
        }
    }
}

TEST_CASE("contributors and a header extension stay in clear, as libsrtp has it") {
    const auto keys = keys_of(2);
    media::Srtp srtp(keys, ours);
    Oracle there(keys.ours, false, false);
    Bytes packet = rtp(ours, 7, 40);
    packet[0] = 0x80 | 0x10 | 2;  // two contributors, an extension of three words
    media::write_u16(packet, 12 + 8 + 2, 3);
    const Bytes secret = sealed(srtp, packet);
    REQUIRE(secret.size() == packet.size() + 10);
    CHECK(std::equal(packet.begin(), packet.begin() + 12 + 8 + 16, secret.begin()));
    CHECK(there.run(srtp_unprotect, secret) == packet);
}

TEST_CASE("a stream lives through three wraps of its sequence, with losses and late packets") {
    const auto keys = keys_of(3);
    media::Srtp here(keys, ours), there(other_side(keys), theirs);
    Bytes late;
    int refused = 0;
    for (std::uint32_t i = 0; i < 3 * 65'536 + 10; ++i) {
        const Bytes plain = rtp(ours, static_cast<std::uint16_t>(i), 20);
        const Bytes secret = sealed(here, plain);
        if (i % 1'000 == 999) continue;  // lost
        if (i % 500 == 250) {
            late = secret;
            continue;
        }
        refused += opened(there, secret) == plain ? 0 : 1;
        if (i % 500 == 300) refused += opened(there, late).empty() ? 1 : 0;
    }
    CHECK(refused == 0);
}

TEST_CASE("a replayed packet is refused, near and beyond the window") {
    const auto keys = keys_of(4);
    media::Srtp here(keys, ours), there(other_side(keys), theirs);
    std::vector<Bytes> heard;
    for (std::uint16_t i = 0; i < 400; ++i) {
        heard.push_back(sealed(here, rtp(ours, i)));
        if (i == 395) continue;  // stays away for now
        REQUIRE_FALSE(opened(there, heard.back()).empty());
    }
    for (std::size_t i = 0; i < heard.size(); ++i) {
        CAPTURE(i);
        CHECK(opened(there, heard[i]).empty() == (i != 395));
    }
    CHECK(opened(there, heard[395]).empty());
    const Bytes report = sealed_rtcp(here, rtcp(ours));
    CHECK_FALSE(opened_rtcp(there, report).empty());
    CHECK(opened_rtcp(there, report).empty());
}

TEST_CASE("one flipped bit anywhere is refused and changes nothing") {
    const auto keys = keys_of(5);
    media::Srtp here(keys, ours), there(other_side(keys), theirs);
    const Bytes packet = sealed(here, rtp(ours, 9, 16)), report = sealed_rtcp(here, rtcp(ours));
    int opened_anyway = 0, touched = 0;
    for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
        Bytes forged = packet;
        forged[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        const Bytes before = forged;
        opened_anyway += there.unprotect(forged) ? 1 : 0;
        touched += forged == before ? 0 : 1;
    }
    for (std::size_t bit = 0; bit < report.size() * 8; ++bit) {
        Bytes forged = report;
        forged[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        opened_anyway += there.unprotect_rtcp(forged) ? 1 : 0;
    }
    CHECK(opened_anyway == 0);
    CHECK(touched == 0);
    CHECK(opened(there, packet) == rtp(ours, 9, 16));
    CHECK(opened_rtcp(there, report) == rtcp(ours));
}

TEST_CASE("packets cut anywhere are refused") {
    const auto keys = keys_of(6);
    media::Srtp here(keys, ours), there(other_side(keys), theirs);
    Bytes packet = rtp(ours, 9, 16);
    packet[0] |= 0x1f;  // promises more header than there is
    packet.resize(packet.size() + media::Srtp::rtp_room);
    CHECK(here.protect(packet, packet.size() - media::Srtp::rtp_room) == 0);
    const Bytes whole = sealed(here, rtp(ours, 9, 16)), report = sealed_rtcp(here, rtcp(ours));
    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes)
        CHECK(opened(there, Bytes(whole.begin(), whole.begin() + static_cast<int>(bytes))).empty());
    for (std::size_t bytes = 0; bytes < report.size(); ++bytes)
        CHECK(opened_rtcp(there, Bytes(report.begin(), report.begin() + static_cast<int>(bytes)))
                  .empty());
}

TEST_CASE(
    "what would weaken us is not sent: another's SSRC, a used sequence, no room for the tag") {
    media::Srtp srtp(keys_of(7), ours);
    CHECK(sealed(srtp, rtp(theirs, 1)).empty());
    CHECK_FALSE(sealed(srtp, rtp(ours, 10)).empty());
    CHECK(sealed(srtp, rtp(ours, 10)).empty());
    CHECK(sealed(srtp, rtp(ours, 9)).empty());
    Bytes full = rtp(ours, 11);
    CHECK(srtp.protect(full, full.size()) == 0);
    CHECK(sealed_rtcp(srtp, rtcp(theirs)).empty());
}

TEST_CASE("a flood of SSRCs allocates nothing, and a forged one takes no stream away") {
    const auto keys = keys_of(8), strange = keys_of(9);
    media::Srtp there(other_side(keys), theirs);
    std::vector<Bytes> forged, genuine;
    for (std::uint32_t i = 0; i < 1'000; ++i) {
        media::Srtp forger(strange, i), sender(keys, i);
        forged.push_back(sealed(forger, rtp(i, 1)));
        genuine.push_back(sealed(sender, rtp(i, 1)));
    }
    std::size_t opened_of_forged = 0, opened_of_genuine = 0;
    const auto made = media::test::allocations_during([&] {
        for (Bytes& packet : forged) opened_of_forged += there.unprotect(packet) ? 1 : 0;
        for (Bytes& packet : genuine) opened_of_genuine += there.unprotect(packet) ? 1 : 0;
    });
    CHECK(made == 0);
    CHECK(opened_of_forged == 0);
    CHECK(opened_of_genuine == media::Srtp::streams_max);
}

TEST_CASE("protecting and opening allocate nothing") {
    const auto keys = keys_of(10);
    media::Srtp here(keys, ours), there(other_side(keys), theirs);
    Bytes packet = rtp(ours, 1), report = rtcp(ours);
    packet.resize(172 + media::Srtp::rtp_room);
    report.resize(24 + media::Srtp::rtcp_room);
    std::size_t good = 0;
    const auto made = media::test::allocations_during([&] {
        for (std::uint16_t i = 1; i < 1'000; ++i) {
            media::write_u16(packet, 2, i);
            if (here.protect(packet, 172) == 182 && there.unprotect(packet) == 172u) ++good;
            if (here.protect_rtcp(report, 24) == 38 && there.unprotect_rtcp(report) == 24u) ++good;
        }
    });
    CHECK(good == 2 * 999);
    CHECK(made == 0);
}

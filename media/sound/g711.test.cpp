#include "media/sound/g711.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <vector>

namespace {

// G.711, table 2a: decision values x1..x128 of mu-law. Eight segments of 16 intervals; the first
// interval is 1 wide, the others of segment 1 are 2, and each later segment doubles: 1, 3, ... 31,
// 35, ... 95, 103 ... 8159.
std::vector<int> mulaw_decisions() {
    std::vector<int> x{0, 1};
    for (int i = 0; i < 15; ++i) x.push_back(x.back() + 2);
    for (int step = 4; step <= 256; step *= 2) {
        for (int i = 0; i < 16; ++i) x.push_back(x.back() + step);
    }
    return x;
}

// G.711, table 1a: A-law in the scale of 4096; the two lowest segments have steps of 2.
std::vector<int> alaw_decisions() {
    std::vector<int> x{0};
    for (int i = 0; i < 32; ++i) x.push_back(x.back() + 2);
    for (int step = 4; step <= 128; step *= 2) {
        for (int i = 0; i < 16; ++i) x.push_back(x.back() + step);
    }
    return x;
}

// The interval of a 16-bit magnitude whose unit is `scale` times finer than the table's.
int interval_of(const std::vector<int>& decisions, int magnitude, int scale) {
    int n = 0;
    while (n + 2 < static_cast<int>(decisions.size()) && magnitude >= decisions[n + 1] * scale) ++n;
    return n;
}

}  // namespace

TEST_CASE("the decision values are those of the recommendation") {
    CHECK(mulaw_decisions().size() == 129);
    CHECK(mulaw_decisions().back() == 8'159);
    CHECK(alaw_decisions().size() == 129);
    CHECK(alaw_decisions().back() == 4'096);
}

TEST_CASE("every 16-bit sample gets the mu-law code word of its interval") {
    const std::vector<int> decisions = mulaw_decisions();
    int wrong = 0;
    for (int sample = -32'768; sample <= 32'767; ++sample) {
        const int n = interval_of(decisions, std::abs(sample), 4);
        // Table 2a: the character signal is 11111111 for
        // interval 0 of the positive side, counting down.
        const int expected = (sample < 0 ? 0x7f : 0xff) - n;
        if (media::encode_mulaw(static_cast<std::int16_t>(sample)) != expected) ++wrong;
    }
    CHECK(wrong == 0);
}

TEST_CASE("every 16-bit sample gets the A-law code word of its interval") {
    const std::vector<int> decisions = alaw_decisions();
    int wrong = 0;
    for (int sample = -32'768; sample <= 32'767; ++sample) {
        const int n = interval_of(decisions, std::abs(sample), 8);
        const int expected = ((sample < 0 ? 0 : 0x80) + n) ^ 0x55;
        if (media::encode_alaw(static_cast<std::int16_t>(sample)) != expected) ++wrong;
    }
    CHECK(wrong == 0);
}

TEST_CASE("every code word decodes to the middle of its interval") {
    const std::vector<int> mulaw = mulaw_decisions(), alaw = alaw_decisions();
    for (int n = 0; n < 128; ++n) {
        CAPTURE(n);
        const int mu = n == 0 ? 0 : (mulaw[n] + mulaw[n + 1]) / 2 * 4;
        CHECK(media::decode_mulaw(static_cast<std::uint8_t>(0xff - n)) == mu);
        CHECK(media::decode_mulaw(static_cast<std::uint8_t>(0x7f - n)) == -mu);
        const int a = (alaw[n] + alaw[n + 1]) / 2 * 8;
        CHECK(media::decode_alaw(static_cast<std::uint8_t>((0x80 + n) ^ 0x55)) == a);
        CHECK(media::decode_alaw(static_cast<std::uint8_t>(n ^ 0x55)) == -a);
    }
}

TEST_CASE("decoding and encoding again gives the same code word") {
    for (int code = 0; code < 256; ++code) {
        CAPTURE(code);
        const auto line = static_cast<std::uint8_t>(code);
        // mu-law has two zeros; the negative one (0x7f) comes back as the positive one.
        CHECK(media::encode_mulaw(media::decode_mulaw(line)) == (code == 0x7f ? 0xff : code));
        CHECK(media::encode_alaw(media::decode_alaw(line)) == code);
    }
}

TEST_CASE("known code words") {
    CHECK(media::encode_mulaw(0) == 0xff);
    CHECK(media::encode_mulaw(32'767) == 0x80);
    CHECK(media::encode_mulaw(-32'768) == 0x00);
    CHECK(media::decode_mulaw(0x80) == 32'124);
    CHECK(media::encode_alaw(0) == 0xd5);
    CHECK(media::encode_alaw(32'767) == 0xaa);
    CHECK(media::encode_alaw(-32'768) == 0x2a);
    CHECK(media::decode_alaw(0xaa) == 32'256);
}

TEST_CASE("a packet is coded sample by sample") {
    std::vector<std::int16_t> pcm;
    for (int i = -300; i < 300; ++i) pcm.push_back(static_cast<std::int16_t>(i * 109));
    for (const auto codec : {media::Codec::pcmu, media::Codec::pcma}) {
        std::vector<std::uint8_t> coded(pcm.size());
        std::vector<std::int16_t> back(pcm.size());
        media::encode(codec, pcm, coded);
        media::decode(codec, coded, back);
        for (std::size_t i = 0; i < pcm.size(); ++i) {
            // Half the widest interval below this magnitude: 1/32 of it, and 16 near zero.
            CHECK(std::abs(back[i] - pcm[i]) <= std::abs(pcm[i]) / 32 + 16);
        }
    }
}

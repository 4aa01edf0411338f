#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "media/sound/coder.hpp"
#include "sim/load/sound.hpp"

namespace {

std::vector<std::int16_t> decoded(const sim::Loop& loop, const media::Format& format) {
    const auto decoder = media::make_decoder(format);
    std::vector<std::int16_t> all, pcm(format.rate_hz / 1'000 * media::packet_ms_max);
    for (std::size_t i = 0; i < sim::loop_frames; ++i) {
        const std::size_t got = decoder->decode(loop.frame(i), std::span{pcm});
        all.insert(all.end(), pcm.begin(), pcm.begin() + static_cast<std::ptrdiff_t>(got));
    }
    return all;
}

double level_db(const std::vector<std::int16_t>& pcm) {
    double sum = 0;
    for (const std::int16_t sample : pcm) sum += double{1} * sample * sample;
    return 10 * std::log10(sum / static_cast<double>(pcm.size()) / (32'768.0 * 32'768.0));
}

}  // namespace

TEST_CASE("telephones of a load talk at -22 dBov and are silent at -70 dBov, in every codec") {
    for (const media::Format& format :
         {media::pcmu_format, media::pcma_format, media::g722_format, media::opus_format}) {
        CAPTURE(static_cast<int>(format.codec));
        const auto sounds = sim::make_sounds(format, 1);
        REQUIRE(sounds);
        for (const sim::Loop& voice : sounds->speech)
            CHECK(level_db(decoded(voice, format)) == doctest::Approx(-22).epsilon(0.08));
        CHECK(level_db(decoded(sounds->noise, format)) < -60);
    }
}

TEST_CASE("a mark is found where it was put, once, and never in speech alone") {
    for (const media::Format& format :
         {media::pcmu_format, media::pcma_format, media::g722_format, media::opus_format}) {
        CAPTURE(static_cast<int>(format.codec));
        const auto sounds = sim::make_sounds(format, 7);
        REQUIRE(sounds);
        for (std::size_t voice = 0; voice < sim::Sounds::voices; ++voice) {
            sim::MarkDetector marks{format.rate_hz}, none{format.rate_hz};
            const auto with = decoded(sounds->marked[voice], format),
                       without = decoded(sounds->speech[voice], format);
            const std::size_t frame = media::samples_per_tick(format);
            int found = 0;
            for (std::size_t i = 0; i < sim::loop_frames; ++i) {
                CHECK_FALSE(none.hear(std::span{without}.subspan(i * frame, frame)));
                const auto begin = marks.hear(std::span{with}.subspan(i * frame, frame));
                if (!begin) continue;
                ++found;
                // A step of the detector: the second time around a decoder knows more.
                const auto at_us = static_cast<std::int64_t>(i) * 20'000 + *begin;
                CHECK(std::abs(at_us - sounds->mark_offset_us[voice]) <= 1'250);
            }
            CHECK(found == 1);
            CHECK(std::abs(sounds->mark_offset_us[voice]) <= 10'000);
        }
    }
}

TEST_CASE("the same seed makes the same sounds, another seed others") {
    const auto one = sim::make_sounds(media::pcmu_format, 3),
               same = sim::make_sounds(media::pcmu_format, 3),
               other = sim::make_sounds(media::pcmu_format, 4);
    REQUIRE(one);
    for (std::size_t i = 0; i < sim::loop_frames; ++i)
        CHECK(std::ranges::equal(one->speech[0].frame(i), same->speech[0].frame(i)));
    CHECK_FALSE(std::ranges::equal(one->speech[0].frame(9), other->speech[0].frame(9)));
}

TEST_CASE("Opus comes general or as a voice, and a mark is found in both") {
    for (const auto& [flavour, general] :
         {std::pair{sim::OpusFlavour::general, true}, std::pair{sim::OpusFlavour::voice, false}}) {
        const auto sounds = sim::make_sounds(media::opus_format, 1, flavour);
        REQUIRE(sounds);
        // The highest bit of the first byte is CELT's alone (RFC 6716, 3.1).
        for (std::size_t i = 0; i < sim::loop_frames; ++i)
            CHECK(((sounds->noise.frame(i)[0] & 0x80) != 0) == general);
        CHECK(sounds->mark_offset_us[0] > 4'000);
        CHECK(sounds->mark_offset_us[0] < 9'000);
    }
}

TEST_CASE("a codec that does not exist makes no sounds") {
    CHECK_FALSE(sim::make_sounds({media::Codec::pcmu, 16'000}, 1));
}

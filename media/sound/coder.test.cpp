#include "media/sound/coder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/prng.hpp"
#include "media/sound/test_sound.hpp"
#include "media/test_allocations.hpp"

namespace {

using media::Codec;
using media::Format;
using media::test::Sound;

const std::vector<Format> formats{
    media::pcmu_format,    media::pcma_format,    media::g722_format,   {Codec::l16, 8'000},
    {Codec::l16, 16'000},  {Codec::l16, 44'100},  {Codec::l16, 48'000}, {Codec::opus, 8'000},
    {Codec::opus, 16'000}, {Codec::opus, 48'000},
};

std::size_t samples_max(const Format& format) {
    return format.rate_hz * media::packet_ms_max / 1'000;
}

// Codes `sound` tick by tick and hears it again.
Sound round_trip(const Format& format, const Sound& sound) {
    const auto encoder = media::make_encoder(format);
    const auto decoder = media::make_decoder(format);
    const std::size_t tick = media::samples_per_tick(format);
    Sound heard, pcm(samples_max(format));
    std::array<std::uint8_t, media::coded_bytes_max> coded;
    for (std::size_t at = 0; at + tick <= sound.size(); at += tick) {
        const std::size_t bytes = encoder->encode(std::span{sound}.subspan(at, tick), coded);
        const std::uint32_t pieces = media::packets_per_tick(format);
        for (std::uint32_t i = 0; i < pieces; ++i) {
            const auto payload = std::span{coded}.subspan(i * bytes / pieces, bytes / pieces);
            CHECK(payload.size() <= media::payload_bytes_max(format));
            CHECK(decoder->duration(payload) ==
                  static_cast<std::int32_t>(media::clock_hz(format) / 50 / pieces));
            const std::size_t samples = decoder->decode(payload, pcm);
            heard.insert(heard.end(), pcm.begin(),
                         pcm.begin() + static_cast<std::ptrdiff_t>(samples));
        }
    }
    CHECK(heard.size() == sound.size());
    return heard;
}

}  // namespace

TEST_CASE("formats that do not exist get no coder") {
    for (const Format& wrong :
         {Format{Codec::pcmu, 16'000}, Format{Codec::pcma, 0}, Format{Codec::g722, 8'000},
          Format{Codec::l16, 32'000}, Format{Codec::opus, 44'100}, Format{Codec::opus, 24'000}}) {
        CAPTURE(wrong.rate_hz);
        CHECK(media::make_decoder(wrong) == nullptr);
        CHECK(media::make_encoder(wrong) == nullptr);
    }
}

TEST_CASE("what was said is heard, as exactly as the codec allows") {
    // The waveform's signal to noise; a codec's delay is taken out first. Measured, in this order:
    // 37, 37, 33, four times exact, and for Opus at 32 kbit/s 13.7, 13.1, 11.8.
    struct Case {
        Format format;
        double snr_db_least;
    };
    for (const Case& given : {Case{media::pcmu_format, 35}, Case{media::pcma_format, 35},
                              Case{media::g722_format, 30}, Case{{Codec::l16, 8'000}, 120},
                              Case{{Codec::l16, 16'000}, 120}, Case{{Codec::l16, 44'100}, 120},
                              Case{{Codec::l16, 48'000}, 120}, Case{{Codec::opus, 8'000}, 11},
                              Case{{Codec::opus, 16'000}, 11}, Case{{Codec::opus, 48'000}, 11}}) {
        CAPTURE(static_cast<int>(given.format.codec));
        CAPTURE(given.format.rate_hz);
        const Sound said = media::test::speech(given.format.rate_hz, given.format.rate_hz * 3);
        const Sound heard = round_trip(given.format, said);
        const std::size_t lag = media::test::lag_of(said, heard, given.format.rate_hz / 50);
        const double snr = media::test::snr_db(std::span{said}.first(said.size() - lag),
                                               std::span{heard}.subspan(lag));
        CHECK(snr >= given.snr_db_least);
    }
}

TEST_CASE("L16 travels high byte first") {
    const auto encoder = media::make_encoder({Codec::l16, 8'000});
    Sound pcm(160, 0x1234);
    pcm[1] = -2;
    std::array<std::uint8_t, media::coded_bytes_max> coded{};
    REQUIRE(encoder->encode(pcm, coded) == 320);
    CHECK(coded[0] == 0x12);
    CHECK(coded[1] == 0x34);
    CHECK(coded[2] == 0xff);
    CHECK(coded[3] == 0xfe);
}

TEST_CASE("payloads of a wrong size are refused and write nothing") {
    struct Case {
        Format format;
        std::size_t bytes;
    };
    for (const Case& given :
         {Case{media::pcmu_format, 0}, Case{media::pcmu_format, 481}, Case{media::pcma_format, 481},
          Case{media::g722_format, 0}, Case{media::g722_format, 481}, Case{{Codec::l16, 8'000}, 0},
          Case{{Codec::l16, 8'000}, 319}, Case{{Codec::l16, 8'000}, 962},
          Case{{Codec::l16, 48'000}, 1'442}, Case{{Codec::l16, 16'000}, 1'442},
          Case{media::opus_format, 0}, Case{media::opus_format, 1'277}}) {
        CAPTURE(static_cast<int>(given.format.codec));
        CAPTURE(given.bytes);
        const auto decoder = media::make_decoder(given.format);
        const std::vector<std::uint8_t> payload(given.bytes, 0x08);
        Sound pcm(samples_max(given.format), 77);
        CHECK(decoder->duration(payload) == 0);
        CHECK(decoder->decode(payload, pcm) == 0);
        CHECK(std::ranges::all_of(pcm, [](std::int16_t s) { return s == 77; }));
    }
}

TEST_CASE("a payload that does not fit where it shall go is refused") {
    for (const Format& format : formats) {
        const auto encoder = media::make_encoder(format);
        const auto decoder = media::make_decoder(format);
        Sound pcm(media::samples_per_tick(format), 1'000);
        std::array<std::uint8_t, media::coded_bytes_max> coded;
        const std::size_t bytes = encoder->encode(pcm, coded) / media::packets_per_tick(format);
        std::array<std::int16_t, 40> small{};
        CHECK(decoder->decode(std::span{coded}.first(bytes), small) == 0);
    }
}

TEST_CASE("any bytes give samples or a refusal") {
    Prng prng{22};
    std::vector<std::uint8_t> payload;
    for (const Format& format : formats) {
        CAPTURE(static_cast<int>(format.codec));
        const auto decoder = media::make_decoder(format);
        Sound pcm(samples_max(format));
        int wrong = 0, taken = 0;
        for (int i = 0; i < 10'000; ++i) {
            payload.resize(prng.below(i % 10 == 0 ? 2'000 : 80));
            for (auto& byte : payload) byte = static_cast<std::uint8_t>(prng.next());
            const std::int32_t duration = decoder->duration(payload);
            const std::size_t samples = decoder->decode(payload, pcm);
            const std::size_t promised =
                static_cast<std::size_t>(duration) * format.rate_hz / media::clock_hz(format);
            if (samples != 0 && samples != promised) ++wrong;
            if (duration < 0 || promised > pcm.size()) ++wrong;
            taken += samples != 0;
            if (i % 16 == 0)
                (void)decoder->conceal(payload, std::span{pcm}.first(1 + prng.below(pcm.size())));
        }
        CHECK(wrong == 0);
        CHECK(taken > 1'000);
    }
}

TEST_CASE("nothing allocates once a coder is made") {
    for (const Format& format : formats) {
        CAPTURE(static_cast<int>(format.codec));
        const auto encoder = media::make_encoder(format);
        const auto other = media::make_encoder(format);
        const auto decoder = media::make_decoder(format);
        const Sound said = media::test::speech(format.rate_hz, format.rate_hz);
        const std::size_t tick = media::samples_per_tick(format);
        std::array<std::uint8_t, media::coded_bytes_max> coded;
        Sound pcm(samples_max(format));
        const auto made = media::test::allocations_during([&] {
            for (std::size_t at = 0; at + tick <= said.size(); at += tick) {
                const std::size_t bytes =
                    encoder->encode(std::span{said}.subspan(at, tick), coded) /
                    media::packets_per_tick(format);
                const auto payload = std::span{coded}.first(bytes);
                if (at % (4 * tick) == 0)
                    (void)decoder->conceal(payload, std::span{pcm}.first(tick));
                (void)decoder->duration(payload);
                (void)decoder->decode(payload, pcm);
                other->continue_from(*encoder);
            }
            encoder->reset();
            decoder->reset();
        });
        CHECK(made == 0);
    }
}

TEST_CASE("an encoder that continues another codes what the other would have coded") {
    for (const Format& format : formats) {
        CAPTURE(static_cast<int>(format.codec));
        const auto shared = media::make_encoder(format);
        const auto own = media::make_encoder(format);
        const Sound said = media::test::speech(format.rate_hz, format.rate_hz * 2);
        const std::size_t tick = media::samples_per_tick(format);
        std::array<std::uint8_t, media::coded_bytes_max> theirs, ours;
        int different = 0;
        for (std::size_t at = 0; at + tick <= said.size(); at += tick) {
            const auto pcm = std::span{said}.subspan(at, tick);
            const std::size_t bytes = shared->encode(pcm, theirs);
            if (at >= said.size() / 2) {
                const std::size_t same = own->encode(pcm, ours);
                if (same != bytes || !std::equal(ours.begin(), ours.begin() + same, theirs.begin()))
                    ++different;
            } else if (at + tick >= said.size() / 2) {
                own->continue_from(*shared);
            }
        }
        CHECK(different == 0);
    }
}

TEST_CASE("an encoder does not continue one of another format, and takes over other settings") {
    const Sound said = media::test::speech(48'000, 48'000);
    const auto reference = media::make_encoder(media::opus_format);
    const auto tested = media::make_encoder(media::opus_format);
    const auto cheaper = media::make_encoder(media::opus_format, {.complexity = 1});
    const auto other_codec = media::make_encoder({Codec::l16, 48'000});
    std::array<std::uint8_t, media::coded_bytes_max> theirs{}, ours{};
    tested->continue_from(*other_codec);
    std::size_t bytes = reference->encode(std::span{said}.first(960), theirs);
    REQUIRE(tested->encode(std::span{said}.first(960), ours) == bytes);
    CHECK(std::equal(ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(bytes),
                     theirs.begin()));
    for (std::size_t at = 0; at < 48'000 / 2; at += 960)
        (void)cheaper->encode(std::span{said}.subspan(at, 960), theirs);
    tested->continue_from(*cheaper);
    bytes = cheaper->encode(std::span{said}.first(960), theirs);
    REQUIRE(tested->encode(std::span{said}.first(960), ours) == bytes);
    CHECK(std::equal(ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(bytes),
                     theirs.begin()));
}

TEST_CASE("a coder that was reset codes as a new one") {
    for (const Format& format : formats) {
        CAPTURE(static_cast<int>(format.codec));
        const auto fresh = media::make_encoder(format);
        const auto used = media::make_encoder(format);
        const auto new_ear = media::make_decoder(format);
        const auto old_ear = media::make_decoder(format);
        const Sound said = media::test::speech(format.rate_hz, format.rate_hz);
        const std::size_t tick = media::samples_per_tick(format);
        std::array<std::uint8_t, media::coded_bytes_max> theirs{}, ours{};
        Sound heard(samples_max(format)), again(samples_max(format));
        for (std::size_t at = 0; at + tick <= said.size(); at += tick) {
            const std::size_t bytes = used->encode(std::span{said}.subspan(at, tick), ours);
            (void)old_ear->decode(std::span{ours}.first(bytes / media::packets_per_tick(format)),
                                  again);
        }
        used->reset();
        old_ear->reset();
        const auto pcm = std::span{said}.subspan(tick * 10, tick);
        const std::size_t bytes = fresh->encode(pcm, theirs);
        CHECK(used->encode(pcm, ours) == bytes);
        const auto end = static_cast<std::ptrdiff_t>(bytes);
        CHECK(std::equal(ours.begin(), ours.begin() + end, theirs.begin()));
        const auto payload = std::span{ours}.first(bytes / media::packets_per_tick(format));
        std::ranges::fill(heard, std::int16_t{0});
        std::ranges::fill(again, std::int16_t{0});
        CHECK(new_ear->decode(payload, heard) == old_ear->decode(payload, again));
        CHECK(heard == again);
    }
}

// Any payloads to any decoder, and any holes between them: samples or a refusal, as many as the
// payload's own duration promised, and never beyond the end.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/assert.hpp"
#include "media/sound/coder.hpp"
#include "media/sound/comfort_noise.hpp"

namespace {

constexpr media::Format formats[]{media::pcmu_format,           media::pcma_format,
                                  media::g722_format,           {media::Codec::l16, 8'000},
                                  {media::Codec::l16, 44'100},  {media::Codec::opus, 8'000},
                                  {media::Codec::opus, 16'000}, media::opus_format};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
    if (bytes == 0) return 0;
    const media::Format& format = formats[data[0] % std::size(formats)];
    const auto decoder = media::make_decoder(format);
    std::vector<std::int16_t> pcm(format.rate_hz * media::packet_ms_max / 1'000);
    std::span<const std::uint8_t> rest{data + 1, bytes - 1};
    while (rest.size() > 1) {  // a byte of length, a payload of so many or all that is left
        const std::size_t length = rest[0] == 255 ? rest.size() - 1 : rest[0] % rest.size();
        const auto payload = rest.subspan(1, length);
        rest = rest.subspan(1 + length);
        const std::int32_t duration = decoder->duration(payload);
        ASSERT(duration >= 0);
        const std::size_t promised =
            static_cast<std::size_t>(duration) * format.rate_hz / media::clock_hz(format);
        ASSERT(promised <= pcm.size());
        if (length % 3 == 0 && !pcm.empty())
            (void)decoder->conceal(payload, std::span{pcm}.first(1 + length * 7 % pcm.size()));
        const std::size_t samples = decoder->decode(payload, pcm);
        ASSERT(samples == 0 || samples == promised);
        media::ComfortNoise noise(length);
        (void)noise.accept(payload);
        noise.fill(std::span{pcm}.first(80));
    }
    return 0;
}

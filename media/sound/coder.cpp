// Which formats exist, and who codes them; G.711 in packets stands here, its tables in g711.cpp.
#include "media/sound/coder.hpp"

#include "base/assert.hpp"
#include "media/sound/coders.hpp"
#include "media/sound/g711.hpp"

namespace media {
namespace {

constexpr std::size_t g711_samples_max = 8 * packet_ms_max;

// A byte is a sample and remembers nothing: any number of them is a payload.
class G711Decoder final : public Decoder {
public:
    explicit G711Decoder(Codec codec) : codec_(codec) {}

    std::int32_t duration(std::span<const std::uint8_t> payload) const noexcept REALTIME override {
        return payload.size() <= g711_samples_max ? static_cast<std::int32_t>(payload.size()) : 0;
    }
    std::size_t decode(std::span<const std::uint8_t> payload,
                       std::span<std::int16_t> pcm) noexcept REALTIME override {
        if (duration(payload) == 0 || payload.size() > pcm.size()) return 0;
        media::decode(codec_, payload, pcm.first(payload.size()));
        return payload.size();
    }
    bool conceal(std::span<const std::uint8_t>,
                 std::span<std::int16_t>) noexcept REALTIME override {
        return false;
    }
    void reset() noexcept REALTIME override {}

private:
    Codec codec_;
};

class G711Encoder final : public Encoder {
public:
    explicit G711Encoder(Codec codec) : codec_(codec) {}

    std::size_t encode(std::span<const std::int16_t> pcm,
                       std::span<std::uint8_t> coded) noexcept REALTIME override {
        ASSERT(pcm.size() == samples_per_tick(pcmu_format));
        ASSERT(coded.size() >= pcm.size());
        media::encode(codec_, pcm, coded.first(pcm.size()));
        return pcm.size();
    }
    void continue_from(const Encoder&) noexcept REALTIME override {}
    void reset() noexcept REALTIME override {}

private:
    Codec codec_;
};

bool exists(const Format& format) {
    switch (format.codec) {
        case Codec::pcmu:
        case Codec::pcma: return format.rate_hz == 8'000;
        case Codec::g722: return format.rate_hz == 16'000;
        case Codec::l16:
            return format.rate_hz == 8'000 || format.rate_hz == 16'000 ||
                   format.rate_hz == 44'100 || format.rate_hz == 48'000;
        case Codec::opus:  // libopus resamples by itself, for free
            return format.rate_hz == 8'000 || format.rate_hz == 16'000 || format.rate_hz == 48'000;
    }
    return false;
}

}  // namespace

std::unique_ptr<Decoder> make_g711_decoder(Codec codec) {
    return std::make_unique<G711Decoder>(codec);
}
std::unique_ptr<Encoder> make_g711_encoder(Codec codec) {
    return std::make_unique<G711Encoder>(codec);
}

std::unique_ptr<Decoder> make_decoder(const Format& format) {
    if (!exists(format)) return nullptr;
    switch (format.codec) {
        case Codec::pcmu:
        case Codec::pcma: return make_g711_decoder(format.codec);
        case Codec::g722: return make_g722_decoder();
        case Codec::l16: return make_l16_decoder(format.rate_hz);
        case Codec::opus: return make_opus_decoder(format.rate_hz);
    }
    return nullptr;
}

std::unique_ptr<Encoder> make_encoder(const Format& format, const OpusSettings& opus) {
    if (!exists(format)) return nullptr;
    switch (format.codec) {
        case Codec::pcmu:
        case Codec::pcma: return make_g711_encoder(format.codec);
        case Codec::g722: return make_g722_encoder();
        case Codec::l16: return make_l16_encoder(format.rate_hz);
        case Codec::opus: return make_opus_encoder(format.rate_hz, opus);
    }
    return nullptr;
}

}  // namespace media

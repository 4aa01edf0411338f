// L16: the samples themselves, two bytes each, high byte first (RFC 3551, 4.5.11).
#include <algorithm>

#include "base/assert.hpp"
#include "media/sound/coders.hpp"

namespace media {
namespace {

class L16Decoder final : public Decoder {
public:
    explicit L16Decoder(std::uint32_t rate_hz)
        : bytes_max_(std::min<std::size_t>(std::size_t{2} * rate_hz * packet_ms_max / 1'000,
                                           payload_bytes_max({Codec::l16, rate_hz}))) {}

    std::int32_t duration(std::span<const std::uint8_t> payload) const noexcept REALTIME override {
        if (payload.size() % 2 != 0 || payload.size() > bytes_max_) return 0;
        return static_cast<std::int32_t>(payload.size() / 2);
    }
    std::size_t decode(std::span<const std::uint8_t> payload,
                       std::span<std::int16_t> pcm) noexcept REALTIME override {
        const auto samples = static_cast<std::size_t>(duration(payload));
        if (samples > pcm.size()) return 0;
        for (std::size_t i = 0; i < samples; ++i)
            pcm[i] = static_cast<std::int16_t>(payload[2 * i] << 8 | payload[2 * i + 1]);
        return samples;
    }
    bool conceal(std::span<const std::uint8_t>,
                 std::span<std::int16_t>) noexcept REALTIME override {
        return false;
    }
    void reset() noexcept REALTIME override {}

private:
    std::size_t bytes_max_;
};

class L16Encoder final : public Encoder {
public:
    explicit L16Encoder(std::uint32_t rate_hz) : samples_(rate_hz / 50) {}

    std::size_t encode(std::span<const std::int16_t> pcm,
                       std::span<std::uint8_t> coded) noexcept REALTIME override {
        ASSERT(pcm.size() == samples_);
        ASSERT(coded.size() >= 2 * pcm.size());
        for (std::size_t i = 0; i < pcm.size(); ++i) {
            const auto bits = static_cast<std::uint16_t>(pcm[i]);
            coded[2 * i] = static_cast<std::uint8_t>(bits >> 8);
            coded[2 * i + 1] = static_cast<std::uint8_t>(bits & 0xff);
        }
        return 2 * pcm.size();
    }
    void continue_from(const Encoder&) noexcept REALTIME override {}
    void reset() noexcept REALTIME override {}

private:
    std::size_t samples_;
};

}  // namespace

std::unique_ptr<Decoder> make_l16_decoder(std::uint32_t rate_hz) {
    return std::make_unique<L16Decoder>(rate_hz);
}
std::unique_ptr<Encoder> make_l16_encoder(std::uint32_t rate_hz) {
    return std::make_unique<L16Encoder>(rate_hz);
}

}  // namespace media

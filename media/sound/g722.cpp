// G.722 at 64 kbit/s: 16 kHz sound, two samples a byte, by spandsp.
//
// The states of spandsp are plain structs without pointers: they live inside our objects, and to go
// on where another encoder stands is to copy them.
#include <cstdint>

// spandsp's headers do not include what they need: the order matters.
// clang-format off
#include <spandsp/telephony.h>
#include <spandsp/g722.h>
#include <spandsp/private/g722.h>
// clang-format on

#include <type_traits>

#include "base/assert.hpp"
#include "media/sound/coders.hpp"

namespace media {
namespace {

constexpr int bits_per_second = 64'000;
constexpr std::size_t bytes_max = payload_bytes_max(g722_format);
static_assert(std::is_trivially_copyable_v<g722_encode_state_s>);
static_assert(std::is_trivially_copyable_v<g722_decode_state_s>);

class G722Decoder final : public Decoder {
public:
    G722Decoder() { G722Decoder::reset(); }

    std::int32_t duration(std::span<const std::uint8_t> payload) const noexcept REALTIME override {
        return payload.size() <= bytes_max ? static_cast<std::int32_t>(payload.size()) : 0;
    }
    std::size_t decode(std::span<const std::uint8_t> payload,
                       std::span<std::int16_t> pcm) noexcept REALTIME override {
        if (duration(payload) == 0 || payload.size() * 2 > pcm.size()) return 0;
        return static_cast<std::size_t>(
            g722_decode(&state_, pcm.data(), payload.data(), static_cast<int>(payload.size())));
    }
    bool conceal(std::span<const std::uint8_t>,
                 std::span<std::int16_t>) noexcept REALTIME override {
        return false;
    }
    void reset() noexcept REALTIME override { g722_decode_init(&state_, bits_per_second, 0); }

private:
    g722_decode_state_s state_{};
};

class G722Encoder final : public Encoder {
public:
    G722Encoder() { G722Encoder::reset(); }

    std::size_t encode(std::span<const std::int16_t> pcm,
                       std::span<std::uint8_t> coded) noexcept REALTIME override {
        ASSERT(pcm.size() == samples_per_tick(g722_format));
        ASSERT(coded.size() >= pcm.size() / 2);
        return static_cast<std::size_t>(
            g722_encode(&state_, coded.data(), pcm.data(), static_cast<int>(pcm.size())));
    }
    void continue_from(const Encoder& other) noexcept REALTIME override {
        if (const auto* same = dynamic_cast<const G722Encoder*>(&other)) state_ = same->state_;
    }
    void reset() noexcept REALTIME override { g722_encode_init(&state_, bits_per_second, 0); }

private:
    g722_encode_state_s state_{};
};

}  // namespace

std::unique_ptr<Decoder> make_g722_decoder() { return std::make_unique<G722Decoder>(); }
std::unique_ptr<Encoder> make_g722_encoder() { return std::make_unique<G722Encoder>(); }

}  // namespace media

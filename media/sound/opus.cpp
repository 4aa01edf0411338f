// Opus, mono, by libopus (RFC 6716, RFC 7587).
//
// A state of libopus "is position independent and can be freely copied" (opus.h): it lives in
// memory of ours, and to go on where another encoder stands is to copy it.
//
// To decode at 16 kHz takes a third of the time of 48 kHz, and tells as well how loud something is.
// So a decoder glances with a second, smaller one at what nobody will hear, and only at every other
// packet.
#include <opus/opus.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "media/sound/coders.hpp"
#include "media/sound/level.hpp"

namespace media {
namespace {

constexpr std::size_t bytes_max = payload_bytes_max(opus_format);
constexpr opus_int32 glance_hz = 16'000;

// Aligned memory for a state of libopus, which is 8-byte aligned at most.
using State = std::vector<std::uint64_t>;
State state_of(int bytes) { return State((static_cast<std::size_t>(bytes) + 7) / 8); }

class OpusDecoding final : public Decoder {
public:
    explicit OpusDecoding(std::uint32_t rate_hz)
        : rate_hz_(static_cast<opus_int32>(rate_hz)),
          state_(state_of(opus_decoder_get_size(1))),
          glancing_(rate_hz_ > glance_hz ? state_of(opus_decoder_get_size(1)) : State{}) {
        ASSERT(opus_decoder_init(decoder(), rate_hz_, 1) == OPUS_OK);
        ASSERT(glancing_.empty() || opus_decoder_init(of(glancing_), glance_hz, 1) == OPUS_OK);
    }

    std::int32_t duration(std::span<const std::uint8_t> payload) const noexcept REALTIME override {
        if (payload.empty() || payload.size() > bytes_max) return 0;
        const int samples = opus_packet_get_nb_samples(
            payload.data(), static_cast<opus_int32>(payload.size()), 48'000);
        return samples > 0 && samples <= std::int32_t{48 * packet_ms_max} ? samples : 0;
    }

    std::size_t decode(std::span<const std::uint8_t> payload,
                       std::span<std::int16_t> pcm) noexcept REALTIME override {
        const std::size_t samples = samples_of(payload, rate_hz_);
        if (samples == 0 || samples > pcm.size()) return 0;
        if (std::size_t before = std::exchange(glanced_bytes_, 0); before > 0) {
            // The packet before this one was only glanced at: what it leaves behind is needed. Its
            // sound is not, and this packet's comes into its place.
            (void)run(state_, std::span{glanced_}.first(before), pcm, pcm.size());
        }
        return run(state_, payload, pcm, samples);
    }

    std::size_t glance(std::span<const std::uint8_t> payload,
                       std::span<std::int16_t> pcm) noexcept REALTIME override {
        if (glancing_.empty()) return decode(payload, pcm);
        const std::size_t samples = samples_of(payload, rate_hz_);
        if (samples == 0 || samples > pcm.size()) return 0;
        std::copy(payload.begin(), payload.end(), glanced_.begin());
        glanced_bytes_ = payload.size();
        // Every other packet is enough to see that somebody begins to talk: should it be the one
        // that is skipped, 20 ms of the first sound are missing.
        skips_ = !skips_;
        if (skips_) return as_loud_as_before(pcm.first(samples));
        const std::size_t few = samples_of(payload, glance_hz);
        if (run(glancing_, payload, pcm, few) != few) return 0;
        const std::size_t each = samples / few;
        for (std::size_t i = samples; i-- > 0;) pcm[i] = pcm[i / each];
        loud_ = root_of(energy_of(pcm.first(samples)));
        return samples;
    }

    bool conceal(std::span<const std::uint8_t> next,
                 std::span<std::int16_t> hole) noexcept REALTIME override {
        // libopus invents in steps of 2.5 ms: an odd rest is taken from a step of its own.
        const std::size_t step = static_cast<std::size_t>(rate_hz_) / 400;
        if (const std::size_t rest = hole.size() % step; rest > 0) {
            std::array<std::int16_t, 48'000 / 400> one;
            invent(std::span{one}.first(step));
            std::copy_n(one.begin(), rest, hole.begin());
            hole = hole.subspan(rest);
        }
        const std::size_t known = remembered_by(next);
        const bool helps = known > 0 && known <= hole.size();
        const std::size_t frame = static_cast<std::size_t>(rate_hz_) / 50;
        std::size_t unknown = hole.size() - (helps ? known : 0);
        while (unknown > 0) {
            const std::size_t now = std::min(unknown, frame);
            invent(hole.first(now));
            hole = hole.subspan(now);
            unknown -= now;
        }
        if (helps && opus_decode(decoder(), next.data(), static_cast<opus_int32>(next.size()),
                                 hole.data(), static_cast<int>(hole.size()), 1) <= 0)
            invent(hole);
        return true;
    }

    void reset() noexcept REALTIME override {
        opus_decoder_ctl(decoder(), OPUS_RESET_STATE);
        if (!glancing_.empty()) opus_decoder_ctl(of(glancing_), OPUS_RESET_STATE);
        glanced_bytes_ = 0;
        loud_ = 0;
        skips_ = true;
    }

private:
    static OpusDecoder* of(State& state) noexcept {
        return reinterpret_cast<OpusDecoder*>(state.data());
    }
    OpusDecoder* decoder() noexcept { return of(state_); }
    [[nodiscard]] std::size_t samples_of(std::span<const std::uint8_t> payload,
                                         opus_int32 rate_hz) const noexcept {
        return static_cast<std::size_t>(duration(payload)) * static_cast<std::size_t>(rate_hz) /
               48'000;
    }
    std::size_t as_loud_as_before(std::span<std::int16_t> pcm) const noexcept {
        for (std::size_t i = 0; i < pcm.size(); ++i)
            pcm[i] = static_cast<std::int16_t>((i & 16) != 0 ? loud_ : -loud_);
        return pcm.size();
    }
    // The greatest whole number whose square is not above `square`.
    [[nodiscard]] static std::int32_t root_of(std::uint32_t square) noexcept {
        std::uint32_t root = 0;
        for (std::uint32_t bit = 1u << 15; bit > 0; bit >>= 1) {
            const std::uint32_t more = root | bit;
            if (std::uint64_t{more} * more <= square) root = more;
        }
        return static_cast<std::int32_t>(std::min(root, 32'767u));
    }
    static std::size_t run(State& state, std::span<const std::uint8_t> payload,
                           std::span<std::int16_t> pcm, std::size_t samples) noexcept {
        const int got =
            opus_decode(of(state), payload.data(), static_cast<opus_int32>(payload.size()),
                        pcm.data(), static_cast<int>(samples), 0);
        return got > 0 ? static_cast<std::size_t>(got) : 0;
    }

    // Samples before `next` that its redundancy (LBRR) may tell of: those of one of its frames.
    // Whether it is there is for libopus to see; it invents what is not (RFC 6716, 4.2.5).
    [[nodiscard]] std::size_t remembered_by(std::span<const std::uint8_t> next) const noexcept {
        if (duration(next) == 0) return 0;
        return static_cast<std::size_t>(opus_packet_get_samples_per_frame(next.data(), rate_hz_));
    }

    void invent(std::span<std::int16_t> hole) noexcept {
        if (hole.empty()) return;
        const int got =
            opus_decode(decoder(), nullptr, 0, hole.data(), static_cast<int>(hole.size()), 0);
        if (got <= 0) std::fill(hole.begin(), hole.end(), std::int16_t{0});
    }

    opus_int32 rate_hz_;
    State state_;
    State glancing_;                                 // empty: no cheaper than the other
    std::array<std::uint8_t, bytes_max> glanced_{};  // the last packet that was glanced at
    std::size_t glanced_bytes_ = 0;
    std::int32_t loud_ = 0;  // what the last glance showed, as an amplitude
    bool skips_ = true;
};

class OpusEncoding final : public Encoder {
public:
    OpusEncoding(std::uint32_t rate_hz, const OpusSettings& settings)
        : rate_hz_(static_cast<opus_int32>(rate_hz)),
          settings_(settings),
          state_(state_of(opus_encoder_get_size(1))) {
        OpusEncoding::reset();
    }

    std::size_t encode(std::span<const std::int16_t> pcm,
                       std::span<std::uint8_t> coded) noexcept REALTIME override {
        ASSERT(pcm.size() == static_cast<std::size_t>(rate_hz_) / 50);
        const auto room = static_cast<opus_int32>(std::min(coded.size(), bytes_max));
        const opus_int32 bytes =
            opus_encode(encoder(), pcm.data(), static_cast<int>(pcm.size()), coded.data(), room);
        ASSERT(bytes > 0);
        if (std::exchange(welcoming_, false))
            opus_encoder_ctl(encoder(), OPUS_SET_PREDICTION_DISABLED(0));
        if (settings_.dtx && bytes <= 2) return 0;  // "need not be transmitted" (opus.h)
        return static_cast<std::size_t>(bytes);
    }

    void continue_from(const Encoder& other) noexcept REALTIME override {
        const auto* same = dynamic_cast<const OpusEncoding*>(&other);
        if (!same || same->rate_hz_ != rate_hz_) return;
        settings_ = same->settings_;  // they are in the state as well
        welcoming_ = same->welcoming_;
        std::copy(same->state_.begin(), same->state_.end(), state_.begin());
    }

    void welcome() noexcept REALTIME override {
        welcoming_ = true;
        opus_encoder_ctl(encoder(), OPUS_SET_PREDICTION_DISABLED(1));
    }

    // Not OPUS_RESET_STATE: at 8 kHz it leaves something behind, and the next packets differ from
    // those of a new encoder.
    void reset() noexcept REALTIME override {
        // For sound of any kind, which a mix is: at 28 kbit/s and more that is a quarter of the
        // work of modelling speech. Redundancy, and fewer bits, bring that model back by
        // themselves.
        ASSERT(opus_encoder_init(encoder(), rate_hz_, 1, OPUS_APPLICATION_AUDIO) == OPUS_OK);
        opus_encoder_ctl(encoder(), OPUS_SET_VBR(1));
        tell_settings();
    }

    void adopt(const OpusSettings& settings) noexcept REALTIME override {
        if (settings == settings_) return;
        settings_ = settings;
        tell_settings();
    }

private:
    void tell_settings() noexcept {
        opus_encoder_ctl(encoder(),
                         OPUS_SET_BITRATE(std::clamp(settings_.bitrate, 6'000, 510'000)));
        opus_encoder_ctl(encoder(), OPUS_SET_COMPLEXITY(std::clamp(settings_.complexity, 0, 10)));
        opus_encoder_ctl(encoder(), OPUS_SET_INBAND_FEC(settings_.fec ? 1 : 0));
        opus_encoder_ctl(encoder(),
                         OPUS_SET_PACKET_LOSS_PERC(std::clamp(settings_.loss_percent, 0, 100)));
        opus_encoder_ctl(encoder(), OPUS_SET_DTX(settings_.dtx ? 1 : 0));
    }
    OpusEncoder* encoder() noexcept { return reinterpret_cast<OpusEncoder*>(state_.data()); }

    opus_int32 rate_hz_;
    OpusSettings settings_;
    State state_;
    bool welcoming_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_opus_decoder(std::uint32_t rate_hz) {
    return std::make_unique<OpusDecoding>(rate_hz);
}
std::unique_ptr<Encoder> make_opus_encoder(std::uint32_t rate_hz, const OpusSettings& settings) {
    return std::make_unique<OpusEncoding>(rate_hz, settings);
}

}  // namespace media

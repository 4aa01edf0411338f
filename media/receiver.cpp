#include "media/receiver.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "media/sound/g711.hpp"

namespace media {
namespace {

constexpr auto samples_per_frame = static_cast<std::int32_t>(frame_samples);

}  // namespace

std::span<std::int16_t> Receiver::grow(std::int32_t samples) noexcept {
    ASSERT(waiting_ + samples <= static_cast<std::int32_t>(fifo_samples_max));
    const auto start = static_cast<std::size_t>(waiting_);
    waiting_ += samples;
    return std::span{fifo_}.subspan(start, static_cast<std::size_t>(samples));
}

void Receiver::play(const JitterBuffer::Pulled& packet) noexcept {
    const std::span<std::int16_t> sound = grow(packet.samples);
    decode(codec_, packet.payload, sound);
    concealer_.good(sound);
}

void Receiver::conceal(std::int32_t samples) noexcept { concealer_.fill(grow(samples)); }

// Gathers `wanted` samples or a little more: a packet is decoded whole.
void Receiver::collect(std::int32_t wanted, FrameDecision& decision) noexcept {
    using Kind = JitterBuffer::Pulled::Kind;
    while (waiting_ < wanted) {
        const std::int32_t lacking = wanted - waiting_;
        const JitterBuffer::Pulled pulled = buffer_.pull(lacking);
        switch (pulled.kind) {
            case Kind::packet:
                if (decision.packets == 0) decision.timestamp = pulled.timestamp;
                ++decision.packets;
                play(pulled);
                break;
            case Kind::lost:
                conceal(pulled.samples);
                decision.concealed =
                    static_cast<std::uint16_t>(decision.concealed + pulled.samples);
                break;
            case Kind::pause:  // the end of a word may ring on: the same fading as for a loss
                conceal(pulled.samples);
                decision.silent = static_cast<std::uint16_t>(decision.silent + pulled.samples);
                break;
            case Kind::dry: {
                // Only this frame's need is invented: a merge that runs dry is given up.
                const std::int32_t need = std::max(0, samples_per_frame - waiting_);
                if (need > 0) {
                    conceal(need);
                    buffer_.concealed_while_dry(need);
                    decision.concealed = static_cast<std::uint16_t>(decision.concealed + need);
                }
                return;
            }
            case Kind::idle:
                conceal(lacking);
                decision.silent = static_cast<std::uint16_t>(decision.silent + lacking);
                break;
        }
    }
}

FrameDecision Receiver::take(bool quiet, Frame& frame) noexcept REALTIME {
    FrameDecision decision;
    const JitterBuffer::Step step = buffer_.begin_tick(quiet);
    if (step.stretch && waiting_ < samples_per_frame) {
        decision.stretched = true;
        decision.concealed = static_cast<std::uint16_t>(samples_per_frame - waiting_);
        conceal(samples_per_frame - waiting_);
    }
    collect(step.merge ? 2 * samples_per_frame : samples_per_frame, decision);
    std::int32_t used = samples_per_frame;
    std::copy_n(fifo_.begin(), frame_samples, frame.begin());
    if (step.merge && waiting_ >= 2 * samples_per_frame) {
        // Two frames in the time of one: from the first
        // slowly into the second, without a step anywhere.
        for (std::int32_t i = 0; i < samples_per_frame; ++i) {
            const std::int32_t first = fifo_[static_cast<std::size_t>(i)];
            const std::int32_t second = fifo_[static_cast<std::size_t>(i + samples_per_frame)];
            frame[static_cast<std::size_t>(i)] = static_cast<std::int16_t>(
                (first * (samples_per_frame - i) + second * i) / samples_per_frame);
        }
        used = 2 * samples_per_frame;
        decision.merged = true;
    }
    waiting_ -= used;
    std::copy_n(fifo_.begin() + used, waiting_, fifo_.begin());
    buffer_.end_tick(waiting_);
    decision.margin_frames = static_cast<std::uint8_t>(buffer_.margin_frames());
    decision.depth = static_cast<std::uint16_t>(std::max(0, buffer_.depth_samples() + waiting_));
    return decision;
}

void Receiver::restart() noexcept REALTIME { buffer_.restart(); }

}  // namespace media

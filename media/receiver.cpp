#include "media/receiver.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "media/sound/level.hpp"

namespace media {
namespace {

// Two frames to merge, and the longest packet on top of them.
constexpr std::uint32_t fifo_ms = 40 + packet_ms_max;
constexpr std::int32_t fade_ticks = 4;  // a Concealer is silent after 60 ms

std::uint16_t add(std::uint16_t sum, std::int32_t more) {
    return static_cast<std::uint16_t>(sum + more);
}

}  // namespace

Receiver::Receiver(const Format& format)
    : format_(format),
      conceals_itself_(format.codec == Codec::opus),
      frame_units_(static_cast<std::int32_t>(clock_hz(format) / 50)),
      buffer_(clock_hz(format), payload_bytes_max(format)),
      decoder_(make_decoder(format)),
      noise_(clock_hz(format)),
      fifo_(format.rate_hz / 1'000 * fifo_ms + format.rate_hz % 1'000 * fifo_ms / 1'000 + 1),
      concealer_(format.rate_hz) {
    ASSERT(decoder_ != nullptr);
}

JitterBuffer::Put Receiver::put(JitterBuffer::Packet packet) noexcept REALTIME {
    packet.samples = decoder_->duration(packet.payload);
    return buffer_.put(packet);
}

std::span<std::int16_t> Receiver::grow(std::size_t samples) noexcept {
    const std::size_t start = samples_of(waiting_);
    ASSERT(start + samples <= fifo_.size());
    return std::span{fifo_}.subspan(start, samples);
}

std::size_t Receiver::decode(std::span<const std::uint8_t> payload,
                             std::span<std::int16_t> sound) noexcept {
    if (wanted_ == Wanted::level) {
        const std::size_t samples = decoder_->glance(payload, sound);
        if (samples == 0 || energy_of(sound.first(samples)) < Gate::open_above) return samples;
    }
    return decoder_->decode(payload, sound);
}

void Receiver::play(const JitterBuffer::Pulled& packet) noexcept {
    const std::span<std::int16_t> sound = grow(samples_of(packet.samples));
    if (wanted_ == Wanted::nothing) {
        std::ranges::fill(sound, std::int16_t{0});
    } else if (decode(packet.payload, sound) == sound.size()) {
        if (!conceals_itself_) concealer_.good(sound);
    } else {
        return conceal(packet.samples);  // bytes that only looked like this codec's
    }
    waiting_ += packet.samples;
}

void Receiver::conceal(std::int32_t units, std::span<const std::uint8_t> next) noexcept {
    const std::span<std::int16_t> hole = grow(samples_of(units));
    if (wanted_ != Wanted::sound || idle_ticks_ > fade_ticks)
        std::ranges::fill(hole, std::int16_t{0});
    else if (!decoder_->conceal(next, hole))
        concealer_.fill(hole);
    waiting_ += units;
}

// The end of a word may ring on: the same fading as for a loss. Unless we know better.
void Receiver::fall_silent(std::int32_t units) noexcept {
    if (!noisy_ || wanted_ == Wanted::nothing) return conceal(units);
    noise_.fill(grow(samples_of(units)));
    waiting_ += units;
}

// Most frames are one packet of 20 ms: its sound goes where it is wanted, without a detour through
// the memory of what waits.
bool Receiver::play_directly(std::span<std::int16_t> frame, FrameDecision& decision) noexcept {
    if (again_ != nullptr || !buffer_.holds_next(frame_units_)) return false;
    const JitterBuffer::Pulled packet = pull(frame_units_);
    note_packet(packet, decision);
    if (wanted_ == Wanted::nothing) {
        std::ranges::fill(frame, std::int16_t{0});
        return true;
    }
    if (decode(packet.payload, frame) == frame.size()) {
        if (!conceals_itself_) concealer_.good(frame);
        return true;
    }
    conceal(packet.samples);  // bytes that only looked like this codec's
    hand_out(frame, decision);
    return true;
}

JitterBuffer::Pulled Receiver::pull(std::int32_t units) noexcept {
    if (again_ != nullptr) return next_again();
    const JitterBuffer::Pulled pulled = buffer_.pull(units);
    if (taken_.count < Taken::pieces_max)
        taken_.pieces[taken_.count++] = pulled;
    else
        taken_.complete = false;
    return pulled;
}

void Receiver::note_packet(const JitterBuffer::Pulled& packet, FrameDecision& decision) noexcept {
    if (decision.packets == 0) decision.timestamp = packet.timestamp;
    ++decision.packets;
    idle_ticks_ = 0;
    if (static_cast<std::int32_t>(packet.timestamp - noisy_from_) >= 0) noisy_ = false;
}

// Gathers `wanted` units or a little more: a packet is decoded whole.
void Receiver::collect(std::int32_t wanted, FrameDecision& decision) noexcept {
    using Kind = JitterBuffer::Pulled::Kind;
    while (lacks(wanted)) {
        const std::int32_t lacking = wanted - waiting_;
        const JitterBuffer::Pulled pulled = pull(lacking);
        switch (pulled.kind) {
            case Kind::packet:
                note_packet(pulled, decision);
                play(pulled);
                break;
            case Kind::lost:
                conceal(pulled.samples, pulled.payload);
                decision.concealed = add(decision.concealed, pulled.samples);
                break;
            case Kind::pause:
                fall_silent(pulled.samples);
                decision.silent = add(decision.silent, pulled.samples);
                break;
            case Kind::dry: {
                // Only this frame's need is invented: a merge that runs dry is given up.
                const std::int32_t need = std::max(0, frame_units_ - waiting_);
                if (need == 0) return;
                if (again_ == nullptr) buffer_.concealed_while_dry(need);
                auto& invented = noisy_ ? decision.silent : decision.concealed;
                invented = add(invented, need);
                return fall_silent(need);
            }
            case Kind::idle:
                if (lacking <= 0) break;
                ++idle_ticks_;
                fall_silent(lacking);
                decision.silent = add(decision.silent, lacking);
                break;
        }
    }
}

// The front of what waits becomes the frame; of a merge, its first two frames become one.
void Receiver::hand_out(std::span<std::int16_t> frame, FrameDecision& decision) noexcept {
    std::copy_n(fifo_.begin(), frame.size(), frame.begin());
    std::int32_t used = frame_units_;
    if (decision.merged) {
        // From the first slowly into the second, without a step anywhere.
        const auto n = static_cast<std::int32_t>(frame.size());
        for (std::int32_t i = 0; i < n; ++i) {
            const std::int32_t first = fifo_[static_cast<std::size_t>(i)];
            const std::int32_t second = fifo_[static_cast<std::size_t>(i + n)];
            frame[static_cast<std::size_t>(i)] =
                static_cast<std::int16_t>((first * (n - i) + second * i) / n);
        }
        used = 2 * frame_units_;
    }
    const auto gone = static_cast<std::ptrdiff_t>(samples_of(used));
    waiting_ -= used;
    std::copy_n(fifo_.begin() + gone, samples_of(waiting_), fifo_.begin());
}

FrameDecision Receiver::take(bool quiet, std::span<std::int16_t> frame,
                             Wanted wanted) noexcept REALTIME {
    change_wanted(wanted);
    const JitterBuffer::Step step = buffer_.begin_tick(quiet);
    taken_.step = step;
    taken_.count = 0;
    taken_.complete = true;
    taken_.fresh = std::exchange(fresh_, false);
    taken_.restarted = std::exchange(restarted_, false);
    taken_.noise = std::exchange(noise_told_, {});
    taken_.wanted = wanted;
    return close(make_frame(step, frame));
}

FrameDecision Receiver::take_again(const Taken& before, std::span<std::int16_t> frame) noexcept {
    if (before.fresh) forget();
    if (before.restarted) restart();
    if (before.noise.arrived)
        noise_arrived(std::span{&before.noise.level, before.noise.noisy ? 1u : 0u},
                      before.noise.timestamp);
    change_wanted(before.wanted);
    again_ = &before;
    again_at_ = 0;
    const FrameDecision decision = make_frame(before.step, frame);
    again_ = nullptr;
    return decision;
}

// Who kept the pieces may have kept them badly: none is longer than there is room for.
JitterBuffer::Pulled Receiver::next_again() noexcept {
    JitterBuffer::Pulled piece = again_->pieces[again_at_++];
    const auto fits = static_cast<std::int32_t>(std::uint64_t{fifo_.size()} * clock_hz(format_) /
                                                format_.rate_hz);
    piece.samples = std::clamp(piece.samples, 0, fits - waiting_);
    return piece;
}

void Receiver::change_wanted(Wanted wanted) noexcept {
    if (wanted_ == Wanted::nothing && wanted != wanted_) {  // what it remembers is old
        decoder_->reset();
        concealer_.reset();
    }
    wanted_ = wanted;
}

FrameDecision Receiver::make_frame(const JitterBuffer::Step& step,
                                   std::span<std::int16_t> frame) noexcept {
    ASSERT(frame.size() == samples_per_tick(format_));
    FrameDecision decision;
    if (step.stretch && waiting_ < frame_units_) {
        decision.stretched = true;
        decision.concealed = add(0, frame_units_ - waiting_);
        conceal(frame_units_ - waiting_);
    }
    if (!step.merge && waiting_ == 0 && play_directly(frame, decision)) return decision;
    collect(step.merge ? 2 * frame_units_ : frame_units_, decision);
    if (waiting_ < frame_units_) fall_silent(frame_units_ - waiting_);  // pieces kept badly
    decision.merged = step.merge && waiting_ >= 2 * frame_units_;
    hand_out(frame, decision);
    return decision;
}

FrameDecision Receiver::close(FrameDecision decision) noexcept {
    buffer_.end_tick(waiting_);
    decision.margin_frames = static_cast<std::uint8_t>(buffer_.margin_frames());
    decision.depth = static_cast<std::uint16_t>(std::max(0, buffer_.depth_samples() + waiting_));
    return decision;
}

void Receiver::restart() noexcept REALTIME {
    buffer_.restart();
    noisy_ = false;
    noise_told_ = {};
    restarted_ = true;
}

void Receiver::forget() noexcept REALTIME {
    decoder_->reset();
    concealer_.reset();
    noise_ = ComfortNoise(clock_hz(format_));
    noisy_ = false;
    noise_told_ = {};
    wanted_ = Wanted::sound;
    waiting_ = 0;
    idle_ticks_ = 0;
    fresh_ = true;
}

}  // namespace media

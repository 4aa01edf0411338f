#include "media/jitter_buffer.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/assert.hpp"

namespace media {
namespace {

constexpr std::int32_t behind_frames_max =
    50;  // a second: older than this is another stream, not a late packet
constexpr std::int32_t ahead_frames_max = 100;  // two seconds
constexpr std::int32_t dry_ticks_max =
    10;  // 200 ms without a packet: the talker pauses; the next one starts anew
constexpr std::int32_t window_ticks = 250;       // 5 s between looks at the margin
constexpr std::int32_t first_window_ticks = 50;  // but soon after a beginning
constexpr std::int32_t patience_ticks =
    100;  // 2 s: wait so long for a quiet moment, then merge in sound
// Packets that always wait for this long, and a frame more, need no frame of margin. Less than half
// of it left (a clock drifts), and the next quiet moment gives a frame back.
constexpr std::int32_t slack_enough_us = 4'000;
constexpr std::int32_t caution_ticks_max = 16'000;  // 5 min
constexpr std::int32_t weigh_ticks = 25;            // half a second
constexpr std::int64_t transit_us_max = 1'000'000'000;
// More than a single frame must be left before the second is too much: then the packet behind one
// that was lost is mostly there, and can tell what was in it (FEC).
constexpr std::int32_t half_a_frame_us = 10'000;
static_assert(jitter_slot_count == 32, "one bit each in used_");

/// Timestamps wrap: the distance is right while it is below 2^31 (74 hours).
std::int32_t distance(std::uint32_t from, std::uint32_t to) {
    return static_cast<std::int32_t>(to - from);
}

}  // namespace

JitterBuffer::JitterBuffer(std::uint32_t clock_hz, std::size_t payload_bytes_max)
    : frame_(static_cast<std::int32_t>(clock_hz / 50)),
      samples_max_(static_cast<std::int32_t>(clock_hz / 1'000 * packet_ms_max)),
      payload_bytes_max_(payload_bytes_max),
      payloads_(
          std::make_unique_for_overwrite<std::uint8_t[]>(jitter_slot_count * payload_bytes_max)) {}

std::span<const std::uint8_t> JitterBuffer::payload_of(std::size_t place) const noexcept {
    return {&payloads_[order_[place] * payload_bytes_max_], at(place).bytes};
}

JitterBuffer::Put JitterBuffer::put(const Packet& packet) noexcept REALTIME {
    if (packet.samples <= 0 || packet.samples > samples_max_) return Put::unfit;
    if (packet.payload.empty() || packet.payload.size() > payload_bytes_max_) return Put::unfit;
    if (state_ == State::idle) {
        state_ = State::filling;
        play_at_ = packet.timestamp;
        filled_ticks_ = 0;
        owed_ = 0;
        (void)note_transit(packet);
        return insert(packet);
    }
    const std::int32_t ahead = distance(play_at_, packet.timestamp);
    if (ahead < -behind_frames_max * frame_ || ahead > ahead_frames_max * frame_)
        return judge_jump(packet);
    jump_seen_ = false;
    const bool first = note_transit(packet);
    if (state_ == State::filling) {
        if (ahead < 0)
            play_at_ = packet.timestamp;  // the first came second; nothing has been played yet
        return insert(packet);
    }
    if (ahead < -(packet.samples / 2)) {
        if (!first) return Put::late;  // it came in time before
        ++window_late_;
        // Two late ones within a window are no accident: play later from now on.
        if (window_late_ >= 2 && margin_frames_ < worth_frames_) {
            window_late_ = 0;
            need_more_margin(1);
            stretch_wanted_ = true;
        }
        return Put::late;
    }
    if (count_ == 0 && owed_ > 0) {
        if (packet.marker) {  // a talk spurt begins: fill up again first
            state_ = State::filling;
            filled_ticks_ = 0;
            play_at_ = packet.timestamp;
            owed_ = 0;
        } else {
            absorb_gap(ahead);
        }
    }
    return insert(packet);
}

// Ran dry, and now the next packet is here. If it carries what we
// concealed, it was late, and everything plays later by what we inserted;
// if it lies beyond, what we concealed was lost, and is already paid for.
void JitterBuffer::absorb_gap(std::int32_t ahead) noexcept {
    const std::int32_t paid = std::clamp(ahead, 0, owed_);
    play_at_ += static_cast<std::uint32_t>(paid);
    const std::int32_t late = owed_ - paid;
    if (late >= frame_ / 2) need_more_margin((late + frame_ - 1) / frame_);
    owed_ = 0;
}

void JitterBuffer::need_more_margin(std::int32_t frames) noexcept {
    if (margin_frames_ == 0) {
        caution_ticks_ = caution_next_;
        caution_next_ = std::min(2 * caution_next_, caution_ticks_max);
    }
    if (margin_frames_ >= worth_frames_) return;  // it will be late again, and we bear it
    margin_frames_ = std::min(margin_frames_ + frames, worth_frames_);
    surplus_ticks_ = 0;
    open_window();
}

// How long after its timestamp something there before the next tick is played, or came.
std::int32_t JitterBuffer::transit_us(std::uint32_t timestamp,
                                      std::int32_t slack_us) const noexcept {
    const std::int64_t ticks = static_cast<std::int32_t>(ticks_ + 1 - origin_tick_);
    const std::int64_t samples = distance(origin_timestamp_, timestamp);
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(
        ticks * tick_us - slack_us - samples * tick_us / frame_, -transit_us_max, transit_us_max));
}

// False for one that came before: nobody waits for that.
bool JitterBuffer::note_transit(const Packet& packet) noexcept {
    const auto newer = static_cast<std::int16_t>(packet.sequence - newest_);
    if (seen_ == 0) {
        origin_tick_ = ticks_;
        origin_timestamp_ = packet.timestamp;
    }
    if (newer > 0 || seen_ == 0) {
        seen_ = newer < 64 ? seen_ << (newer & 63) | 1 : 1;
        newest_ = packet.sequence;
    } else if (newer > -64) {
        const std::uint64_t bit = std::uint64_t{1} << -newer;
        if ((seen_ & bit) != 0) return false;
        seen_ |= bit;
    }
    const std::uint32_t ticks = ticks_ - origin_tick_;
    origin_tick_ += ticks;  // so that the numbers stay small
    origin_timestamp_ += ticks * static_cast<std::uint32_t>(frame_);
    lateness_.note(transit_us(packet.timestamp, packet.slack_us));
    return true;
}

// A deeper buffer loses less and delays more. Beyond what that is worth, neither packets that came
// too late nor the delay that they left behind make it deeper. One frame is never too much.
void JitterBuffer::weigh(std::int32_t leftover) noexcept {
    weigh_ticks_ = 0;
    if (!lateness_.knows() || dry_now_ || owed_ > 0) return;
    const std::int32_t played_us = transit_us(play_at_ - static_cast<std::uint32_t>(leftover), 0);
    worth_frames_ = std::max(1, lateness_.depth_frames(played_us, jitter_margin_frames_max));
    margin_frames_ = std::min(margin_frames_, worth_frames_);
    const std::int32_t kept_us = worth_frames_ == 1 ? half_a_frame_us : 0;
    const std::int32_t excess = lateness_.depth_now(played_us - kept_us) - worth_frames_;
    if (excess > 0) {
        surplus_frames_ = std::max(surplus_frames_, excess);
        surplus_ticks_ = std::max(surplus_ticks_, 1);
    }
}

JitterBuffer::Put JitterBuffer::judge_jump(const Packet& packet) noexcept {
    if (jump_seen_ && packet.sequence == static_cast<std::uint16_t>(jump_sequence_ + 1)) {
        restart();
        return put(packet);  // idle now: this packet is the new beginning
    }
    jump_seen_ = true;
    jump_sequence_ = packet.sequence;
    return Put::jumped;
}

JitterBuffer::Put JitterBuffer::insert(const Packet& packet) noexcept {
    std::size_t place = count_;
    while (place > 0 && distance(at(place - 1).timestamp, packet.timestamp) < 0) --place;
    if (place > 0 && at(place - 1).timestamp == packet.timestamp) return Put::duplicate;
    if (count_ == jitter_slot_count) {
        if (place == 0) return Put::late;
        drop_first();
        --place;
    }
    const auto index = static_cast<std::uint8_t>(std::countr_one(used_));
    used_ |= 1u << index;
    std::copy_backward(order_.begin() + static_cast<std::ptrdiff_t>(place),
                       order_.begin() + static_cast<std::ptrdiff_t>(count_),
                       order_.begin() + static_cast<std::ptrdiff_t>(count_ + 1));
    order_[place] = index;
    ++count_;
    Slot& slot = slots_[index];
    slot.timestamp = packet.timestamp;
    slot.sequence = packet.sequence;
    slot.samples = packet.samples;
    slot.slack_us = packet.slack_us;
    slot.tick = ticks_ + 1;
    slot.bytes = static_cast<std::uint16_t>(packet.payload.size());
    std::memcpy(&payloads_[index * payload_bytes_max_], packet.payload.data(),
                packet.payload.size());
    return Put::taken;
}

void JitterBuffer::drop_first() noexcept {
    ASSERT(count_ > 0);
    const Slot& first = at(0);
    play_at_ = first.timestamp + static_cast<std::uint32_t>(first.samples);
    last_sequence_ = first.sequence;
    used_ &= ~(1u << order_[0]);
    std::copy(order_.begin() + 1, order_.begin() + static_cast<std::ptrdiff_t>(count_),
              order_.begin());
    --count_;
    ++dropped_;
}

// After a stall of the network everything comes at once: one jump is better than seconds of delay.
void JitterBuffer::let_go_of_excess() noexcept {
    if (depth_samples() <= jitter_depth_frames_max * frame_ + samples_max_) return;
    while (count_ > 1 && depth_samples() > (margin_frames_ + 1) * frame_ + at(0).samples)
        drop_first();
    if (count_ > 0) play_at_ = at(0).timestamp;
}

JitterBuffer::Step JitterBuffer::begin_tick(bool quiet) noexcept REALTIME {
    dry_now_ = false;
    ++ticks_;
    if (state_ == State::idle) return {};
    let_go_of_excess();
    if (state_ == State::filling) {
        const bool deep = depth_samples() >= (margin_frames_ + 1) * frame_ + at(0).samples - 1;
        if (filled_ticks_ < margin_frames_ && !deep) {
            ++filled_ticks_;
            return {};
        }
        state_ = State::playing;
        dry_ticks_ = 0;
        open_window();
        window_length_ = first_window_ticks;
        play_at_ = at(0).timestamp;
        last_sequence_ = static_cast<std::uint16_t>(at(0).sequence - 1);
        return {};
    }
    Step step;
    if (caution_ticks_ > 0) --caution_ticks_;
    if (margin_frames_ == 0 && quiet && window_wait_us_ < slack_enough_us / 2) {
        need_more_margin(1);  // before a packet misses its tick
        stretch_wanted_ = true;
    }
    if (stretch_wanted_ && quiet) {
        stretch_wanted_ = false;
        step.stretch = true;
        return step;
    }
    if (surplus_ticks_ > 0) {
        ++surplus_ticks_;
        step.merge = (quiet || surplus_ticks_ > patience_ticks) && depth_samples() >= 2 * frame_;
        if (step.merge) surplus_ticks_ = --surplus_frames_ > 0 ? 1 : 0;
    }
    return step;
}

JitterBuffer::Pulled JitterBuffer::pull(std::int32_t wanted) noexcept REALTIME {
    if (state_ != State::playing) return {};
    if (count_ == 0) {
        dry_now_ = true;
        return {.kind = Pulled::Kind::dry, .samples = wanted, .timestamp = play_at_};
    }
    const Slot& first = at(0);
    const std::int32_t ahead = distance(play_at_, first.timestamp);
    if (ahead > 0) {
        const bool next = first.sequence == static_cast<std::uint16_t>(last_sequence_ + 1);
        if (next && ahead > jitter_depth_frames_max * frame_) {
            play_at_ = first.timestamp;  // a long pause that the sender skipped: so do we
        } else {
            const std::int32_t samples = std::min(ahead, wanted);
            Pulled gap{.kind = next ? Pulled::Kind::pause : Pulled::Kind::lost,
                       .samples = samples,
                       .timestamp = play_at_};
            if (!next && samples == ahead) gap.payload = payload_of(0);
            play_at_ += static_cast<std::uint32_t>(samples);
            return gap;
        }
    }
    play_at_ = first.timestamp + static_cast<std::uint32_t>(first.samples);
    last_sequence_ = first.sequence;
    note_wait(first);
    const Pulled packet{.kind = Pulled::Kind::packet,
                        .samples = first.samples,
                        .timestamp = first.timestamp,
                        .payload = payload_of(0)};
    used_ &= ~(1u << order_[0]);  // the bytes stay as they are until the next put
    std::copy(order_.begin() + 1, order_.begin() + static_cast<std::ptrdiff_t>(count_),
              order_.begin());
    --count_;
    return packet;
}

void JitterBuffer::end_tick(std::int32_t leftover) noexcept REALTIME {
    if (state_ != State::playing) return;
    dry_ticks_ = dry_now_ ? dry_ticks_ + 1 : 0;
    if (dry_ticks_ >= dry_ticks_max) {
        state_ = State::idle;
        stretch_wanted_ = false;
        surplus_ticks_ = 0;
        return;
    }
    const std::int32_t stays = dry_now_ ? 0 : depth_samples() + leftover;
    window_low_ = std::min(window_low_, stays);
    window_high_ = std::max(window_high_, stays);
    if (++window_ticks_ >= window_length_) close_window();
    if (++weigh_ticks_ >= weigh_ticks) weigh(leftover);
}

void JitterBuffer::open_window() noexcept {
    window_ticks_ = window_high_ = window_late_ = 0;
    window_low_ = jitter_depth_frames_max * frame_;
    window_wait_us_ = INT32_MAX;
    window_length_ = window_ticks;
}

void JitterBuffer::note_wait(const Slot& slot) noexcept {
    const auto ticks = static_cast<std::int32_t>(ticks_ - slot.tick);
    window_wait_us_ =
        std::min(window_wait_us_, slot.slack_us + ticks * static_cast<std::int32_t>(tick_us));
}

// The last frame of margin goes only when all packets would have come well before their ticks
// without it.
bool JitterBuffer::may_shrink() const noexcept {
    return margin_frames_ > 1 ||
           (margin_frames_ == 1 && caution_ticks_ == 0 &&
            window_wait_us_ >= static_cast<std::int32_t>(tick_us) + slack_enough_us);
}

// How many frames of margin nobody needed, of those above the last one.
std::int32_t JitterBuffer::spare_frames() const noexcept {
    const std::int32_t unneeded =
        (window_wait_us_ - slack_enough_us) / static_cast<std::int32_t>(tick_us);
    return std::min({unneeded, window_low_ / frame_, margin_frames_ - 1});
}

void JitterBuffer::close_window() noexcept {
    // A margin is too wide when nobody needed the last frame of it, or when
    // the buffer did well without ever holding that much (a slow clock eats
    // the margin frame by frame; each time looks like lateness).
    const std::int32_t margin = margin_frames_ * frame_;
    const bool spare = window_low_ >= margin || (window_high_ < margin && window_late_ == 0);
    if (spare && may_shrink()) margin_frames_ -= std::max(1, spare_frames());
    surplus_frames_ = std::max(0, window_low_ / frame_ - margin_frames_);
    surplus_ticks_ = surplus_frames_ > 0 ? std::max(surplus_ticks_, 1) : 0;
    open_window();
}

void JitterBuffer::restart() noexcept REALTIME {
    state_ = State::idle;
    used_ = 0;
    count_ = 0;
    owed_ = 0;
    dry_ticks_ = 0;
    stretch_wanted_ = false;
    surplus_ticks_ = 0;
    jump_seen_ = false;
    lateness_.forget();
    seen_ = 0;
}

std::int32_t JitterBuffer::depth_samples() const noexcept REALTIME {
    if (count_ == 0) return 0;
    const Slot& last = at(count_ - 1);
    return distance(play_at_, last.timestamp) + last.samples;
}

}  // namespace media

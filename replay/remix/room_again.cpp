#include "replay/remix/room_again.hpp"

#include <algorithm>

#include "media/ear.hpp"

namespace replay {
namespace {

using Kind = media::CapturePiece::Kind;

bool is_among(std::span<const media::LegId> legs, media::LegId leg) {
    return std::ranges::find(legs, leg) != legs.end();
}

}  // namespace

void RoomAgain::begin(std::uint64_t tick) {
    parts_before_ = std::exchange(parts_, {});
    tick_before_ = std::exchange(tick_, tick);
    rate_before_ = std::exchange(rate_hz_, 0);
    seats_.clear();
    doubt_ = Doubt::none;
}

// All records of a tick say the same; what does not was not written by a server.
bool RoomAgain::fits(std::uint32_t rate_hz) {
    const bool known = rate_hz == 8'000 || rate_hz == 16'000 || rate_hz == 48'000;
    if (!known || (rate_hz_ != 0 && rate_hz_ != rate_hz)) {
        doubt(Doubt::record_missing);
        return false;
    }
    rate_hz_ = rate_hz;
    samples_ = media::frame_samples_at(rate_hz);
    return true;
}

RoomAgain::Sum& RoomAgain::part(std::uint8_t which) {
    return parts_.try_emplace(which, Sum{}).first->second;
}

void RoomAgain::add(media::LegId leg, const media::Capture& capture, const LegAgain& again) {
    if (!fits(capture.head.room_rate_hz)) return;
    seats_.push_back({leg, &capture, &again});
    Sum& sum = part(capture.head.part);
    if (capture.head.version == 1) doubt(Doubt::version_1);
    if (capture.head.contributes && !again.known()) doubt(Doubt::record_missing);
    if (!again.contributes() || capture.head.whispers) return;
    media::add_to_total(std::span{sum}.first(samples_), again.spoken());
}

void RoomAgain::add_room(const media::Capture& capture) {
    if (!fits(capture.head.room_rate_hz)) return;
    for (const media::CapturePiece& piece : capture.pieces) {
        const auto sound = prompt_of(piece, doubt_);
        if (sound.empty()) continue;
        media::add_to_total(std::span{part(capture.head.part)}.first(samples_), sound);
    }
}

void RoomAgain::doubt(Doubt why) { doubt_ = std::max(doubt_, why); }

std::span<const std::int16_t> RoomAgain::prompt_of(const media::CapturePiece& piece,
                                                   Doubt& doubts) {
    if (piece.kind != Kind::prompt || piece.payload.size() < 8) return {};
    const auto name = piece.payload.subspan(8);
    const media::Prompt* prompt =
        prompts_.find(std::string{reinterpret_cast<const char*>(name.data()), name.size()});
    if (prompt->hash() != media::captured_number(piece.payload))
        doubts = std::max(doubts, Doubt::other_prompt);
    if (piece.timestamp >= prompt->ticks()) return {};
    return prompt->tick(piece.timestamp, samples_);
}

const RoomAgain::Seat* RoomAgain::seat_of(media::LegId leg) const {
    const auto found = std::ranges::find(seats_, leg, &Seat::leg);
    return found == seats_.end() ? nullptr : &*found;
}

// Parts hear each other a tick later (media/partial_sums.hpp).
RoomAgain::Parts RoomAgain::others_than(std::uint8_t which) const {
    Parts others;
    if (tick_before_ + 1 != tick_ || rate_before_ != rate_hz_) return others;
    for (const auto& [other, sum] : parts_before_) {
        if (other != which) others.push_back(other);
    }
    return others;
}

std::span<const std::int32_t> RoomAgain::total_of(std::uint8_t which, const Parts& others) {
    total_ = part(which);
    const auto total = std::span{total_}.first(samples_);
    for (const std::uint8_t other : others) {
        const Sum& sum = parts_before_.at(other);
        for (std::size_t i = 0; i < total.size(); ++i) total[i] += sum[i];
    }
    return total;
}

// No record says which sums were in time, nor that a whole room changed its worker or is being
// divided; the hash of what was heard does. All of them, none, all but one, or one alone.
RoomAgain::Parts RoomAgain::parts_heard_by(const Seat& seat) {
    const Parts all = others_than(seat.capture->head.part);
    const auto is_it = [&](const Parts& others) {
        return media::hash_of(hear(seat, others, {})) == seat.capture->head.heard;
    };
    lacked_a_part_ = false;
    if (all.empty() || is_it(all)) return all;
    std::vector<Parts> candidates{{}};
    for (const std::uint8_t one : all) {
        candidates.push_back({one});
        candidates.push_back(all);
        std::erase(candidates.back(), one);
    }
    const auto found = std::ranges::find_if(candidates, is_it);
    lacked_a_part_ = found != candidates.end();
    return lacked_a_part_ ? *found : all;
}

std::span<const std::int16_t> RoomAgain::heard_by(media::LegId listener,
                                                  std::span<const media::LegId> without) {
    const Seat* seat = seat_of(listener);
    if (seat == nullptr || seat->capture->head.heard == 0) return {};
    return hear(*seat, parts_heard_by(*seat), without);
}

std::span<const std::int16_t> RoomAgain::hear(const Seat& of, const Parts& others,
                                              std::span<const media::LegId> without) {
    own_doubt_ = Doubt::none;
    const Seat* seat = &of;
    const media::LegId listener = of.leg;
    const media::CaptureHead& head = seat->capture->head;
    Sounds unheard, whispers;
    std::vector<media::LegId> left_out;  // not twice
    std::span<const std::int16_t> prompt;
    for (const media::CapturePiece& piece : seat->capture->pieces) {
        if (piece.kind == Kind::prompt) prompt = prompt_of(piece, own_doubt_);
        if (piece.kind != Kind::whisperer && piece.kind != Kind::unheard) continue;
        const media::LegId other = media::captured_number(piece.payload);
        const Seat* there = seat_of(other);
        if (there == nullptr || !there->contributes()) continue;
        if (piece.kind == Kind::unheard) {
            unheard.push_back(there->again->spoken());
            left_out.push_back(other);
        } else if (!is_among(without, other)) {
            whispers.push_back(there->again->spoken());
        }
    }
    for (const media::LegId other : without) {
        const Seat* there = seat_of(other);
        if (there == nullptr || other == listener || is_among(left_out, other)) continue;
        if (there->contributes() && !there->capture->head.whispers)
            unheard.push_back(there->again->spoken());
    }
    const bool own = seat->contributes() && !head.whispers;
    const auto out = std::span{out_}.first(samples_);
    media::hear(total_of(head.part, others),
                {.hears = head.hears,
                 .own = own ? seat->again->spoken() : std::span<const std::int16_t>{},
                 .gain_out_db = head.gain_out_db,
                 .prompt = prompt},
                unheard, whispers, out);
    return out;
}

std::span<const std::int16_t> RoomAgain::everybody(std::span<const media::LegId> without) {
    total_ = {};
    const auto total = std::span{total_}.first(samples_);
    for (const auto& [which, sum] : parts_) {
        for (std::size_t i = 0; i < total.size(); ++i) total[i] += sum[i];
    }
    for (const Seat& seat : seats_) {
        if (!seat.contributes()) continue;
        const bool left_out = is_among(without, seat.leg);
        const bool in_sum = !seat.capture->head.whispers;
        if (left_out && in_sum) media::take_from_total(total, seat.again->spoken());
        if (!left_out && !in_sum) media::add_to_total(total, seat.again->spoken());
    }
    const auto out = std::span{out_}.first(samples_);
    media::saturate(total, out);
    return out;
}

}  // namespace replay

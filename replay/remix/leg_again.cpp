#include "replay/remix/leg_again.hpp"

namespace replay {

using Kind = media::CapturePiece::Kind;

// Brings the receiver to where the record begins. False: its format is nobody's.
bool LegAgain::follows(const media::CaptureHead& head) {
    const bool begins = head.version > 1 ? head.serial == 0 : receiver_ == nullptr;
    const bool same_format = receiver_ != nullptr && receiver_->format() == head.format;
    if (begins) {
        speech_.forget();
        known_ = true;
    } else if (misses_before(head) || (!same_format && head.version > 1 && !head.fresh)) {
        known_ = false;
    }
    serial_next_ =
        head.serial == UINT16_MAX ? std::uint16_t{1} : static_cast<std::uint16_t>(head.serial + 1);
    if (!same_format) {
        if (media::make_decoder(head.format) == nullptr) return false;
        receiver_ = std::make_unique<media::Receiver>(head.format);
    }
    if (head.fresh || !same_format) speech_.forget_frames();
    return true;
}

bool LegAgain::fill_in(const media::Capture& capture) {
    const media::CaptureHead& head = capture.head;
    using Wanted = media::Receiver::Wanted;
    taken_ = {};
    taken_.step = {.merge = head.merged, .stretch = head.stretched};
    taken_.fresh = head.fresh;
    taken_.restarted = head.restarted;
    taken_.wanted = head.deaf ? Wanted::nothing : head.glanced ? Wanted::level : Wanted::sound;
    for (const media::CapturePiece& piece : capture.pieces) {
        if (piece.kind == Kind::noise)
            taken_.noise = {.arrived = true,
                            .level = piece.payload.empty() ? std::uint8_t{0} : piece.payload[0],
                            .noisy = !piece.payload.empty(),
                            .timestamp = piece.timestamp};
        if (piece.kind > Kind::idle) continue;
        if (taken_.count == media::Receiver::Taken::pieces_max) return false;
        taken_.pieces[taken_.count++] = {
            .kind = static_cast<media::JitterBuffer::Pulled::Kind>(piece.kind),
            .samples = piece.units,
            .timestamp = piece.timestamp,
            .payload = piece.payload};
    }
    return true;
}

void LegAgain::take(const media::Capture& capture) {
    const media::CaptureHead& head = capture.head;
    if (!follows(head) || !fill_in(capture)) {
        known_ = false;
        return speech_.say_nothing();
    }
    const auto frame = speech_.next_frame(media::samples_per_tick(head.format));
    (void)receiver_->take_again(taken_, frame);
    speech_.judge(
        head.wants,
        {.gain_db = head.gain_in_db, .level_voices = head.levels, .gate_noise = head.gates});
    speech_.speak(head.room_rate_hz, head.admitted);
    if (speech_.contributes() != head.contributes) known_ = false;
}

}  // namespace replay

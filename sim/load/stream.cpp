#include "sim/load/stream.hpp"

#include <algorithm>
#include <cmath>

#include "media/wire.hpp"

namespace sim {
namespace {

constexpr std::string_view event_codes = "0123456789*#ABCD";  // RFC 4733, 3.2
constexpr std::uint8_t event_volume = 10;                     // -10 dBm0
constexpr std::int32_t sequence_jump_max = 3'000;             // RFC 3550, A.1: more is a restart

}  // namespace

Speaker::Speaker(const media::Format& format, std::uint32_t ssrc, Voice voice)
    : voice_(voice), clock_step_(media::clock_hz(format) / 50) {
    header_.ssrc = ssrc;
    header_.sequence = static_cast<std::uint16_t>(ssrc * 7'919);
    header_.timestamp = ssrc * 104'729;
}

Packet Speaker::next(std::uint64_t tick) {
    Packet packet;
    ++header_.sequence;
    header_.timestamp += clock_step_;
    const std::size_t frame = (voice_.begin + tick) % loop_frames;
    if (next_key(packet)) return packet;
    header_.marker = !started_;
    started_ = true;
    header_.payload_type = payload_type_;
    std::ranges::copy(media::write_rtp_header(header_), packet.front.begin());
    packet.front_bytes = media::rtp_header_bytes;
    packet.payload = voice_.loop->frame(frame);
    packet.marked = voice_.marked && frame == 0;
    return packet;
}

// RFC 4733, 2.3: the event, and volume and duration with a bit that says it is over.
bool Speaker::next_key(Packet& packet) {
    if (keys_.empty()) return false;
    const std::size_t code = event_codes.find(keys_.front());
    const unsigned frame = key_frame_++;
    if (code == std::string_view::npos) {  // a pause: sound as usual
        if (key_frame_ == 50) {
            keys_.erase(0, 1);
            key_frame_ = 0;
        }
        return false;
    }
    if (frame == 0) key_stamp_ = header_.timestamp;
    if (frame >= event_frames + end_frames) {
        if (key_frame_ == event_frames + end_frames + rest_frames) {
            keys_.erase(0, 1);
            key_frame_ = 0;
        }
        return false;
    }
    media::RtpHeader header = header_;
    header.marker = frame == 0;
    header.payload_type = event_type_;
    header.timestamp = key_stamp_;
    std::ranges::copy(media::write_rtp_header(header), packet.front.begin());
    const bool over = frame >= event_frames;
    packet.front[12] = static_cast<std::uint8_t>(code);
    packet.front[13] = static_cast<std::uint8_t>((over ? 0x80 : 0) | event_volume);
    media::write_u16(packet.front, 14, clock_step_ * std::min(frame + 1, event_frames));
    packet.front_bytes = packet.front.size();
    return true;
}

bool Reception::take(std::span<const std::uint8_t> bytes, std::int64_t arrived_us) {
    if (bytes.size() < media::rtp_header_bytes || bytes[0] >> 6 != 2) return false;
    const std::uint16_t sequence = media::read_u16(bytes, 2);
    const std::uint32_t stamp = media::read_u32(bytes, 4), ssrc = media::read_u32(bytes, 8);
    const auto step = static_cast<std::int16_t>(sequence - last_sequence_);
    ++received_;
    if (!begun_ || ssrc != ssrc_ || std::abs(step) > sequence_jump_max) {
        begun_ = true;
        ssrc_ = ssrc;
        ++expected_;
    } else if (step <= 0) {  // late or twice; what came twice is not a replacement for what is lost
        doubled_ += step == 0 ? 1 : 0;
        if (step == 0) --received_;
        return true;
    } else {
        expected_ += static_cast<std::uint64_t>(step);
        const std::int64_t passed_us = arrived_us - last_us_;
        if (passed_us > gap_us) ++gaps_;
        gap_us_max_ = std::max(gap_us_max_, passed_us);
        const double sent_us =
            static_cast<double>(static_cast<std::int32_t>(stamp - last_stamp_)) * 1e6 / clock_hz_;
        jitter_us_ += (std::abs(static_cast<double>(passed_us) - sent_us) - jitter_us_) / 16;
    }
    last_sequence_ = sequence;
    last_stamp_ = stamp;
    last_us_ = arrived_us;
    return true;
}

void Reception::reset() { received_ = expected_ = doubled_ = gaps_ = 0, gap_us_max_ = 0; }

std::uint64_t Reception::lost() const { return expected_ > received_ ? expected_ - received_ : 0; }

void Reception::finish(std::int64_t now_us) {
    if (!begun_) return;
    if (now_us - last_us_ > gap_us) ++gaps_;
    gap_us_max_ = std::max(gap_us_max_, now_us - last_us_);
}

}  // namespace sim

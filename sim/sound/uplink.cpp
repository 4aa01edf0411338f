#include "sim/sound/uplink.hpp"

#include <algorithm>
#include <cctype>
#include <string>

namespace sim {
namespace {

constexpr std::uint32_t hang_over_frames = 10, refresh_frames = 20;

// When it is picked up is chance's: a telephone's clock knows nothing of the server's ticks.
Instant first_packet(Instant up, Chance& chance) {
    return up + Duration{static_cast<std::int64_t>(
                    1 + chance.below(static_cast<std::uint64_t>(frame_time.us)))};
}

}  // namespace

std::optional<media::Format> format_named(std::string_view name) {
    std::string lower{name};
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    if (lower == "pcmu") return media::pcmu_format;
    if (lower == "pcma") return media::pcma_format;
    if (lower == "g722") return media::g722_format;
    if (lower == "opus") return media::opus_format;
    if (lower == "l16" || lower == "l16/16000") return media::Format{media::Codec::l16, 16'000};
    if (lower == "l16/8000") return media::Format{media::Codec::l16, 8'000};
    if (lower == "l16/44100") return media::Format{media::Codec::l16, 44'100};
    if (lower == "l16/48000") return media::Format{media::Codec::l16, 48'000};
    return std::nullopt;
}

Uplink::Uplink(const Network& network, Instant world_begins, Instant up, bool sends_in_silence,
               Chance chance)
    : path_(network, world_begins, chance),
      sends_in_silence_(sends_in_silence),
      next_(first_packet(up, chance)) {}

void Uplink::talks(bool on, Instant now) {
    send_until(now);
    talking_ = on;
}

std::optional<Uplink::Packet> Uplink::due() {
    const bool paused = silent_frames_ >= hang_over_frames && !sends_in_silence_;
    silent_frames_ = talking_ ? 0 : silent_frames_ + 1;
    const bool refreshes =
        silent_frames_ > 0 && (silent_frames_ - hang_over_frames) % refresh_frames == 0;
    if (!talking_ && paused && !refreshes) return std::nullopt;
    if (talking_) speech_end_ = sent_ + 1;
    return Packet{.sent = next_,
                  .frame = frame_,
                  .number = sent_++,
                  .speech = talking_,
                  .marker = talking_ && paused};
}

void Uplink::dispatch(const Packet& packet) {
    const PacketPath::Arrived arrived = path_.send(packet.sent);
    if (arrived.count == 0) ++lost_;
    for (unsigned i = 0; i < arrived.count; ++i) {
        Packet copy = packet;
        copy.at = arrived.at[i];
        copy.again = i > 0;
        // Who arrives at the same moment keeps the order of sending.
        const auto place = std::ranges::find_if(
            under_way_, [&](const Packet& other) { return other.at <= copy.at; });
        under_way_.insert(place, copy);
    }
}

std::optional<Uplink::Packet> Uplink::next_arrived(Instant now) {
    if (under_way_.empty() || under_way_.back().at > now) return std::nullopt;
    const Packet packet = under_way_.back();
    under_way_.pop_back();
    return packet;
}

}  // namespace sim

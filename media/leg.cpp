#include "media/leg.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace media {
namespace {

constexpr std::uint8_t comfort_noise_type = 13;  // RFC 3389: a sign of life, no sound
constexpr std::uint32_t quiet_below =
    (1u << 30) / 100'000;  // -50 dBov: a change of depth goes unheard
constexpr std::int64_t stream_gap_us = 100'000;
constexpr std::int64_t report_interval_us =
    5'000'000;  // RFC 3550, 6.2: the least, and a room's traffic is small
constexpr std::uint64_t ntp_epoch_s = 2'208'988'800;  // from 1900 to 1970

std::uint64_t ntp_of(std::int64_t wall_us) {
    const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(0, wall_us));
    return (us / 1'000'000 + ntp_epoch_s) << 32 | ((us % 1'000'000) << 32) / 1'000'000;
}

}  // namespace

Leg::Leg(LegId leg_id, LegIdentity identity, LegPorts leg_ports, Ownership first_owner)
    : id(leg_id),
      ports(leg_ports),
      owner(first_owner),
      identity_(std::move(identity)),
      sequence_(identity_.first_sequence),
      spread_(identity_.ssrc) {
    ASSERT(!identity_.cname.empty() && identity_.cname.size() <= 60);
}

// ---- what comes in --------------------------------------------------------------------------

void Leg::rtp_arrived(std::span<const std::uint8_t> bytes, const Address& from,
                      std::int64_t arrival_us, Outlet& outlet) noexcept REALTIME {
    const auto parsed = parse_rtp(bytes);
    if (!parsed.ok() || !configured_) return refuse();
    const RtpPacket& packet = parsed.value();
    const bool sound = packet.header.payload_type == config_.payload_type;
    const bool key =
        config_.event_payload_type && packet.header.payload_type == *config_.event_payload_type;
    if (!sound && !key && packet.header.payload_type != comfort_noise_type) return refuse();
    if (!latch_.accepts(from, packet.header, arrival_us)) return refuse();
    if (!same_stream(packet.header, arrival_us)) return refuse();
    reception_.packet(packet.header, sound, arrival_us);
    gauges_.received.store(reception_.packets(), std::memory_order_relaxed);
    heard_something(arrival_us, outlet);
    if (!first_told_) {
        first_told_ = true;
        outlet.tell({.kind = EventKind::first_packet, .leg = id});
    }
    if (!config_.receives) return;
    if (sound) sound_arrived(packet, arrival_us);
    if (key) {
        const auto digit = dtmf_.receive(packet.payload, packet.header.timestamp, arrival_us);
        if (digit) outlet.tell({.kind = EventKind::digit, .leg = id, .digit = *digit});
    }
}

// A phone behind a gateway may change its source in the middle (transfer, early media). One packet
// of another source within a running stream is not believed yet.
bool Leg::same_stream(const RtpHeader& header, std::int64_t arrival_us) noexcept {
    if (!reception_.started() || header.ssrc == reception_.ssrc()) {
        other_ssrc_.reset();
        return true;
    }
    const bool running = arrival_us - last_heard_us_ < stream_gap_us;
    if (running && other_ssrc_ != header.ssrc) {
        other_ssrc_ = header.ssrc;
        return false;
    }
    other_ssrc_.reset();
    receiver_.restart();
    return true;
}

void Leg::sound_arrived(const RtpPacket& packet, std::int64_t arrival_us) noexcept {
    last_sound_us_ = arrival_us;
    const JitterBuffer::Packet piece{
        .sequence = packet.header.sequence,
        .timestamp = packet.header.timestamp,
        .marker = packet.header.marker,
        .samples = static_cast<std::int32_t>(packet.payload.size()),  // G.711: a byte each
        .payload = packet.payload};
    switch (receiver_.put(config_.format.codec, piece)) {
        case JitterBuffer::Put::taken: break;
        case JitterBuffer::Put::late: bump(gauges_.late); break;
        case JitterBuffer::Put::duplicate:
        case JitterBuffer::Put::jumped:
        case JitterBuffer::Put::unfit: refuse(); break;
    }
}

void Leg::heard_something(std::int64_t at_us, Outlet& outlet) noexcept {
    last_heard_us_ = at_us;
    if (!silent_) return;
    silent_ = false;
    outlet.tell({.kind = EventKind::silence_ended, .leg = id});
}

void Leg::rtcp_arrived(std::span<const std::uint8_t> bytes, const Address& from,
                       const TickTime& now, Outlet& outlet) noexcept REALTIME {
    if (!configured_ || !latch_.accepts_rtcp(from)) return refuse();
    const auto parsed = parse_rtcp(bytes);
    if (!parsed.ok()) return refuse();
    const RtcpCompound& compound = parsed.value();
    rtcp_source_ = from;
    heard_something(now.now_us, outlet);
    if (compound.sender && reception_.started() && compound.ssrc == reception_.ssrc()) {
        reception_.sender_report(compound.sender->ntp, now.now_us);
    }
    for (std::size_t i = 0; i < compound.block_count; ++i) {
        const ReportBlock& block = compound.blocks[i];
        if (block.ssrc != identity_.ssrc || block.last_sr == 0) continue;
        const auto middle = static_cast<std::uint32_t>(ntp_of(now.wall_us) >> 16);
        const std::uint32_t trip = middle - block.last_sr - block.delay_since_sr;  // in 1/65536 s
        if (trip > 10 * 65'536) continue;  // ten seconds, or negative: a clock was set
        gauges_.round_trip_us.store(
            static_cast<std::uint32_t>(std::uint64_t{trip} * 1'000'000 / 65'536),
            std::memory_order_relaxed);
    }
}

// ---- the tick -------------------------------------------------------------------------------

bool Leg::begin_tick(const TickTime& now, Outlet& outlet) noexcept REALTIME {
    if (ticked_ && now.tick <= last_tick_) return false;
    if (ticked_ && now.tick != last_tick_ + 1) gap_before_next_ = true;
    if (!ticked_) {
        next_report_us_ = now.now_us + report_interval_us / 2;
        last_heard_us_ = now.now_us;
    }
    ticked_ = in_tick_ = true;
    last_tick_ = now.tick;
    obey(now, outlet);
    return true;
}

void Leg::obey(const TickTime& now, Outlet& outlet) noexcept {
    LegCommand command;
    while (inbox.try_pop(command)) {
        switch (command.kind) {
            case LegCommand::Kind::configure: configure(command.config, now, outlet); break;
            case LegCommand::Kind::play: (void)prompts_.add(command.prompt); break;
            case LegCommand::Kind::stop_prompts: prompts_.clear(); break;
        }
    }
}

void Leg::configure(const LegConfig& wanted, const TickTime& now, Outlet& outlet) noexcept {
    LegConfig config = wanted;
    // Nowhere is nobody: old phones hold with 0.0.0.0 (RFC 3264, 8.4), and a refused stream has
    // port 0.
    if (config.remote && (config.remote->ip == 0 || config.remote->port == 0))
        config.remote.reset();
    const bool receives_again = config.receives && !(configured_ && config_.receives);
    const bool other_sound = configured_ && (config.format != config_.format ||
                                             config.payload_type != config_.payload_type);
    const bool other_remote = configured_ && config.remote != config_.remote;
    if (receives_again || other_sound || other_remote) receiver_.restart();
    if (receives_again || other_remote) last_heard_us_ = now.now_us;
    if (other_remote) rtcp_source_.reset();
    if (!config.receives && silent_) {
        silent_ = false;  // on hold nobody expects anything
        outlet.tell({.kind = EventKind::silence_ended, .leg = id});
    }
    latch_.configure(config.remote);
    config_ = config;
    configured_ = true;
}

void Leg::watch_silence(const TickTime& now, Outlet& outlet) noexcept {
    if (!configured_ || !config_.receives || silent_) return;
    if (now.now_us - last_heard_us_ < silence_notice_us) return;
    silent_ = true;
    outlet.tell({.kind = EventKind::silence_noticed, .leg = id});
}

void Leg::listen(const TickTime& now, bool may_speak, Outlet& outlet) noexcept REALTIME {
    decision_ = receiver_.take(energy_ < quiet_below, frame_);
    energy_ = energy_of(frame_);
    const bool counts = may_speak && configured_ && config_.receives && !dtmf_.pressed(now.now_us);
    switch (detector_.hear(energy_, counts)) {
        case TalkDetector::Change::none: break;
        case TalkDetector::Change::started:
            outlet.tell({.kind = EventKind::talking_started, .leg = id});
            break;
        case TalkDetector::Change::stopped:
            outlet.tell({.kind = EventKind::talking_stopped, .leg = id});
            break;
    }
    contributes_ = gate_.passes(energy_) && counts;
    if (decision_.concealed > 0) bump(gauges_.concealed);
}

void Leg::next_prompt(Frame& frame, Outlet& outlet) noexcept REALTIME {
    prompts_.next(frame);
    if (prompts_.empty()) outlet.tell({.kind = EventKind::prompt_done, .leg = id});
}

void Leg::send(const TickTime& now, std::span<const std::uint8_t> payload,
               Outlet& outlet) noexcept REALTIME {
    const std::optional<Address> to = latch_.target();
    if (!to) return;
    const auto header = write_rtp_header({.marker = gap_before_next_,
                                          .payload_type = config_.payload_type,
                                          .sequence = sequence_++,
                                          .timestamp = timestamp_at(now),
                                          .ssrc = identity_.ssrc});
    gap_before_next_ = false;
    ++packets_sent_;
    octets_sent_ += static_cast<std::uint32_t>(payload.size());
    bump(gauges_.sent);
    outlet.send_rtp(*this, *to, header, payload);
}

void Leg::end_tick(const TickTime& now, Outlet& outlet) noexcept REALTIME {
    in_tick_ = false;
    if (!sends()) gap_before_next_ = true;
    watch_silence(now, outlet);
    gauges_.lost.store(reception_.lost(), std::memory_order_relaxed);
    gauges_.jitter_us.store(reception_.jitter_us(), std::memory_order_relaxed);
    if (now.now_us < next_report_us_) return;
    // Between 0.75 and 1.25 of the interval, so that
    // legs that began together do not report together.
    next_report_us_ = now.now_us + report_interval_us * 3 / 4 +
                      static_cast<std::int64_t>(spread_.below(report_interval_us / 2));
    const std::optional<Address> to = rtcp_target();
    if (!configured_ || !to) return;
    std::array<std::uint8_t, rtcp_bytes_max> bytes;
    outlet.send_rtcp(*this, *to, std::span{bytes}.first(write_report(bytes, now, false)));
}

std::optional<Address> Leg::rtcp_target() const noexcept {
    if (rtcp_source_) return rtcp_source_;
    std::optional<Address> to = latch_.target();
    if (to) ++to->port;
    return to;
}

std::size_t Leg::write_report(std::span<std::uint8_t> out, const TickTime& now, bool bye) noexcept {
    RtcpCompound compound;
    compound.ssrc = identity_.ssrc;
    if (packets_sent_ != packets_reported_) {
        compound.sender =
            SenderInfo{ntp_of(now.wall_us), timestamp_at(now), packets_sent_, octets_sent_};
        packets_reported_ = packets_sent_;
    }
    if (reception_.started())
        compound.blocks[compound.block_count++] = reception_.report(now.now_us);
    compound.cname = identity_.cname;
    compound.bye = bye;
    return write_rtcp(compound, out);
}

std::size_t Leg::write_bye(std::span<std::uint8_t> out, const TickTime& now, Address& to) noexcept {
    const std::optional<Address> target = rtcp_target();
    if (!configured_ || !target || (packets_sent_ == 0 && !reception_.started())) return 0;
    to = *target;
    return write_report(out, now, true);
}

LegStatistics Leg::statistics() const noexcept {
    constexpr auto relaxed = std::memory_order_relaxed;
    return {.packets_received = gauges_.received.load(relaxed),
            .packets_sent = gauges_.sent.load(relaxed),
            .packets_lost = gauges_.lost.load(relaxed),
            .packets_late = gauges_.late.load(relaxed),
            .packets_refused = gauges_.refused.load(relaxed),
            .jitter_us = gauges_.jitter_us.load(relaxed),
            .concealed_frames = gauges_.concealed.load(relaxed),
            .round_trip_us = gauges_.round_trip_us.load(relaxed)};
}

}  // namespace media

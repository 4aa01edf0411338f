// What a leg tells and is told by RTCP, and what it says of itself to whoever asks.
#include <algorithm>
#include <array>

#include "media/leg.hpp"
#include "media/sound/e_model.hpp"

namespace media {
namespace {

constexpr std::uint64_t ntp_epoch_s = 2'208'988'800;  // from 1900 to 1970

std::uint64_t ntp_of(std::int64_t wall_us) {
    const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(0, wall_us));
    return (us / 1'000'000 + ntp_epoch_s) << 32 | ((us % 1'000'000) << 32) / 1'000'000;
}

}  // namespace

void Leg::rtcp_arrived(std::span<const std::uint8_t> bytes, const Address& from,
                       const TickTime& now, Outlet& outlet) noexcept REALTIME {
    if (sound_ == nullptr || !latch_.accepts_rtcp(from)) return refuse();
    std::array<std::uint8_t, packet_bytes_max> opened;
    if (srtp_ != nullptr) {
        if (bytes.size() > opened.size()) return refuse();
        std::ranges::copy(bytes, opened.begin());
        const auto length = srtp_->unprotect_rtcp(std::span{opened}.first(bytes.size()));
        if (!length) return bump(gauges_.forged);
        bytes = std::span{opened}.first(*length);
    }
    const auto parsed = parse_rtcp(bytes);
    if (!parsed.ok()) return refuse();
    const RtcpCompound& compound = parsed.value();
    rtcp_source_ = from;
    heard_something(now.now_us, outlet);
    if (compound.sender && reception_.started() && compound.ssrc == reception_.ssrc()) {
        reception_.sender_report(compound.sender->ntp, now.now_us);
    }
    report_arrived(compound, now);
}

// What the peer says of the sound that we send it.
void Leg::report_arrived(const RtcpCompound& compound, const TickTime& now) noexcept {
    for (std::size_t i = 0; i < compound.block_count; ++i) {
        const ReportBlock& block = compound.blocks[i];
        if (block.ssrc != identity_.ssrc) continue;
        gauges_.loss_there.store(block.fraction_lost, std::memory_order_relaxed);
        if (block.last_sr == 0) continue;
        const auto middle = static_cast<std::uint32_t>(ntp_of(now.wall_us) >> 16);
        const std::uint32_t trip = middle - block.last_sr - block.delay_since_sr;  // in 1/65536 s
        if (trip > 10 * 65'536) continue;  // ten seconds, or negative: a clock was set
        gauges_.round_trip_us.store(
            static_cast<std::uint32_t>(std::uint64_t{trip} * 1'000'000 / 65'536),
            std::memory_order_relaxed);
    }
}

std::optional<Address> Leg::rtcp_target() const noexcept {
    if (rtcp_source_) return rtcp_source_;
    std::optional<Address> to = latch_.target();
    if (to == config_.remote && config_.remote_rtcp) return config_.remote_rtcp;
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
    if (config_.extended_reports && reception_.started()) compound.voip = voip_report();
    compound.bye = bye;
    const std::size_t length = write_rtcp(compound, out);
    return srtp_ == nullptr ? length : srtp_->protect_rtcp(out, length);
}

VoipReport Leg::voip_report() const noexcept {
    constexpr std::uint32_t frame_ms = static_cast<std::uint32_t>(tick_us / 1'000);
    const LegStatistics now = statistics();
    VoipReport report{.source = reception_.ssrc()};
    bursts_.tell(report, frame_ms);
    report.round_trip_ms = static_cast<std::uint16_t>(now.round_trip_us / 1'000);
    report.end_system_ms = static_cast<std::uint16_t>(now.delay_us / 1'000 + 2 * frame_ms);
    report.buffer_now_ms = static_cast<std::uint16_t>(now.delay_us / 1'000);
    report.buffer_most_ms = jitter_depth_frames_max * frame_ms;
    if (now.level_below_full_db < 99)  // 0 dBm0 lies 6 dB below a square wave of full scale
        report.signal_dbm0 =
            static_cast<std::int8_t>(6 - static_cast<std::int32_t>(now.level_below_full_db));
    Connection heard{.codec = config_.format.codec,
                     .loss_per_mille = impaired_per_mille(),
                     .rate_hz = config_.format.rate_hz};
    report.listening_tenths = static_cast<std::uint8_t>(opinion_hundredths(heard) / 10);
    heard.delay_ms = report.end_system_ms + report.round_trip_ms / 2u;
    report.call_tenths = static_cast<std::uint8_t>(opinion_hundredths(heard) / 10);
    // 0 .. 100 (RFC 3611, 4.7.5): a wide band's 129 are brought there as its score is.
    const bool wide = equipment_of(heard.codec, true, heard.rate_hz).band == Band::wide;
    report.rating = static_cast<std::uint8_t>(
        std::clamp(transmission_rating(heard) / (wide ? 1.29 : 1), 0.0, 100.0));
    return report;
}

std::size_t Leg::write_bye(std::span<std::uint8_t> out, const TickTime& now, Address& to) noexcept {
    const std::optional<Address> target = rtcp_target();
    if (sound_ == nullptr || !target || (packets_sent_ == 0 && !reception_.started())) return 0;
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
            .round_trip_us = gauges_.round_trip_us.load(relaxed),
            .packets_forged = gauges_.forged.load(relaxed),
            .loss_there_per_256 = gauges_.loss_there.load(relaxed),
            .delay_us = gauges_.delay_us.load(relaxed),
            .level_below_full_db = below_full_db(gauges_.energy.load(relaxed)),
            .silent_for_ms = gauges_.silent_for_ms.load(relaxed)};
}

}  // namespace media

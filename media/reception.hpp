// What RTCP tells of what we receive: highest sequence, losses, jitter (RFC 3550, A.1, A.3, A.8).
//
// Thread: one worker owns it. Memory: a few words. Time: arrival times as arguments. Integers only.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/realtime.hpp"
#include "media/rtp.hpp"
#include "media/sound/frame.hpp"

namespace media {

class Reception {
public:
    /// What timestamps count from now on.
    void count_in(std::uint32_t clock_hz) noexcept REALTIME {
        if (clock_hz == clock_hz_) return;
        clock_hz_ = clock_hz;
        jitter_ = 0;
        transit_known_ = false;
    }
    /// A packet of the source was accepted. `has_sound`: its
    /// timestamp tells when it was made (events' do not).
    void packet(const RtpHeader& header, bool has_sound,
                std::int64_t arrival_us) noexcept REALTIME {
        ++total_;
        if (!started_ || header.ssrc != ssrc_) return begin(header, has_sound, arrival_us);
        const auto ahead = static_cast<std::uint16_t>(header.sequence - highest_);
        if (ahead != 0 && ahead < dropout_max) {
            if (header.sequence < highest_) cycles_ += 0x10000;
            highest_ = header.sequence;
        } else if (ahead != 0 && ahead <= 0x10000 - misorder_max) {
            // Far off: two in a row prove that the sender restarted (RFC 3550, A.1).
            if (header.sequence == bad_) return begin(header, has_sound, arrival_us);
            bad_ = static_cast<std::uint16_t>(header.sequence + 1);
            return;
        }
        ++received_;
        if (has_sound) measure_jitter(header.timestamp, arrival_us);
    }

    /// The report block for this source, and the start of the next interval.
    [[nodiscard]] ReportBlock report(std::int64_t now_us) noexcept REALTIME {
        const std::int64_t expected = this->expected(), got = received_;
        const std::int64_t expected_interval = expected - expected_before_;
        const std::int64_t lost_interval = expected_interval - (got - received_before_);
        expected_before_ = expected;
        received_before_ = got;
        ReportBlock block;
        block.ssrc = ssrc_;
        if (expected_interval > 0 && lost_interval > 0) {
            block.fraction_lost = static_cast<std::uint8_t>(
                std::min<std::int64_t>(255, lost_interval * 256 / expected_interval));
        }
        block.cumulative_lost = static_cast<std::int32_t>(
            std::clamp<std::int64_t>(expected - got, -0x80'0000, 0x7f'ffff));
        block.highest_sequence = cycles_ + highest_;
        block.jitter = jitter_ >> 4;
        block.last_sr = last_sr_;
        if (last_sr_ != 0) {
            block.delay_since_sr =
                static_cast<std::uint32_t>((now_us - last_sr_us_) * 65'536 / 1'000'000);
        }
        return block;
    }

    void sender_report(std::uint64_t ntp, std::int64_t now_us) noexcept REALTIME {
        last_sr_ = static_cast<std::uint32_t>(ntp >> 16);
        last_sr_us_ = now_us;
    }

    [[nodiscard]] bool started() const noexcept REALTIME { return started_; }
    [[nodiscard]] std::uint32_t ssrc() const noexcept REALTIME { return ssrc_; }
    /// Over all sources this leg had.
    [[nodiscard]] std::uint64_t packets() const noexcept REALTIME { return total_; }
    [[nodiscard]] std::uint64_t lost() const noexcept REALTIME {
        return lost_before_ + static_cast<std::uint64_t>(
                                  std::max<std::int64_t>(0, started_ ? expected() - received_ : 0));
    }
    [[nodiscard]] std::uint32_t jitter_us() const noexcept REALTIME {
        return static_cast<std::uint32_t>(std::uint64_t{jitter_ >> 4} * 1'000'000 / clock_hz_);
    }

private:
    static constexpr std::uint32_t dropout_max = 3'000, misorder_max = 100;

    [[nodiscard]] std::int64_t expected() const noexcept {
        return std::int64_t{cycles_} + highest_ - base_ + 1;
    }

    void begin(const RtpHeader& header, bool has_sound, std::int64_t arrival_us) noexcept {
        lost_before_ = lost();
        started_ = true;
        ssrc_ = header.ssrc;
        base_ = highest_ = header.sequence;
        bad_ = static_cast<std::uint32_t>(0x10001);  // no sequence number
        cycles_ = 0;
        received_ = 1;
        expected_before_ = received_before_ = 0;
        jitter_ = 0;
        last_sr_ = 0;
        transit_known_ = false;
        if (has_sound) measure_jitter(header.timestamp, arrival_us);
    }

    // J += (|D| - J) / 16, with J kept in sixteenths (RFC 3550, A.8).
    void measure_jitter(std::uint32_t timestamp, std::int64_t arrival_us) noexcept {
        const auto arrival = static_cast<std::uint32_t>(arrival_us * clock_hz_ / 1'000'000);
        const std::uint32_t transit = arrival - timestamp;
        const auto difference = static_cast<std::int32_t>(transit - transit_);
        transit_ = transit;
        if (!transit_known_) {
            transit_known_ = true;
            return;
        }
        const std::uint32_t d = difference < 0 ? 0u - static_cast<std::uint32_t>(difference)
                                               : static_cast<std::uint32_t>(difference);
        if (d > clock_hz_) return;  // the sender's clock jumped: that is no jitter
        jitter_ += d - ((jitter_ + 8) >> 4);
    }

    std::uint32_t clock_hz_ = sample_rate_hz;
    bool started_ = false, transit_known_ = false;
    std::uint32_t ssrc_ = 0, cycles_ = 0, base_ = 0, bad_ = 0, jitter_ = 0, transit_ = 0,
                  last_sr_ = 0;
    std::uint16_t highest_ = 0;
    std::int64_t received_ = 0, expected_before_ = 0, received_before_ = 0, last_sr_us_ = 0;
    std::uint64_t lost_before_ = 0, total_ = 0;
};

}  // namespace media

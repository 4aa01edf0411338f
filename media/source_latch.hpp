// Symmetric RTP: where a phone really sends from, behind
// its NAT; and the door that keeps strangers out.
//
// Before valid packets come, we send to the address of the SDP. The first valid source is latched
// on to; from then on everybody else is refused (an open RTP port is easy to guess: "RTP bleed"),
// until the source has been silent for seconds or signalling names a new one. The SDP's own address
// is believed at once, its host after two packets, anybody else after five in a row: so a
// stranger's spray loses against the phone. Thread: one worker owns it. Memory: a few words. Time:
// arrival times as arguments.
#pragma once

#include <cstdint>
#include <optional>

#include "base/realtime.hpp"
#include "media/engine.hpp"
#include "media/rtp.hpp"

namespace media {

class SourceLatch {
public:
    /// Signalling named `remote`. The same one again (a
    /// re-INVITE for another reason) keeps the latch.
    void configure(const std::optional<Address>& remote) noexcept REALTIME {
        if (configured_ && remote == remote_) return;
        configured_ = true;
        remote_ = remote;
        latched_.reset();
        forget_candidates();
    }

    /// May this packet, already known to be valid and of the right payload type, be played?
    [[nodiscard]] bool accepts(const Address& from, const RtpHeader& header,
                               std::int64_t arrival_us) noexcept REALTIME {
        if (!configured_) return false;
        if (latched_ && from == *latched_) {
            last_us_ = arrival_us;
            return true;
        }
        const bool named = remote_ && from == *remote_;
        const bool silent = latched_ && arrival_us - last_us_ >= silent_us;
        // A latched host of the SDP is not given up; a
        // stranger is, when the named one speaks up after all.
        if (latched_ && !silent && !(named && latched_->ip != remote_->ip)) return false;
        if (!named && !proven(from, header)) return false;
        latched_ = from;
        last_us_ = arrival_us;
        forget_candidates();
        return true;
    }

    /// Where to send to; none: nobody has said.
    [[nodiscard]] std::optional<Address> target() const noexcept REALTIME {
        return latched_ ? latched_ : remote_;
    }
    [[nodiscard]] bool latched() const noexcept REALTIME { return latched_.has_value(); }

    /// RTCP comes from the source's host, on whatever port its NAT chose.
    [[nodiscard]] bool accepts_rtcp(const Address& from) const noexcept REALTIME {
        const std::optional<Address> source = target();
        return source && from.ip == source->ip;
    }

private:
    static constexpr std::int64_t silent_us = 3'000'000;
    static constexpr int proof_same_host = 2, proof_stranger = 5;

    struct Candidate {
        Address from;
        std::uint32_t ssrc = 0;
        std::uint16_t sequence = 0;
        int run = 0;  // packets in a row
    };

    bool proven(const Address& from, const RtpHeader& header) noexcept {
        const bool same_host = remote_ && from.ip == remote_->ip;
        Candidate& candidate =
            same_host ? same_host_ : stranger_;  // apart: a stranger cannot disturb the phone's run
        const bool follows = candidate.run > 0 && from == candidate.from &&
                             header.ssrc == candidate.ssrc &&
                             header.sequence == static_cast<std::uint16_t>(candidate.sequence + 1);
        candidate = {from, header.ssrc, header.sequence, follows ? candidate.run + 1 : 1};
        return candidate.run >= (same_host ? proof_same_host : proof_stranger);
    }

    void forget_candidates() noexcept { same_host_ = stranger_ = {}; }

    bool configured_ = false;
    std::optional<Address> remote_, latched_;
    std::int64_t last_us_ = 0;
    Candidate same_host_, stranger_;
};

}  // namespace media

// The names that codecs go by in SDP (RFC 3551, RFC 7587), and how much of each we like.
//
// Pure. Thread: any. Memory: small strings. Total: any text names a codec of ours, or none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edges/sip/crypto.hpp"
#include "media/sound/format.hpp"

namespace sip {

inline constexpr media::Format l16_wide{media::Codec::l16, 16'000};

/// What an operator wants of every call's sound.
struct SoundPolicy {
    /// The best first. Of an offer's codecs the first of these is taken (docs/sip.md says why).
    std::vector<media::Format> codecs{media::opus_format, media::g722_format, l16_wide,
                                      media::pcmu_format, media::pcma_format};
    media::OpusSettings opus;  // the most that we send; a peer's fmtp may lower it
    bool inband_dtmf = true;   // listen for tones where no telephone-event is agreed
    SrtpRule srtp = SrtpRule::never;
    bool operator==(const SoundPolicy&) const = default;
};

/// "PCMU", "G722", "L16/16000", "opus": as settings, journal and roster write it.
[[nodiscard]] std::string name_of(const media::Format& format);
/// The format behind such a name, in any case.
[[nodiscard]] std::optional<media::Format> format_named(std::string_view name);

/// "opus/48000/2": a=rtpmap without its number.
[[nodiscard]] std::string rtpmap_of(const media::Format& format);
/// The format behind an rtpmap; `text` is in upper case. None: not one of ours, or stereo.
[[nodiscard]] std::optional<media::Format> format_of_rtpmap(std::string_view text);
/// What rtpmap means when it is absent (RFC 3551, 6); empty for numbers that need one.
[[nodiscard]] std::string_view static_rtpmap(std::uint8_t payload_type) noexcept;
/// The payload type that our offers use: the static one, or one of 96..99.
[[nodiscard]] std::uint8_t usual_type(const media::Format& format) noexcept;

/// `ours`, lowered to what the peer's a=fmtp says it likes to receive (RFC 7587, 6.1).
[[nodiscard]] media::OpusSettings opus_for(std::string_view fmtp, const media::OpusSettings& ours);
/// What we like to receive: mono, with FEC, and nothing while nobody speaks.
inline constexpr std::string_view opus_fmtp = "useinbandfec=1;usedtx=1;stereo=0;sprop-stereo=0";

}  // namespace sip

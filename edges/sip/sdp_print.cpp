// The descriptions that we write, and what the engine gets of theirs; see sdp.hpp.
#include <algorithm>
#include <set>

#include "edges/sip/sdp.hpp"

namespace sip {
namespace {

constexpr std::uint8_t event_type = 101, fast_event_type = 102;  // at 8000 Hz, at 48000 Hz
constexpr std::uint8_t noise_type = 13;

std::string head(const Local& local) {
    const std::string version = std::to_string(local.version);
    return "v=0\r\no=partyline " + std::to_string(local.session) + " " + version + " IN IP4 " +
           local.ip + "\r\ns=Partyline\r\nc=IN IP4 " + local.ip + "\r\nt=0 0\r\n";
}

/// RFC 3264, 6: as many m= lines as the offer, port 0 declines one.
std::string declined(const Stream& stream) {
    return "m=" + stream.kind + " 0 " + stream.transport + " " + stream.format + "\r\n";
}

/// The formats of one m= line and the lines that explain them.
class Formats {
public:
    void codec(std::uint8_t type, const media::Format& format) {
        if (!map(type, rtpmap_of(format))) return;
        if (format.codec == media::Codec::opus) explain(type, opus_fmtp);
        fast_ = fast_ || media::packets_per_tick(format) > 1;
    }
    void events(std::uint8_t type, std::uint32_t rate_hz) {
        if (map(type, "telephone-event/" + std::to_string(rate_hz))) explain(type, "0-15");
    }
    void noise(std::uint8_t type, std::uint32_t rate_hz) {
        map(type, "CN/" + std::to_string(rate_hz));
    }

    [[nodiscard]] std::string stream(std::uint16_t port, const std::string& transport) const {
        return "m=audio " + std::to_string(port) + " " + transport + numbers_ + "\r\n" + lines_;
    }
    /// L16 above 16 kHz does not fit an Ethernet frame in pieces of 20 ms.
    [[nodiscard]] std::string ptime() const {
        return fast_ ? "a=ptime:10\r\na=maxptime:60\r\n" : "a=ptime:20\r\na=maxptime:60\r\n";
    }

private:
    /// False: the number means something else already.
    bool map(std::uint8_t type, const std::string& rtpmap) {
        if (!used_.insert(type).second) return false;
        const std::string number = std::to_string(type);
        numbers_ += " " + number;
        lines_ += "a=rtpmap:" + number + " " + rtpmap + "\r\n";
        return true;
    }
    void explain(std::uint8_t type, std::string_view fmtp) {
        lines_ += "a=fmtp:" + std::to_string(type) + " " + std::string{fmtp} + "\r\n";
    }

    std::set<std::uint8_t> used_;
    std::string numbers_, lines_;
    bool fast_ = false;
};

Formats agreed_formats(const Description& agreed) {
    Formats formats;
    formats.codec(agreed.payload_type, agreed.format);
    if (agreed.event_payload_type) formats.events(*agreed.event_payload_type, agreed.event_rate_hz);
    if (agreed.noise_payload_type)
        formats.noise(*agreed.noise_payload_type, media::clock_hz(agreed.format));
    return formats;
}

Formats offered_formats(const SoundPolicy& policy, const Description* agreed) {
    Formats formats = agreed ? agreed_formats(*agreed) : Formats{};
    const bool opus = std::ranges::find(policy.codecs, media::opus_format) != policy.codecs.end();
    for (const media::Format& format : policy.codecs) {
        if (!agreed || agreed->format != format) formats.codec(usual_type(format), format);
    }
    const bool has_events = agreed && agreed->event_payload_type;
    if (!has_events || agreed->event_rate_hz != 8'000) formats.events(event_type, 8'000);
    if (opus && (!has_events || agreed->event_rate_hz != 48'000))
        formats.events(fast_event_type, 48'000);
    formats.noise(noise_type, 8'000);
    return formats;
}

}  // namespace

std::string print_offer(const Local& local, const SoundPolicy& policy, const Description* agreed) {
    const Formats formats = offered_formats(policy, agreed);
    // Many phones refuse RTP/SAVP: where encryption is a wish, keys stand beside RTP/AVP (RFC
    // 8643).
    std::string transport = policy.srtp == SrtpRule::require ? "RTP/SAVP" : "RTP/AVP";
    if (agreed) transport = agreed->streams[agreed->audio].transport;
    std::string audio = formats.stream(local.port, transport);
    if (policy.srtp != SrtpRule::never) {
        for (const bool short_tag : {false, true})
            audio += print_crypto(offered_tag(short_tag), short_tag, local.keys[short_tag]);
    }
    audio += formats.ptime() + "a=rtcp-xr:voip-metrics\r\na=sendrecv\r\n";
    if (!agreed) return head(local) + audio;
    std::string out = head(local);
    for (std::size_t i = 0; i < agreed->streams.size(); ++i)
        out += i == agreed->audio ? audio : declined(agreed->streams[i]);
    return out;
}

std::string print_answer(const Local& local, const Description& offer) {
    std::string out = head(local);
    for (std::size_t i = 0; i < offer.streams.size(); ++i) {
        const Stream& stream = offer.streams[i];
        if (i != offer.audio) {
            out += declined(stream);
            continue;
        }
        const Formats formats = agreed_formats(offer);
        out += formats.stream(local.port, stream.transport);
        if (const auto& crypto = offer.crypto)
            out += print_crypto(crypto->tag, crypto->short_tag, local.keys[crypto->short_tag]);
        out += formats.ptime();
        if (offer.extended_reports) out += "a=rtcp-xr:voip-metrics\r\n";
        out += "a=" + std::string{name_of(mirrored(offer.direction))} + "\r\n";
    }
    return out;
}

media::LegConfig leg_config(const Description& theirs, const SoundPolicy& policy,
                            const Local& local) {
    media::LegConfig config;
    config.format = theirs.format;
    config.payload_type = theirs.payload_type;
    config.event_payload_type = theirs.event_payload_type;
    config.noise_payload_type = theirs.noise_payload_type;
    config.opus = theirs.opus;
    config.remote = theirs.remote;
    config.remote_rtcp = theirs.remote_rtcp;
    config.sends = !theirs.on_hold();
    config.receives =
        theirs.direction == Direction::sendrecv || theirs.direction == Direction::sendonly;
    config.extended_reports = theirs.extended_reports;
    if (const auto& crypto = theirs.crypto) {
        config.srtp = media::SrtpKeys{.short_tag = crypto->short_tag,
                                      .ours = local.keys[crypto->short_tag],
                                      .theirs = crypto->key};
    }
    config.inband_dtmf = policy.inband_dtmf && !theirs.event_payload_type;
    return config;
}

}  // namespace sip

// A room without sockets, threads or clocks: virtual phones put packets into legs, a lane ticks,
// and what goes out is kept. For tests and benchmarks of the tick core.
//
// Thread: the caller's. Memory: as many legs as asked for. Time: virtual, 20 ms per tick.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "media/lane.hpp"
#include "media/rtp.hpp"
#include "media/sound/frame.hpp"
#include "media/sound/g711.hpp"
#include "media/sound/tone.hpp"

namespace media::test {

/// Keeps the last RTP payload of each leg, all RTCP
/// and all events. Its vectors are made beforehand.
class Keeper final : public Outlet {
public:
    struct Sent {
        RtpHeader header;
        Address to;
        std::array<std::uint8_t, frame_samples> payload{};  // G.711: all of it
        std::array<std::uint8_t, packet_bytes_max> any_payload{};
        std::size_t bytes = 0;            // of the payload
        std::vector<std::uint8_t> whole;  // the packet, where it came in one piece (SRTP)
        std::size_t packets = 0;
        std::unique_ptr<Decoder> ear;     // hears all that is sent, where a test wants it
        std::vector<std::int16_t> heard;  // by it
    };

    explicit Keeper(std::size_t legs) : sent(legs) {
        events.reserve(10'000);
        rtcp.reserve(10'000);
    }
    void send_rtp(Leg& from, const Address& to, std::span<const std::uint8_t> header,
                  std::span<const std::uint8_t> payload) noexcept override {
        Sent& kept = sent[from.id];
        kept.header = parse_rtp(header).value().header;
        kept.to = to;
        std::memcpy(kept.payload.data(), payload.data(), std::min(frame_samples, payload.size()));
        std::memcpy(kept.any_payload.data(), payload.data(), payload.size());
        kept.bytes = payload.size();
        if (payload.empty()) kept.whole.assign(header.begin(), header.end());
        ++kept.packets;
        if (!kept.ear) return;
        SoundBuffer sound;
        const std::size_t samples = kept.ear->decode(payload, sound);
        kept.heard.insert(kept.heard.end(), sound.begin(),
                          sound.begin() + static_cast<std::ptrdiff_t>(samples));
    }
    void send_rtcp(Leg& from, const Address&,
                   std::span<const std::uint8_t> compound) noexcept override {
        if (keep_rtcp)
            rtcp.push_back({from.id, {compound.begin(), compound.end()}});
        else
            ++rtcp_count;
    }
    bool capture(const CaptureRecord& record) noexcept override {
        if (capture_is_full) return false;
        captured.push_back({record.leg, record.tick, {record.bytes.begin(), record.bytes.end()}});
        return true;
    }
    void tape(const TapeFrame& frame) noexcept override { taped.push_back(frame); }
    void tell(const Event& event) noexcept override {
        if (events.size() < events.capacity()) events.push_back(event);
    }
    [[nodiscard]] std::vector<Event> of(EventKind kind, LegId leg) const {
        std::vector<Event> found;
        for (const Event& event : events) {
            if (event.kind == kind && event.leg == leg) found.push_back(event);
        }
        return found;
    }

    std::vector<Sent> sent;  // by leg
    std::vector<Event> events;
    std::vector<TapeFrame> taped;
    struct Captured {
        LegId leg = 0;
        std::uint64_t tick = 0;
        std::vector<std::uint8_t> bytes;
    };
    std::vector<Captured> captured;
    bool capture_is_full = false;
    std::vector<std::pair<LegId, std::vector<std::uint8_t>>> rtcp;
    std::size_t rtcp_count = 0;
    bool keep_rtcp = true;
};

/// A room of legs with ids 0, 1, ..., each of its own format.
class VirtualRoom {
public:
    /// Even legs speak mu-law, odd ones A-law when `both_codecs`.
    explicit VirtualRoom(std::size_t legs, bool both_codecs = false)
        : VirtualRoom(formats_of(legs, both_codecs)) {}
    explicit VirtualRoom(const std::vector<Format>& formats) : outlet(formats.size()), lane(0) {
        auto seats = std::make_shared<PlanRoom>();
        seats->room = std::make_shared<Room>(1);
        seats->suppress_silence = false;
        for (std::size_t i = 0; i < formats.size(); ++i) {
            add_leg(i, formats[i]);
            seats->seats.push_back(
                {.leg = phones[i].leg.get(), .voice = shared_voice(*seats, formats[i])});
            seats->rate_hz = std::max(seats->rate_hz, natural_rate(formats[i]));
            deaf_voices_[formats[i]] = std::make_shared<SharedVoice>(kind_of(formats[i]));
        }
        room = seats;
        plan.rooms = {room};
        tick();  // the legs read their configuration
        for (auto& kept : outlet.sent) kept.packets = 0;
    }

    struct VirtualPhone {
        std::unique_ptr<Leg> leg;
        Format format;
        std::vector<std::unique_ptr<LegSound>> sounds;  // that it has been given
        std::unique_ptr<Encoder> mouth;
        Address address;
        std::int32_t hz = 0;  // 0: silence
        std::int32_t amplitude = 6'000;
        bool sends = true;
        std::uint16_t sequence = 65'000;
        std::uint32_t timestamp = 0xfff0'0000;
        std::int64_t said = 0;  // samples
    };

    /// One packet from every phone, then a tick.
    void step() {
        for (VirtualPhone& phone : phones) {
            if (phone.sends) packet_from(phone);
        }
        tick();
    }
    void steps(int count) {
        for (int i = 0; i < count; ++i) step();
    }
    void tick() noexcept {
        lane.let_go(plan);
        lane.tick(plan, now, outlet);
        ++now.tick;
        now.now_us += tick_us;
        now.wall_us += tick_us;
    }
    void packet_from(VirtualPhone& phone) {
        std::array<std::uint8_t, rtp_header_bytes + coded_bytes_max> bytes;
        SoundBuffer pcm{};
        const auto sound = std::span{pcm}.first(samples_per_tick(phone.format));
        const auto rate = static_cast<std::int32_t>(phone.format.rate_hz);
        if (phone.hz > 0) {
            for (std::int16_t& sample : sound)
                sample = tone_sample(phone.hz, phone.said++, phone.amplitude, rate);
        }
        const std::size_t coded =
            phone.mouth->encode(sound, std::span{bytes}.subspan(rtp_header_bytes));
        const std::uint32_t pieces = packets_per_tick(phone.format);
        const std::size_t length = coded / pieces;
        for (std::uint32_t i = 0; i < pieces; ++i) {
            std::array<std::uint8_t, packet_bytes_max> packet;
            const auto header = write_rtp_header({.payload_type = type_of(phone.format.codec),
                                                  .sequence = phone.sequence++,
                                                  .timestamp = phone.timestamp,
                                                  .ssrc = phone.address.port});
            std::memcpy(packet.data(), header.data(), header.size());
            std::memcpy(packet.data() + header.size(), bytes.data() + rtp_header_bytes + i * length,
                        length);
            phone.timestamp += clock_hz(phone.format) / 50 / pieces;
            phone.leg->rtp_arrived(std::span{packet}.first(header.size() + length), phone.address,
                                   now.now_us, now, outlet);
        }
    }
    [[nodiscard]] static std::uint8_t type_of(Codec codec) {
        switch (codec) {
            case Codec::pcmu: return 0;
            case Codec::pcma: return 8;
            case Codec::g722: return 9;
            case Codec::l16: return 97;
            case Codec::opus: return 96;
        }
        return 127;
    }
    [[nodiscard]] LegConfig config_of(const VirtualPhone& phone) const {
        return {.format = phone.format,
                .payload_type = type_of(phone.format.codec),
                .event_payload_type = 101,
                .remote = phone.address};
    }
    /// As the control side does it: a new format comes with a new LegSound.
    void configure(std::size_t leg, const LegConfig& config) {
        VirtualPhone& phone = phones[leg];
        if (phone.sounds.empty() || phone.sounds.back()->own.kind().format != config.format ||
            phone.sounds.back()->tones.has_value() != config.inband_dtmf)
            phone.sounds.push_back(
                std::make_unique<LegSound>(kind_of(config.format), config.inband_dtmf));
        ASSERT(phone.leg->inbox.try_push({.kind = LegCommand::Kind::configure,
                                          .config = config,
                                          .sound = phone.sounds.back().get()}));
    }
    [[nodiscard]] Frame heard_by(std::size_t leg) const {
        Frame pcm;
        decode(phones[leg].format.codec, outlet.sent[leg].payload, pcm);
        return pcm;
    }
    /// From now on all that this leg is sent is decoded and kept.
    void give_ear(std::size_t leg) {
        outlet.sent[leg].ear = make_decoder(phones[leg].format);
        outlet.sent[leg].heard.clear();
    }
    /// Replaces the seat of one leg.
    void seat(std::size_t leg, bool speaks, bool hears) {
        auto changed = std::make_shared<PlanRoom>(*room);
        changed->seats[leg].speaks = speaks;
        changed->seats[leg].hears = hears;
        const Format& format = phones[leg].format;
        changed->seats[leg].voice =
            hears ? shared_voice(*changed, format) : deaf_voices_[format].get();
        replace(changed);
    }
    void replace(std::shared_ptr<const PlanRoom> changed) {
        room = std::move(changed);
        plan.rooms = {room};
    }
    /// As for legs that lose nothing.
    static VoiceKind kind_of(const Format& format) {
        return {.format = format, .opus = {.fec = false}};
    }
    /// What all who speak `format` hear together.
    static SharedVoice* shared_voice(PlanRoom& of, const Format& format) {
        for (const auto& voice : of.voices) {
            if (voice->voice.kind().format == format) return voice.get();
        }
        return of.voices.emplace_back(std::make_shared<SharedVoice>(kind_of(format))).get();
    }

    Keeper outlet;
    Lane lane;
    std::vector<VirtualPhone> phones;
    std::shared_ptr<const PlanRoom> room;
    Plan plan;
    TickTime now{.tick = 1, .now_us = 1'000'000, .wall_us = 1'700'000'000'000'000};

private:
    static std::vector<Format> formats_of(std::size_t legs, bool both_codecs) {
        std::vector<Format> formats(legs);
        for (std::size_t i = 0; i < legs; ++i)
            formats[i] = both_codecs && i % 2 == 1 ? pcma_format : pcmu_format;
        return formats;
    }
    void add_leg(std::size_t i, const Format& format) {
        VirtualPhone phone;
        phone.format = format;
        phone.mouth = make_encoder(format);
        phone.address = {.ip = 0x0a00'0001, .port = static_cast<std::uint16_t>(10'000 + 2 * i)};
        const LegIdentity identity{.ssrc = static_cast<std::uint32_t>(0x5000'0000 + i),
                                   .first_sequence = 65'530,
                                   .first_timestamp = 0xffff'0000,
                                   .cname = "leg" + std::to_string(i)};
        phone.leg = std::make_unique<Leg>(i, identity, LegPorts{}, Ownership{});
        phones.push_back(std::move(phone));
        configure(i, config_of(phones[i]));
    }

    std::map<Format, std::shared_ptr<SharedVoice>> deaf_voices_;
};

}  // namespace media::test

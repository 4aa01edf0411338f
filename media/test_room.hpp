// A room without sockets, threads or clocks: virtual phones put packets into legs, a lane ticks,
// and what goes out is kept. For tests and benchmarks of the tick core.
//
// Thread: the caller's. Memory: as many legs as asked for. Time: virtual, 20 ms per tick.
#pragma once

#include <array>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "media/sound/frame.hpp"
#include "media/sound/g711.hpp"
#include "media/lane.hpp"
#include "media/rtp.hpp"
#include "media/sound/tone.hpp"

namespace media::test {

/// Keeps the last RTP payload of each leg, all RTCP
/// and all events. Its vectors are made beforehand.
class Keeper final : public Outlet {
public:
    struct Sent {
        RtpHeader header;
        Address to;
        std::array<std::uint8_t, frame_samples> payload{};
        std::size_t packets = 0;
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
        std::memcpy(kept.payload.data(), payload.data(), frame_samples);
        ++kept.packets;
    }
    void send_rtcp(Leg& from, const Address&,
                   std::span<const std::uint8_t> compound) noexcept override {
        if (keep_rtcp)
            rtcp.push_back({from.id, {compound.begin(), compound.end()}});
        else
            ++rtcp_count;
    }
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
    std::vector<std::pair<LegId, std::vector<std::uint8_t>>> rtcp;
    std::size_t rtcp_count = 0;
    bool keep_rtcp = true;
};

/// A room of `legs` legs with ids 0, 1, ...; even ones
/// speak mu-law, odd ones A-law when `both_codecs`.
class VirtualRoom {
public:
    VirtualRoom(std::size_t legs, bool both_codecs = false) : outlet(legs), lane(0) {
        auto seats = std::make_shared<PlanRoom>();
        seats->room = std::make_shared<Room>(1);
        for (std::size_t i = 0; i < legs; ++i) {
            add_leg(i, both_codecs && i % 2 == 1 ? Codec::pcma : Codec::pcmu);
            seats->seats.push_back({.leg = phones[i].leg.get()});
        }
        room = seats;
        plan.rooms = {room};
        tick();  // the legs read their configuration
        for (auto& kept : outlet.sent) kept.packets = 0;
    }

    struct VirtualPhone {
        std::unique_ptr<Leg> leg;
        Codec codec{};
        Address address;
        std::int32_t hz = 0;  // 0: silence
        std::int32_t amplitude = 6'000;
        bool sends = true;
        std::uint16_t sequence = 65'000;
        std::uint32_t timestamp = 0xfff0'0000;
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
        std::array<std::uint8_t, rtp_header_bytes + frame_samples> bytes;
        const auto header = write_rtp_header({.payload_type = type_of(phone.codec),
                                              .sequence = phone.sequence++,
                                              .timestamp = phone.timestamp,
                                              .ssrc = phone.address.port});
        std::memcpy(bytes.data(), header.data(), header.size());
        Frame pcm{};
        if (phone.hz > 0) {
            for (std::size_t i = 0; i < frame_samples; ++i) {
                pcm[i] = tone_sample(phone.hz, phone.timestamp + static_cast<std::int64_t>(i),
                                     phone.amplitude);
            }
        }
        encode(phone.codec, pcm, std::span{bytes}.subspan(rtp_header_bytes));
        phone.timestamp += frame_samples;
        phone.leg->rtp_arrived(bytes, phone.address, now.now_us, outlet);
    }
    [[nodiscard]] static std::uint8_t type_of(Codec codec) { return codec == Codec::pcmu ? 0 : 8; }
    [[nodiscard]] LegConfig config_of(const VirtualPhone& phone) const {
        return {.format = {phone.codec, 8'000},
                .payload_type = type_of(phone.codec),
                .event_payload_type = 101,
                .remote = phone.address};
    }
    void configure(std::size_t leg, const LegConfig& config) {
        ASSERT(phones[leg].leg->inbox.try_push(
            {.kind = LegCommand::Kind::configure, .config = config}));
    }
    [[nodiscard]] Frame heard_by(std::size_t leg) const {
        Frame pcm;
        decode(phones[leg].codec, outlet.sent[leg].payload, pcm);
        return pcm;
    }
    /// Replaces the seat of one leg.
    void seat(std::size_t leg, bool speaks, bool hears) {
        auto changed = std::make_shared<PlanRoom>(*room);
        changed->seats[leg].speaks = speaks;
        changed->seats[leg].hears = hears;
        room = changed;
        plan.rooms = {room};
    }

    Keeper outlet;
    Lane lane;
    std::vector<VirtualPhone> phones;
    std::shared_ptr<const PlanRoom> room;
    Plan plan;
    TickTime now{.tick = 1, .now_us = 1'000'000, .wall_us = 1'700'000'000'000'000};

private:
    void add_leg(std::size_t i, Codec codec) {
        VirtualPhone phone;
        phone.codec = codec;
        phone.address = {.ip = 0x0a00'0001, .port = static_cast<std::uint16_t>(10'000 + 2 * i)};
        const LegIdentity identity{.ssrc = static_cast<std::uint32_t>(0x5000'0000 + i),
                                   .first_sequence = 65'530,
                                   .first_timestamp = 0xffff'0000,
                                   .cname = "leg" + std::to_string(i)};
        phone.leg = std::make_unique<Leg>(i, identity, LegPorts{}, Ownership{});
        phones.push_back(std::move(phone));
        configure(i, config_of(phones[i]));
    }
};

}  // namespace media::test

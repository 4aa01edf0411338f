#include "sim/sound/studio.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "actors/limits.hpp"
#include "base/assert.hpp"
#include "media/rtp.hpp"
#include "media/seating.hpp"

namespace sim {
namespace {

// A packet that is longer under way than this has missed its tick by far.
constexpr std::uint32_t payloads_kept = 256;
constexpr std::uint8_t payload_type_of(media::Codec codec) {
    switch (codec) {
        case media::Codec::pcmu: return 0;
        case media::Codec::pcma: return 8;
        case media::Codec::g722: return 9;
        case media::Codec::l16: return 97;
        case media::Codec::opus: return 96;
    }
    return 127;
}

media::Address address_of(media::LegId id) {
    return {.ip = 0x0a00'0000u + static_cast<std::uint32_t>(id / 20'000),
            .port = static_cast<std::uint16_t>(10'000 + 2 * (id % 20'000))};
}

bool chosen(schema::Choice wish, bool otherwise) {
    return wish == schema::Choice::as_set ? otherwise : wish == schema::Choice::yes;
}

// As edges/sip makes it of the server's own settings, which are the defaults here.
media::RoomProfile profile_of(const actors::RoomSound& wish) {
    media::RoomProfile profile;
    profile.level_voices = chosen(wish.level_voices, profile.level_voices);
    profile.gate_noise = chosen(wish.gate_noise, profile.gate_noise);
    if (wish.loudest != actors::loudest_everybody) profile.loudest = wish.loudest;
    return profile;
}

}  // namespace

void RunningHash::add(std::string_view bytes) {
    waiting_.append(bytes);
    while (waiting_.size() >= block_bytes) {
        const base::Hash block =
            base::blake2b(std::string_view{waiting_}.substr(0, block_bytes), chain_);
        chain_ = base::hex(block).substr(0, 32);
        waiting_.erase(0, block_bytes);
    }
}

std::uint64_t RunningHash::value() const { return base::blake2b(waiting_, chain_).a; }

struct Studio::Room {
    std::string name;
    std::shared_ptr<media::Room> room;
    std::vector<media::RoomLeg> legs;
    media::RoomProfile profile;
    std::map<media::VoiceKind, std::shared_ptr<media::SharedVoice>> voices;
    std::shared_ptr<const media::PlanRoom> plan;
    bool hashed = true;  // all in it count in integers
};

struct Studio::Phone {
    Phone(const std::string& own_name, media::LegId id, const media::Format& own_format,
          Uplink own_uplink, PacketPlayer way_back, std::uint32_t own_voice,
          std::shared_ptr<const Song> song, bool has_ear)
        : name(own_name),
          format(own_format),
          voice(own_voice),
          uplink(std::move(own_uplink)),
          back(std::move(way_back)),
          mouth(format, std::move(song)),
          first_sent(uplink.next_send()),
          config{.format = format,
                 .payload_type = payload_type_of(format.codec),
                 .event_payload_type = 101,
                 .remote = address_of(id)},
          sound(media::voice_kind(config, false, {})),
          leg(id, {.ssrc = static_cast<std::uint32_t>(0x5000'0000 + id), .cname = "sim"}, {}, {}),
          payloads(payloads_kept),
          numbers(payloads_kept) {
        ASSERT(leg.inbox.try_push(
            {.kind = media::LegCommand::Kind::configure, .config = config, .sound = &sound}));
        if (has_ear) ear.emplace(format);
    }

    const std::string name;
    const media::Format format;
    const std::uint32_t voice;
    Uplink uplink;
    PacketPlayer back;
    Mouth mouth;
    const Instant first_sent;
    const media::LegConfig config;
    media::LegSound sound;
    media::Leg leg;
    std::vector<std::vector<std::uint8_t>> payloads;  // under way, by number
    std::string room;
    const std::int32_t frame_units = static_cast<std::int32_t>(media::clock_hz(format) / 50);
    std::vector<std::uint32_t> numbers;  // of the packets, by frame
    QualityMeter meter;
    std::optional<Ear> ear;
};

/// What goes out of the tick core: into the hash, into ears, and what it noticed.
class Studio::Collector final : public media::Outlet {
public:
    explicit Collector(Studio& studio) : studio_(studio) {}

    void send_rtp(media::Leg& from, const media::Address&, std::span<const std::uint8_t>,
                  std::span<const std::uint8_t> payload) noexcept override {
        Phone& phone = *studio_.by_id_.at(from.id);
        std::array<char, 8> who;
        std::memcpy(who.data(), &from.id, who.size());
        studio_.hash_.add({who.data(), who.size()});
        const bool in_room = !phone.room.empty();
        const bool hashed = phone.format.codec != media::Codec::opus &&
                            (!in_room || studio_.rooms_.at(phone.room)->hashed);
        if (hashed)
            studio_.hash_.add({reinterpret_cast<const char*>(payload.data()), payload.size()});
        if (phone.ear) phone.ear->take(payload);
    }
    void send_rtcp(media::Leg&, const media::Address&,
                   std::span<const std::uint8_t>) noexcept override {}
    void tell(const media::Event& event) noexcept override {
        const bool started = event.kind == media::EventKind::talking_started;
        if (!started && event.kind != media::EventKind::talking_stopped) return;
        const Phone& phone = *studio_.by_id_.at(event.leg);
        if (!phone.room.empty()) noticed.push_back({phone.name, started});
    }

    std::vector<Noticed> noticed;

private:
    Studio& studio_;
};

Studio::Studio(Instant begins, Listening listening)
    : begins_(begins),
      listening_(std::move(listening)),
      collector_(std::make_unique<Collector>(*this)) {
    base::start_crypto();
}
Studio::~Studio() = default;

Studio::Phone* Studio::find(const std::string& name) {
    const auto found = phones_.find(name);
    return found == phones_.end() ? nullptr : found->second.get();
}

std::uint32_t Studio::free_voice() const {
    return static_cast<std::uint32_t>(std::ranges::min_element(singers_) - singers_.begin());
}

std::shared_ptr<const Song> Studio::song(const media::Format& format, std::uint32_t voice) {
    auto& known = songs_[{format, voice}];
    if (known == nullptr) known = std::make_shared<Song>(format, voice);
    return known;
}

void Studio::add(const std::string& name, const media::Format& format, Uplink uplink,
                 PacketPlayer back) {
    auto& phone = phones_[name];
    ASSERT(phone == nullptr);
    const std::uint32_t voice = free_voice();
    ++singers_[voice];
    phone = std::make_unique<Phone>(name, next_id_++, format, std::move(uplink), std::move(back),
                                    voice, song(format, voice), static_cast<bool>(listening_));
    by_id_[phone->leg.id] = phone.get();
    changed_ = true;
}

LegQuality Studio::remove(const std::string& name, Instant now, const Network& network) {
    Phone* phone = find(name);
    if (phone == nullptr) return {};
    leave_room(*phone);
    phone->uplink.send_until(now);
    const std::int32_t waits = phone->sound.receiver.buffer().depth_samples() / phone->frame_units;
    phone->meter.ended(phone->uplink.sent(),
                       phone->uplink.under_way() + static_cast<std::size_t>(waits));
    phone->back.finish(now);
    const LegQuality quality =
        phone->meter.judge(phone->uplink, phone->format, network, phone->back.meter());
    --singers_[phone->voice];
    by_id_.erase(phone->leg.id);
    phones_.erase(name);
    make_plan();  // nobody may point to it any more
    return quality;
}

void Studio::talks(const std::string& name, bool on, Instant now) {
    Phone* phone = find(name);
    if (phone == nullptr) return;
    send_until(*phone, now);
    phone->uplink.talks(on, now);
    phone->back.talks(!on, now);
}

// ---- rooms ----------------------------------------------------------------------------------

void Studio::leave_room(Phone& phone) {
    if (phone.room.empty()) return;
    Room& room = *rooms_.at(phone.room);
    std::erase_if(room.legs, [&](const media::RoomLeg& leg) { return leg.leg == phone.leg.id; });
    phone.room.clear();
    changed_ = true;
    if (phone.ear) phone.ear->forget();
    if (room.legs.empty())
        rooms_.erase(room.name);
    else
        plan_room(room);
}

void Studio::seat(const actors::UpdateRoom& update) {
    const auto known = rooms_.find(update.conference);
    if (known != rooms_.end()) {
        for (const media::RoomLeg& leg : std::exchange(known->second->legs, {})) {
            Phone& phone = *by_id_.at(leg.leg);
            phone.room.clear();
            if (phone.ear) phone.ear->forget();
        }
    }
    std::vector<media::RoomLeg> legs;
    for (const actors::RoomSeat& seat : update.seats) {
        Phone* phone = find(seat.leg);
        if (phone == nullptr) continue;
        leave_room(*phone);
        legs.push_back({.leg = phone->leg.id,
                        .speaks = seat.speaks,
                        .hears = seat.hears,
                        .gain_in_db = seat.gain_in_db,
                        .gain_out_db = seat.gain_out_db,
                        .only_to = {},
                        .not_from = {}});
        if (seat.only_to.empty()) continue;
        const Phone* pupil = find(seat.only_to);
        if (pupil != nullptr) legs.back().only_to.push_back(pupil->leg.id);
        legs.back().speaks = seat.speaks && pupil != nullptr;  // a whisper to nobody is silence
    }
    changed_ = true;
    if (legs.empty()) {
        rooms_.erase(update.conference);
        return;
    }
    std::ranges::stable_sort(legs, {}, &media::RoomLeg::leg);  // twice in it: the first counts
    const auto twice = std::ranges::unique(legs, {}, &media::RoomLeg::leg);
    legs.erase(twice.begin(), twice.end());
    auto& room = rooms_[update.conference];
    if (room == nullptr) {
        room = std::make_unique<Room>();
        room->name = update.conference;
        room->room = std::make_shared<media::Room>(next_room_++);
    }
    room->legs = std::move(legs);
    room->profile = profile_of(update.sound);
    for (const media::RoomLeg& leg : room->legs) by_id_.at(leg.leg)->room = update.conference;
    plan_room(*room);
}

// As media::Control::plan_part for a room that is whole.
void Studio::plan_room(Room& room) {
    auto plan = std::make_shared<media::PlanRoom>();
    plan->room = room.room;
    plan->loudest = room.profile.loudest;
    plan->suppress_silence = room.profile.suppress_silence;
    plan->level_voices = room.profile.level_voices;
    plan->gate_noise = room.profile.gate_noise;
    const auto before = std::exchange(room.voices, {});
    room.hashed = true;
    for (const media::RoomLeg& leg : room.legs) {
        Phone& phone = *by_id_.at(leg.leg);
        if (phone.ear) phone.ear->forget();
        room.hashed = room.hashed && phone.format.codec != media::Codec::opus;
        plan->rate_hz = std::max(plan->rate_hz, media::natural_rate(phone.format));
        const media::VoiceKind kind = media::voice_kind(phone.config, false, room.profile.opus);
        auto& voices = leg.hears ? room.voices : silences_;
        if (const auto known = before.find(kind); leg.hears && known != before.end())
            voices.insert(*known);
        auto& voice = voices[kind];
        if (voice == nullptr) voice = std::make_shared<media::SharedVoice>(kind);
        plan->seats.push_back({.leg = &phone.leg,
                               .speaks = leg.speaks,
                               .hears = leg.hears,
                               .gain_in_db = leg.gain_in_db,
                               .gain_out_db = leg.gain_out_db,
                               .voice = voice.get()});
    }
    media::plan_matrix(room.legs, *plan);
    for (const auto& [kind, voice] : room.voices) plan->voices.push_back(voice);
    room.plan = std::move(plan);
    changed_ = true;
}

void Studio::make_plan() {
    changed_ = false;
    plan_.rooms.clear();
    plan_.loose.clear();
    for (const auto& [name, room] : rooms_) plan_.rooms.push_back(room->plan);
    for (const auto& [id, phone] : by_id_) {
        if (!phone->room.empty()) continue;
        auto& voice = silences_[media::voice_kind(phone->config, false, {})];
        if (voice == nullptr)
            voice =
                std::make_shared<media::SharedVoice>(media::voice_kind(phone->config, false, {}));
        plan_.loose.push_back(
            {.leg = &phone->leg, .speaks = false, .hears = false, .voice = voice.get()});
    }
}

// ---- the tick -------------------------------------------------------------------------------

void Studio::deliver(Phone& phone, const Uplink::Packet& packet, const media::TickTime& now) {
    const std::span<const std::uint8_t> payload =
        phone.mouth.forgets() ? phone.mouth.say(packet.speech, packet.frame)
                              : phone.payloads[packet.number % payloads_kept];
    if (phone.uplink.sent() - packet.number > payloads_kept) return;
    const std::uint32_t pieces = media::packets_per_tick(phone.format);
    const std::size_t bytes = payload.size() / pieces;
    for (std::uint32_t i = 0; i < pieces; ++i) {
        const std::uint32_t units = media::clock_hz(phone.format) / 50;
        const auto header = media::write_rtp_header(
            {.marker = packet.marker && i == 0,
             .payload_type = phone.config.payload_type,
             .sequence = static_cast<std::uint16_t>(packet.number * pieces + i),
             .timestamp = packet.frame * units + i * (units / pieces),
             .ssrc = static_cast<std::uint32_t>(phone.leg.id)});
        std::array<std::uint8_t, media::packet_bytes_max> whole;
        std::memcpy(whole.data(), header.data(), header.size());
        std::memcpy(whole.data() + header.size(), payload.data() + i * bytes, bytes);
        phone.leg.rtp_arrived(std::span{whole}.first(header.size() + bytes), *phone.config.remote,
                              monotonic(packet.at), now, *collector_);
    }
}

void Studio::send_until(Phone& phone, Instant now) {
    phone.uplink.send_until(now, [&](const Uplink::Packet& packet) {
        phone.numbers[packet.frame % payloads_kept] = packet.number;
        if (phone.mouth.forgets()) return;
        const auto words = phone.mouth.say(packet.speech, packet.frame);
        phone.payloads[packet.number % payloads_kept].assign(words.begin(), words.end());
    });
}

void Studio::deliver(Phone& phone, const media::TickTime& now) {
    const Instant until{now.wall_us};
    send_until(phone, until);
    while (const auto packet = phone.uplink.next_arrived(until)) deliver(phone, *packet, now);
}

// A frame that was made of packets was played; one that had to be made up was not. What a buffer
// inserts in a quiet moment, to get deeper, is no loss.
void Studio::measure(Phone& phone, Instant now) {
    const media::FrameDecision& decision = phone.leg.decision();
    const std::uint32_t frames = decision.packets / media::packets_per_tick(phone.format);
    const std::uint32_t first = decision.timestamp / static_cast<std::uint32_t>(phone.frame_units);
    for (std::uint32_t frame = first; frame < first + frames; ++frame)
        phone.meter.played(phone.numbers[frame % payloads_kept],
                           phone.first_sent + frame_time * frame, now);
    decoded_ += frames;
    if (frames == 0 && decision.concealed > 0 && !decision.stretched)
        phone.meter.made_up(phone.uplink.sent());
}

void Studio::listen(Instant now) {
    std::vector<std::uint32_t> voices;
    std::vector<const Phone*> whose(voice_count, nullptr);
    for (const auto& [id, phone] : by_id_) {
        if (singers_[phone->voice] != 1) continue;
        voices.push_back(phone->voice);
        whose[phone->voice] = phone;
    }
    for (const auto& [id, phone] : by_id_) {
        phone->ear->hear(voices, [&](std::uint32_t voice) {
            listening_({now, phone->name, whose[voice]->name});
        });
    }
}

const std::vector<Studio::Noticed>& Studio::tick(Instant now) {
    collector_->noticed.clear();
    if (changed_) make_plan();
    const media::TickTime time{
        .tick = static_cast<std::uint64_t>((now - begins_).us / frame_time.us),
        .now_us = monotonic(now),
        .wall_us = now.us};
    for (const auto& [id, phone] : by_id_) deliver(*phone, time);
    hash_.add({reinterpret_cast<const char*>(&time.tick), sizeof time.tick});
    lane_.tick(plan_, time, *collector_);
    for (const auto& [id, phone] : by_id_) {
        measure(*phone, now);
        (void)phone->back.tick(now);
    }
    if (listening_) listen(now);
    return collector_->noticed;
}

std::uint64_t Studio::frames() const { return decoded_ + lane_.encodings(); }
std::uint64_t Studio::heard_hash() const { return hash_.value(); }

}  // namespace sim

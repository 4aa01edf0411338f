#include "sim/sound/packets.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "base/assert.hpp"

namespace sim {
namespace {

// The clock of the tiny packets; the buffer only counts frames of it.
constexpr std::uint32_t clock_hz = 8'000;
constexpr std::int32_t frame_units = clock_hz / 50;
// -20 dBov, which is talk whatever the noise floor was.
constexpr std::uint32_t speech_energy = (1u << 30) / 100;
constexpr std::uint32_t concealer_fades = 2;  // frames; then it is silent (media/sound/concealer)

constexpr std::int32_t frames_to_start = 3, frames_to_stop = 30;  // media/sound/level.hpp

/// What a packet carries instead of sound.
struct Tiny {
    std::uint32_t frame = 0, number = 0;
    std::uint8_t speech = 0;
};
constexpr std::size_t tiny_bytes = 9;

std::array<std::uint8_t, tiny_bytes> written(const Tiny& tiny) {
    std::array<std::uint8_t, tiny_bytes> bytes;
    std::memcpy(bytes.data(), &tiny.frame, 4);
    std::memcpy(bytes.data() + 4, &tiny.number, 4);
    bytes[8] = tiny.speech;
    return bytes;
}

Tiny read(std::span<const std::uint8_t> bytes) {
    ASSERT(bytes.size() == tiny_bytes);
    Tiny tiny;
    std::memcpy(&tiny.frame, bytes.data(), 4);
    std::memcpy(&tiny.number, bytes.data() + 4, 4);
    tiny.speech = bytes[8];
    return tiny;
}

}  // namespace

PacketPlayer::PacketPlayer(const Network& network, Instant begins, Instant up,
                           const media::Format& format, Chance chance)
    : uplink_(network, begins, up, format.codec != media::Codec::opus, chance),
      format_(format),
      buffer_(clock_hz, tiny_bytes),
      first_sent_(uplink_.next_send()) {}

void PacketPlayer::take_arrivals(Instant now) {
    uplink_.send_until(now);
    while (const auto packet = uplink_.next_arrived(now)) {
        const auto bytes = written(
            {packet->frame, packet->number, packet->speech ? std::uint8_t{1} : std::uint8_t{0}});
        const media::JitterBuffer::Put put =
            buffer_.put({.sequence = static_cast<std::uint16_t>(packet->number),
                         .timestamp = packet->frame * static_cast<std::uint32_t>(frame_units),
                         .marker = packet->marker,
                         .samples = frame_units,
                         .slack_us = static_cast<std::int32_t>(
                             std::clamp<std::int64_t>((now - packet->at).us, 0, frame_time.us)),
                         .payload = bytes});
        if (put == media::JitterBuffer::Put::late && !packet->again) meter_.late();
    }
}

void PacketPlayer::play(std::span<const std::uint8_t> payload, Instant now) {
    const Tiny tiny = read(payload);
    meter_.played(tiny.number, first_sent_ + frame_time * tiny.frame, now);
    faded_ = 0;
    loud_ = tiny.speech != 0;
}

// What is invented sounds like what was before, for a while.
void PacketPlayer::fade() { loud_ = loud_ && ++faded_ <= concealer_fades; }

// As media::Receiver::collect.
void PacketPlayer::collect(std::int32_t wanted, Instant now) {
    using Kind = media::JitterBuffer::Pulled::Kind;
    while (waiting_ < wanted) {
        const std::int32_t lacking = wanted - waiting_;
        const media::JitterBuffer::Pulled pulled = buffer_.pull(lacking);
        switch (pulled.kind) {
            case Kind::packet:
                play(pulled.payload, now);
                waiting_ += pulled.samples;
                break;
            case Kind::lost:
                meter_.made_up(uplink_.sent());
                fade();
                waiting_ += pulled.samples;
                break;
            case Kind::dry: {
                const std::int32_t need = std::max(0, frame_units - waiting_);
                if (need == 0) return;
                buffer_.concealed_while_dry(need);
                meter_.made_up(uplink_.sent());
                fade();
                waiting_ += need;
                return;
            }
            case Kind::pause:
            case Kind::idle:
                loud_ = false;
                waiting_ += lacking;
                break;
        }
    }
}

media::TalkDetector::Change PacketPlayer::tick(Instant now) {
    take_arrivals(now);
    const media::JitterBuffer::Step step = buffer_.begin_tick(!loud_);
    if (step.stretch && waiting_ < frame_units) waiting_ = frame_units;
    collect(step.merge ? 2 * frame_units : frame_units, now);
    const bool merged = step.merge && waiting_ >= 2 * frame_units;
    waiting_ -= merged ? 2 * frame_units : frame_units;
    buffer_.end_tick(waiting_);
    const bool loud = loud_ && counts_;
    recent_ = (recent_ << 1 | (loud ? 1u : 0u)) & 0x1f;
    quiet_frames_ = loud ? 0 : quiet_frames_ + 1;
    const media::TalkDetector::Change change = detector_.hear(loud_ ? speech_energy : 0, counts_);
    if (change == media::TalkDetector::Change::stopped) recent_ = 0;
    return change;
}

// What media::TalkDetector needs at least; this much energy is loud to it, whatever its floor.
std::int64_t PacketPlayer::sure_for() const {
    constexpr std::int64_t most = ticks_at_once - 1;
    if (detector_.talking())
        return counts_ ? std::clamp<std::int64_t>(frames_to_stop - 1 - quiet_frames_, 0, most) : 0;
    const bool speech_to_come =
        uplink_.talking() || loud_ || std::int64_t{uplink_.speech_end()} > meter_.played_end();
    if (!counts_ || !speech_to_come) return most;
    return std::max(0, frames_to_start - 1 - std::popcount(recent_ & 0xfu));
}

void PacketPlayer::finish(Instant now) {
    uplink_.send_until(now);
    const auto waits = static_cast<std::size_t>(buffer_.depth_samples() / frame_units);
    meter_.ended(uplink_.sent(), uplink_.under_way() + waits);
}

PacketPlayer way_back(const Network& network, Instant begins, Instant up, Chance chance) {
    const std::uint64_t own = chance.bits();
    PacketPlayer back{network, begins, up, media::pcmu_format, Chance{own, "back"}};
    back.talks(true, up);
    return back;
}

namespace {

class PacketSound final : public Sound {
public:
    PacketSound(const Scenario& scenario, Instant begins, Heard heard)
        : network_(scenario.network), begins_(begins), last_(begins), heard_(std::move(heard)) {}

    void leg_up(const std::string& leg, const std::string& codec, Instant now,
                Chance chance) override;
    LegQuality leg_down(const std::string& leg, Instant now) override;
    void talks(const std::string& leg, bool on, Instant now) override;
    void room(const actors::UpdateRoom& plan, Instant now) override;
    void run_until(Instant now) override;
    Instant next_tick() const override { return std::max(next_due_, last_ + frame_time); }
    std::uint64_t frames() const override { return frames_; }
    std::uint64_t heard_hash() const override { return 0; }

private:
    struct Member {
        std::string name, room;
        PacketPlayer player, back;
        Instant ran{};  // its last tick
        std::size_t place = 0;
    };
    struct Noticed {
        Instant at{};
        std::size_t place = 0;
        std::string who;
        bool talking = false;
    };

    [[nodiscard]] Instant tick_before(Instant now) const {
        return begins_ + frame_time * ((now - begins_).us / frame_time.us);
    }
    void run(Member& member, Instant until);
    void counts(Member& member, bool on, Instant now);

    const Network network_;
    const Instant begins_;
    Instant last_;  // the tick that everybody has had, or need not have
    Instant next_due_{INT64_MAX};
    const Heard heard_;
    std::map<std::string, std::unique_ptr<Member>> members_;
    std::vector<Member*> order_;
    std::vector<Instant> due_;  // by place: the tick that may bring a change, or is late enough
    std::map<std::string, std::vector<std::string>> rooms_;
    std::vector<Noticed> noticed_;
    std::uint64_t frames_ = 0;
};

void PacketSound::run(Member& member, Instant until) {
    frames_ -= member.player.meter().played_frames();
    while (member.ran < until) {
        member.ran = member.ran + frame_time;
        const auto change = member.player.tick(member.ran);
        (void)member.back.tick(member.ran);
        if (change == media::TalkDetector::Change::none) continue;
        noticed_.push_back({member.ran, member.place, member.name,
                            change == media::TalkDetector::Change::started});
    }
    frames_ += member.player.meter().played_frames();
    due_[member.place] = member.ran + frame_time * (member.player.sure_for() + 1);
    next_due_ = std::min(next_due_, due_[member.place]);
}

void PacketSound::run_until(Instant now) {
    last_ = std::max(last_, tick_before(now));
    if (next_due_ > last_ && noticed_.empty()) return;
    next_due_ = Instant{INT64_MAX};
    for (std::size_t i = 0; i < order_.size(); ++i) {
        if (due_[i] <= last_)
            run(*order_[i], last_);
        else
            next_due_ = std::min(next_due_, due_[i]);
    }
    std::vector<Noticed> noticed = std::exchange(noticed_, {});
    std::ranges::stable_sort(noticed, [](const Noticed& a, const Noticed& b) {
        return std::pair{a.at, a.place} < std::pair{b.at, b.place};
    });
    if (!heard_) return;
    for (const Noticed& one : noticed) heard_(one.who, one.talking, one.at);
}

void PacketSound::leg_up(const std::string& leg, const std::string& codec, Instant now,
                         Chance chance) {
    const auto format = format_named(codec).value_or(media::pcmu_format);
    auto& member = members_[leg];
    ASSERT(member == nullptr);
    member = std::make_unique<Member>(Member{.name = leg,
                                             .player = {network_, begins_, now, format, chance},
                                             .back = way_back(network_, begins_, now, chance),
                                             .ran = tick_before(now),
                                             .place = order_.size()});
    order_.push_back(member.get());
    due_.emplace_back();
    run(*member, member->ran);
}

LegQuality PacketSound::leg_down(const std::string& leg, Instant now) {
    const auto found = members_.find(leg);
    if (found == members_.end()) return {};
    Member& member = *found->second;
    run(member, tick_before(now));
    member.player.finish(now);
    member.back.finish(now);
    const LegQuality quality = member.player.judge(network_, member.back);
    order_.back()->place = member.place;  // the last takes its place
    order_[member.place] = order_.back();
    due_[member.place] = due_.back();
    order_.pop_back();
    due_.pop_back();
    members_.erase(found);
    if (order_.empty()) next_due_ = Instant{INT64_MAX};
    return quality;
}

void PacketSound::talks(const std::string& leg, bool on, Instant now) {
    const auto found = members_.find(leg);
    if (found == members_.end()) return;
    Member& member = *found->second;
    run(member, tick_before(now));
    member.player.talks(on, now);
    member.back.talks(!on, now);
    run(member, member.ran);
}

void PacketSound::counts(Member& member, bool on, Instant now) {
    run(member, tick_before(now));
    member.player.counts(on);
    run(member, member.ran);
}

void PacketSound::room(const actors::UpdateRoom& plan, Instant now) {
    const auto before = std::exchange(rooms_[plan.conference], {});
    for (const std::string& leg : before) {
        const auto found = members_.find(leg);
        if (found == members_.end() || found->second->room != plan.conference) continue;
        counts(*found->second, false, now);
        found->second->room.clear();
    }
    std::vector<std::string>& legs = rooms_[plan.conference];
    for (const actors::RoomSeat& seat : plan.seats) {
        const auto found = members_.find(seat.leg);
        if (found == members_.end()) continue;
        found->second->room = plan.conference;
        counts(*found->second, seat.speaks, now);
        legs.push_back(seat.leg);
    }
    if (legs.empty()) rooms_.erase(plan.conference);
}

}  // namespace

std::unique_ptr<Sound> make_packet_sound(const Scenario& scenario, Instant begins, Heard heard) {
    return std::make_unique<PacketSound>(scenario, begins, std::move(heard));
}

}  // namespace sim

// Rooms, talkers and their sound; see rooms.hpp.
#include "sim/world/rooms.hpp"

#include <algorithm>

#include "sim/world/telephony.hpp"

namespace sim {
namespace {

constexpr double before_first_mute_s = 2;  // the welcome is over, and keys are listened to

}  // namespace

Rooms::Rooms(Ground& ground, bool listen)
    : ground_(ground),
      listens_(listen),
      sound_(make_sound(
          ground.scenario, world_begins,
          [this](const std::string& leg, bool on, Instant) { noticed(leg, on); },
          listen ? [this](const Hearing& hearing) { hearing_.heard(hearing); } : Listening{})) {}

// ---- legs come and go

void Rooms::leg_up(std::uint64_t id, const std::string& leg, const std::string& codec) {
    Leg& known = legs_[id];
    known.name = leg;
    known.codec = codec;
    if (sound_) sound_->leg_up(leg, codec, ground_.now(), Chance{ground_.seed, "path", id});
}

void Rooms::leg_down(std::uint64_t id) {
    const auto found = legs_.find(id);
    if (found == legs_.end()) return;
    Leg& leg = found->second;
    if (leg.room != nullptr) leave(*leg.room, id);
    const Instant now = ground_.now();
    const LegQuality heard = sound_ ? sound_->leg_down(leg.name, now) : planned(leg.codec);
    if (leg.seated) {
        ground_.figures.sample(Metric::mos, now, heard.mos);
        ground_.figures.sample(Metric::mouth_to_ear_ms, now, heard.delay_ms);
        if (sound_) {
            ground_.figures.sample(Metric::packets_lost, now, heard.lost);
            ground_.figures.sample(Metric::packets_late, now, heard.late);
        }
    }
    if (listens_) hearing_.leg_down(leg.name);
    legs_.erase(found);
}

const LegQuality& Rooms::planned(const std::string& codec) {
    const auto known = planned_.find(codec);
    if (known != planned_.end()) return known->second;
    return planned_[codec] = planned_quality(ground_.scenario, codec);
}

void Rooms::left(std::uint64_t id) {
    const auto found = legs_.find(id);
    if (found == legs_.end()) return;
    found->second.empty = true;
    if (found->second.room != nullptr) leave(*found->second.room, id);
}

void Rooms::crash() {
    while (!legs_.empty()) leg_down(legs_.begin()->first);
    for (auto& [conference, room] : rooms_) ground_.timetable.cancel(room->next);
    rooms_.clear();
    by_number_.clear();
}

// ---- rooms

Rooms::Room& Rooms::room(const std::string& conference) {
    auto& known = rooms_[conference];
    if (known) return *known;
    known = std::make_unique<Room>();
    known->conference = conference;
    known->number = ++numbers_;
    if (ground_.scenario.talk.model != Talk::Model::none)
        known->talk =
            room_talk(ground_.scenario.talk, ground_.chance("talk/" + conference, known->number));
    by_number_[known->number] = known.get();
    return *known;
}

void Rooms::update(const actors::UpdateRoom& effect, const std::vector<std::uint64_t>& known) {
    Room& plan_of = room(effect.conference);
    now_in_ = known;
    std::ranges::sort(now_in_);
    const std::vector<std::uint64_t> before = plan_of.ids;
    for (const std::uint64_t id : before) {
        if (!std::ranges::binary_search(now_in_, id)) leave(plan_of, id);
    }
    for (const std::uint64_t id : now_in_) {
        if (!std::ranges::binary_search(before, id)) enter(plan_of, id);
    }
    if (listens_) hearing_.room(effect);
    if (sound_) sound_->room(effect, ground_.now());
    if (!plan_of.ids.empty()) return plan(plan_of);
    ground_.timetable.cancel(plan_of.next);
    by_number_.erase(plan_of.number);
    rooms_.erase(effect.conference);
}

void Rooms::enter(Room& room, std::uint64_t id) {
    const auto found = legs_.find(id);
    if (found == legs_.end() || found->second.empty || found->second.room == &room) return;
    room.ids.insert(std::ranges::lower_bound(room.ids, id), id);
    found->second.room = &room;
    found->second.seated = true;
    const double mutes = ground_.scenario.talk.mutes;
    if (mutes > 0 && room.talk && Chance{ground_.seed, "mutes", id}.with(mutes)) {
        found->second.mutes = true;
        ground_.after(before_first_mute_s, [this, id] { mute(id, true); });
    }
    if (room.talk) room.talk->enter(id, ground_.now());
    ground_.figures.level(Metric::seats, ground_.now(), static_cast<double>(++seated_));
}

void Rooms::leave(Room& room, std::uint64_t id) {
    const auto place = std::ranges::lower_bound(room.ids, id);
    if (place == room.ids.end() || *place != id) return;
    room.ids.erase(place);
    ground_.figures.level(Metric::seats, ground_.now(), static_cast<double>(--seated_));
    if (const auto found = legs_.find(id); found != legs_.end()) {
        talks(found->second, false);
        found->second.room = nullptr;
    }
    if (!room.talk) return;
    room.talk->leave(id, ground_.now());
    plan(room);
}

// ---- who talks

void Rooms::plan(Room& room) {
    ground_.timetable.cancel(room.next);
    room.next = {};
    if (!room.talk) return;
    const auto next = room.talk->peek();
    if (next) {
        room.next =
            ground_.timetable.at(next->at, [this, number = room.number] { change(number); });
    }
}

void Rooms::change(std::uint64_t number) {
    const auto found = by_number_.find(number);
    if (found == by_number_.end()) return;
    Room& room = *found->second;
    const RoomTalk::Change changed = room.talk->take();
    if (const auto leg = legs_.find(changed.who); leg != legs_.end()) {
        const bool before = leg->second.talking;
        talks(leg->second, changed.talks);
        if (before != changed.talks && leg->second.mutes) mute(changed.who, !changed.talks);
        if (before != changed.talks && !sound_) tell_room(leg->second, changed.talks);
    }
    plan(room);
}

/// "*6" turns it on and off, so a person must know how it is.
void Rooms::mute(std::uint64_t id, bool on) {
    const auto found = legs_.find(id);
    if (found == legs_.end() || found->second.room == nullptr || !key) return;
    Leg& leg = found->second;
    if (leg.muted == on || (on && leg.talking)) return;
    leg.muted = on;
    key(id, "*6");
}

void Rooms::talks(Leg& leg, bool on) {
    if (leg.talking == on) return;
    leg.talking = on;
    talking_ += on ? 1 : std::size_t(-1);
    const Instant now = ground_.now();
    ground_.figures.level(Metric::talkers, now, static_cast<double>(talking_));
    if (on) ground_.figures.tick(Metric::talk_spurts, now);
    if (sound_) sound_->talks(leg.name, on, now);
}

void Rooms::tell_room(const Leg& leg, bool on) {
    if (leg.room == nullptr) return;
    schema::LegTalkingT wish;
    wish.leg = leg.name;
    wish.on = on;
    ground_.send({StreamKind::conference, leg.room->conference}, "server",
                 actors::command(std::move(wish)));
}

/// What the server hears, which is a little later than somebody talks.
void Rooms::noticed(const std::string& leg, bool on) {
    const auto found = legs_.find(leg_id(leg));
    if (found != legs_.end()) tell_room(found->second, on);
}

// ---- sound

Instant Rooms::next_tick() const {
    return sound_ && !legs_.empty() ? sound_->next_tick() : Instant{};
}

void Rooms::run_until(Instant now) {
    if (!sound_) return;
    sound_->run_until(now);
    const std::uint64_t frames = sound_->frames();
    if (frames != frames_)
        ground_.figures.tick(Metric::mixer_frames, ground_.now(), frames - frames_);
    frames_ = frames;
}

}  // namespace sim

// Rooms, talkers and their sound; see rooms.hpp.
#include "sim/world/rooms.hpp"

#include <algorithm>
#include <iterator>

#include "sim/world/telephony.hpp"

namespace sim {
namespace {

constexpr double before_first_mute_s = 2;  // the welcome is over, and keys are listened to

std::uint64_t hash_of(std::uint64_t leg) {
    leg *= 0x9e3779b97f4a7c15ull;
    return leg ^ (leg >> 32);
}

}  // namespace

Rooms::Rooms(Ground& ground, bool listen)
    : ground_(ground),
      listens_(listen),
      sound_(make_sound(
          ground.scenario, world_begins,
          [this](const std::string& leg, bool on, Instant) { noticed(leg, on); },
          listen ? [this](const Hearing& hearing) { hearing_.heard(hearing); } : Listening{})) {}

// ---- legs come and go

Rooms::Leg* Rooms::leg_of(std::uint64_t id) const {
    return legs_.find(hash_of(id), [&](const Leg* one) { return one->id == id; });
}

Rooms::Leg& Rooms::leg_or_new(std::uint64_t id) {
    if (Leg* known = leg_of(id)) return *known;
    if (free_.empty()) free_.push_back(&slots_.emplace_back());
    Leg* fresh = free_.back();
    free_.pop_back();
    fresh->id = id;
    legs_.insert(hash_of(id), fresh);
    return *fresh;
}

void Rooms::forget(Leg& leg) {
    legs_.erase(hash_of(leg.id), &leg);
    leg = Leg{};
    free_.push_back(&leg);
}

void Rooms::leg_up(std::uint64_t id, const std::string& leg, const std::string& codec) {
    Leg& known = leg_or_new(id);
    known.name = leg;
    known.codec = codec;
    if (sound_) sound_->leg_up(leg, codec, ground_.now(), Chance{ground_.seed, "path", id});
}

void Rooms::leg_down(std::uint64_t id) {
    Leg* found = leg_of(id);
    if (found == nullptr) return;
    Leg& leg = *found;
    if (leg.room != nullptr) leave(*leg.room, id);
    const Instant now = ground_.now();
    const LegQuality heard = sound_ ? sound_->leg_down(leg.name, now) : planned(leg.codec);
    if (leg.seated) {
        ground_.figures.sample(heard.wideband ? Metric::mos_wideband : Metric::mos, now, heard.mos);
        ground_.figures.sample(Metric::rating, now, heard.rating);
        ground_.figures.sample(Metric::mouth_to_ear_ms, now, heard.delay_ms);
        if (sound_) {
            ground_.figures.sample(Metric::packets_lost, now, heard.lost);
            ground_.figures.sample(Metric::packets_late, now, heard.late);
        }
    }
    if (listens_) hearing_.leg_down(leg.name);
    forget(leg);
}

const LegQuality& Rooms::planned(const std::string& codec) {
    const auto known = planned_.find(codec);
    if (known != planned_.end()) return known->second;
    return planned_[codec] = planned_quality(ground_.scenario, codec);
}

void Rooms::left(std::uint64_t id) {
    Leg* found = leg_of(id);
    if (found == nullptr) return;
    found->empty = true;
    if (found->room != nullptr) leave(*found->room, id);
}

void Rooms::crash() {
    std::vector<std::uint64_t> ids;
    for (const Leg& one : slots_) {
        if (one.id != 0) ids.push_back(one.id);
    }
    std::ranges::sort(ids);
    for (const std::uint64_t id : ids) leg_down(id);
    while (!rooms_.empty()) close(*rooms_.back());
}

// ---- rooms

Rooms::Room& Rooms::room(const std::string& conference) {
    const std::uint64_t hash = base::quick_hash(conference);
    Room* known =
        room_of_.find(hash, [&](const Room* one) { return one->conference == conference; });
    if (known != nullptr) return *known;
    known = rooms_.emplace_back(std::make_unique<Room>()).get();
    known->conference = conference;
    known->place = rooms_.size() - 1;
    ++numbers_;
    if (ground_.scenario.talk.model != Talk::Model::none)
        known->talk =
            room_talk(ground_.scenario.talk, ground_.chance("talk/" + conference, numbers_));
    room_of_.insert(hash, known);
    return *known;
}

void Rooms::close(Room& room) {
    ground_.timetable.cancel(room.next);
    room_of_.erase(base::quick_hash(room.conference), &room);
    const std::size_t place = room.place;
    std::swap(rooms_[place], rooms_.back());
    rooms_[place]->place = place;
    rooms_.pop_back();
}

void Rooms::update(const actors::UpdateRoom& effect, const std::vector<std::uint64_t>& known) {
    Room& plan_of = room(effect.conference);
    now_in_ = known;
    std::ranges::sort(now_in_);
    gone_.clear();
    come_.clear();
    std::ranges::set_difference(plan_of.ids, now_in_, std::back_inserter(gone_));
    std::ranges::set_difference(now_in_, plan_of.ids, std::back_inserter(come_));
    for (const std::uint64_t id : gone_) leave(plan_of, id);
    for (const std::uint64_t id : come_) enter(plan_of, id);
    if (listens_) hearing_.room(effect);
    if (sound_) sound_->room(effect, ground_.now());
    if (!plan_of.ids.empty()) return plan(plan_of);
    close(plan_of);
}

void Rooms::enter(Room& room, std::uint64_t id) {
    Leg* found = leg_of(id);
    if (found == nullptr || found->empty || found->room == &room) return;
    room.ids.insert(std::ranges::lower_bound(room.ids, id), id);
    found->room = &room;
    found->seated = true;
    const double mutes = ground_.scenario.talk.mutes;
    if (mutes > 0 && room.talk && Chance{ground_.seed, "mutes", id}.with(mutes)) {
        found->mutes = true;
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
    if (Leg* found = leg_of(id)) {
        talks(*found, false);
        found->room = nullptr;
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
        // Its room closes no sooner than it is cancelled.
        room.next = ground_.timetable.at(next->at, [this, &room] { change(room); });
    }
}

void Rooms::change(Room& room) {
    const RoomTalk::Change changed = room.talk->take();
    if (Leg* leg = leg_of(changed.who)) {
        const bool before = leg->talking;
        talks(*leg, changed.talks);
        if (before != changed.talks && leg->mutes) mute(changed.who, !changed.talks);
        if (before != changed.talks && !sound_) tell_room(*leg, changed.talks);
    }
    plan(room);
}

/// "*6" turns it on and off, so a person must know how it is.
void Rooms::mute(std::uint64_t id, bool on) {
    Leg* found = leg_of(id);
    if (found == nullptr || found->room == nullptr || !key) return;
    Leg& leg = *found;
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
    if (const Leg* found = leg_of(leg_id(leg))) tell_room(*found, on);
}

// ---- sound

Instant Rooms::next_tick() const {
    return sound_ && legs_.size() > 0 ? sound_->next_tick() : Instant{};
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

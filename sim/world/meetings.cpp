// What people do in a meeting; see meetings.hpp.
#include "sim/world/meetings.hpp"

#include "journal/stored.hpp"

#include <algorithm>

namespace sim {
namespace {

constexpr std::uint64_t first_conference = 5'000'000'000;  // ten digits, unlike standing ones
constexpr std::uint32_t members_max = 2000;                // telephones in one conference

// A member's name: the meeting's slot, its turn, and who of it.
constexpr unsigned member_bits = 12;
std::uint64_t name_of_member(std::uint64_t meeting, std::uint32_t member) {
    return meeting << member_bits | member;
}

using journal::stored;

}  // namespace

Meetings::Meetings(Ground& ground, Lines& lines, Telephony& telephony, const People& people,
                   MeetingNumbers& numbers, const MeetingClass& plan)
    : ground_(ground),
      lines_(lines),
      telephony_(telephony),
      people_(people),
      numbers_(numbers),
      plan_(plan) {}

bool Meetings::is_meeting(std::string_view conference) {
    return conference.size() == 10 && conference.front() == '5';
}

// ---- a meeting begins

void Meetings::begin(double horizon_s) {
    if (plan_.arrivals.model == Arrivals::Model::none) return;
    arrivals_ = arrival_times(plan_.arrivals,
                              ground_.chance("meetings/" + plan_.name + "/arrivals"), horizon_s);
    plan_arrival();
}

void Meetings::plan_arrival() {
    const auto next = arrivals_->next();
    if (!next || ground_.healed) return;
    ground_.timetable.at(world_begins + seconds_of(*next), [this] {
        if (!ground_.healed) arrive();
        plan_arrival();
    });
}

void Meetings::arrive() {
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(slots_.size()));
        slots_.emplace_back();
    }
    Meeting& meeting = slots_[free_.back()];
    meeting.slot = free_.back();
    free_.pop_back();
    meeting.here = true;
    meeting.begun = ground_.now();
    meeting.conference = std::to_string(first_conference + ++numbers_.conferences);
    invite_people(meeting, ++born_);
    ground_.figures.level(Metric::meetings_open, ground_.now(), static_cast<double>(++open_));
    ground_.figures.tick(Metric::meetings, ground_.now());
    const std::uint64_t which = name_of(meeting);
    by_conference_[meeting.conference] = which;
    schema::ClaimNumberT claim;
    claim.owner = "conference/" + meeting.conference;
    ground_.insist({StreamKind::number, meeting.conference}, "server",
                   actors::command(std::move(claim)), [this, which](const actors::Answer& answer) {
                       answer.ok() ? create(which) : forget(which);
                   });
}

/// Draws who is to come, and how. The same numbers are drawn whatever comes of them.
void Meetings::invite_people(Meeting& meeting, std::uint64_t number) {
    Chance chance = ground_.chance("meetings/" + plan_.name + "/meeting", number);
    const double drawn = chance.draw(plan_.size);
    const std::uint32_t size =
        drawn < 1 ? 1 : static_cast<std::uint32_t>(std::min(drawn + 0.5, double{members_max}));
    meeting.pin = std::to_string(100'000 + chance.below(900'000));
    const std::uint32_t users = people_.count();
    const std::uint32_t creator = static_cast<std::uint32_t>(chance.below(std::max(1u, users)));
    const std::uint32_t elsewhere = static_cast<std::uint32_t>(chance.below(std::max(1u, users)));
    meeting.by = users > 0 ? "user/" + People::name(creator) : "server";
    meeting.chat = users > 0 ? People::chat_name(people_.chat(creator)) : std::string{};
    // The people of the chat first, then others.
    std::vector<std::uint32_t> invited;
    if (users > 0) invited.push_back(creator);
    const auto add = [&](std::uint32_t user) {
        if (invited.size() < size && std::ranges::find(invited, user) == invited.end())
            invited.push_back(user);
    };
    if (users > 0) std::ranges::for_each(people_.members(people_.chat(creator)), add);
    for (std::uint32_t i = 0; i < users && invited.size() < size; ++i) add((elsewhere + i) % users);
    for (std::uint32_t i = 0; i < size; ++i) {
        Member member{.chance = ground_.chance("meetings/" + plan_.name + "/member",
                                               number * members_max + i)};
        member.dialled = member.chance.with(plan_.dialled);
        const bool outside = member.chance.with(plan_.outside);
        const bool stays_away = member.chance.with(plan_.no_show);
        member.late_s = member.chance.draw(plan_.late_s);
        member.holding_s = member.chance.draw(plan_.holding_s);
        const bool is_user = i < invited.size();
        if (is_user) member.user = invited[i];
        member.outside =
            !is_user || !people_.has_phone(member.user) || (member.dialled && outside && i > 0);
        if (member.outside) member.number = "+4989" + std::to_string(++numbers_.telephones);
        if (!member.dialled && stays_away && i > 0) member.state = Member::State::gone;
        meeting.members.push_back(std::move(member));
    }
}

void Meetings::create(std::uint64_t which) {
    const Meeting* meeting = find(which);
    if (meeting == nullptr) return;
    const auto& secrets = *ground_.secrets;
    schema::CreateConferenceT wish;
    wish.title = "Meeting " + meeting->conference;
    wish.number = meeting->conference;
    wish.conversation = meeting->chat;
    wish.host_pin = stored(secrets.keyed_pin(meeting->conference, "9" + meeting->pin));
    wish.guest_pin = stored(secrets.keyed_pin(meeting->conference, meeting->pin));
    for (const Member& one : meeting->members) {
        if (!one.outside) wish.people.push_back(People::name(one.user));
    }
    ground_.insist({StreamKind::conference, meeting->conference}, meeting->by,
                   actors::command(std::move(wish)), [this, which](const actors::Answer& answer) {
                       answer.ok() ? created(which) : forget(which);
                   });
}

void Meetings::created(std::uint64_t which) {
    Meeting* meeting = find(which);
    if (meeting == nullptr) return;
    for (std::uint32_t i = 0; i < meeting->members.size(); ++i) {
        const Member& one = meeting->members[i];
        if (one.state == Member::State::gone) continue;
        ++ground_.counts.calls;
        const std::uint64_t who = name_of_member(which, i);
        if (one.dialled) {
            dial(which, i);
        } else {
            ground_.after(i == 0 ? 0 : one.late_s, [this, who] { dial_in(who); });
        }
    }
    end_if_empty(which);
}

// ---- people come

void Meetings::dial(std::uint64_t which, std::uint32_t index) {
    Meeting& meeting = *find(which);
    Member& member = meeting.members[index];
    member.state = Member::State::calling;
    schema::DialT wish;
    wish.kind = member.outside ? schema::TargetKind::number : schema::TargetKind::user;
    wish.target = member.outside ? member.number : People::name(member.user);
    wish.numbers_allowed = true;
    const std::uint64_t who = name_of_member(which, index);
    ground_.send({StreamKind::conference, meeting.conference}, meeting.by,
                 actors::command(std::move(wish)), [this, who](const actors::Answer& answer) {
                     if (!answer.ok()) gone(who);
                 });
}

std::optional<Callee> Meetings::callee(const actors::DialCall& call) {
    const auto found = by_conference_.find(call.caller);
    if (found == by_conference_.end()) return std::nullopt;
    Meeting* meeting = find(found->second);
    if (meeting == nullptr) return std::nullopt;
    for (std::uint32_t i = 0; i < meeting->members.size(); ++i) {
        Member& one = meeting->members[i];
        if (!one.dialled || one.call != 0) continue;
        const bool meant =
            one.outside ? one.number == call.target : People::name(one.user) == call.target;
        if (!meant) continue;
        one.call = leg_id(call.leg);
        return Callee{this, name_of_member(found->second, i)};
    }
    return std::nullopt;
}

void Meetings::dial_in(std::uint64_t who) {
    const auto [meeting, member] = find_member(who);
    if (member == nullptr || member->state != Member::State::expected) return;
    if (ground_.healed || meeting->ending) return gone(who);
    const Instant now = ground_.now();
    if (member->outside) {
        const bool line = lines_.seize() == Lines::Outcome::seized;
        ground_.figures.tick(Metric::attempts, now);
        ground_.figures.hit(Metric::blocking, now, !line);
        if (!line) return gone(who);
    }
    member->state = Member::State::calling;
    member->call = telephony_.call(
        *this, who,
        {.caller = member->outside ? member->number : People::name(member->user) + "-desk",
         .user = member->outside ? std::string{} : People::name(member->user),
         .called = meeting->conference,
         .conference = {},
         .codec = "PCMA"});
}

void Meetings::asked_for_pin(std::uint64_t who, bool) {
    const auto [meeting, member] = find_member(who);
    if (member == nullptr) return;
    constexpr double keying_s = 3;
    telephony_.key_pin(member->call, meeting->pin, keying_s);
}

void Meetings::admitted(std::uint64_t who, CallId call) {
    const auto [meeting, member] = find_member(who);
    if (member == nullptr || member->state == Member::State::inside) return;
    member->state = Member::State::inside;
    member->call = call;
    ++meeting->came;
    ground_.after(member->holding_s, [this, who] { leave(who); });
}

// ---- people go

void Meetings::leave(std::uint64_t who) {
    const auto [meeting, member] = find_member(who);
    if (member == nullptr || member->state != Member::State::inside) return;
    telephony_.hang_up(member->call);
    ground_.figures.sample(Metric::holding_s, ground_.now(), member->holding_s);
    gone(who);
}

void Meetings::over(std::uint64_t who, const Ending&) { gone(who); }

void Meetings::gone(std::uint64_t who) {
    const auto [meeting, member] = find_member(who);
    if (member == nullptr || member->state == Member::State::gone) return;
    member->state = Member::State::gone;
    member->call = 0;
    ++ground_.counts.calls_ended;
    end_if_empty(who >> member_bits);
}

void Meetings::end_if_empty(std::uint64_t which) {
    Meeting* meeting = find(which);
    if (meeting == nullptr || meeting->ending) return;
    const bool somebody = std::ranges::any_of(
        meeting->members, [](const Member& one) { return one.state != Member::State::gone; });
    if (somebody) return;
    meeting->ending = true;
    ground_.insist({StreamKind::conference, meeting->conference}, meeting->by,
                   actors::command(schema::EndConferenceT{}),
                   [this, which](const actors::Answer&) { forget(which); });
}

void Meetings::forget(std::uint64_t which) {
    Meeting* meeting = find(which);
    if (meeting == nullptr) return;
    const Instant now = ground_.now();
    ground_.figures.level(Metric::meetings_open, now, static_cast<double>(--open_));
    ground_.figures.sample(Metric::meeting_size, now, static_cast<double>(meeting->came));
    ground_.figures.sample(Metric::meeting_s, now, seconds_in(now - meeting->begun));
    by_conference_.erase(meeting->conference);
    *meeting = Meeting{.turn = meeting->turn + 1, .slot = meeting->slot};
    free_.push_back(static_cast<std::uint32_t>(which & 0xfffff));
}

void Meetings::crash() {
    std::vector<std::uint64_t> waiting;
    for (Meeting& meeting : slots_) {
        for (std::uint32_t i = 0; meeting.here && i < meeting.members.size(); ++i) {
            const Member& one = meeting.members[i];
            if (one.state == Member::State::calling && one.call == 0)
                waiting.push_back(name_of_member(name_of(meeting), i));
        }
    }
    for (const std::uint64_t who : waiting) ground_.after(1, [this, who] { gone(who); });
}

// ---- slots: 20 bits of slot, 32 of turn

std::uint64_t Meetings::name_of(const Meeting& meeting) {
    return (std::uint64_t{meeting.turn} << 20) | meeting.slot;
}

Meetings::Meeting* Meetings::find(std::uint64_t which) {
    const std::uint64_t slot = which & 0xfffff;
    if (slot >= slots_.size()) return nullptr;
    Meeting& meeting = slots_[slot];
    return meeting.here && meeting.turn == which >> 20 ? &meeting : nullptr;
}

Meetings::Found Meetings::find_member(std::uint64_t who) {
    Meeting* meeting = find(who >> member_bits);
    const std::uint64_t index = who & ((1u << member_bits) - 1);
    if (meeting == nullptr || index >= meeting->members.size()) return {};
    return {meeting, &meeting->members[index]};
}

}  // namespace sim

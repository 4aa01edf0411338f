// What callers do; see callers.hpp.
#include "sim/world/callers.hpp"

#include "journal/stored.hpp"

#include <algorithm>

namespace sim {
namespace {

constexpr const char* server = "server";

std::string digits(std::uint64_t number, std::size_t width) {
    std::string text = std::to_string(number);
    return text.size() >= width ? text : std::string(width - text.size(), '0') + text;
}

using journal::stored;

}  // namespace

Callers::Callers(Ground& ground, Lines& lines, Telephony& telephony, const CallClass& plan,
                 std::uint32_t first_room)
    : ground_(ground),
      lines_(lines),
      telephony_(telephony),
      plan_(plan),
      first_room_(first_room),
      codec_(plan.codec),
      idles_(ground.chance("calls/" + plan.name + "/idle")) {
    for (char& letter : codec_) {
        if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
    }
    rooms_.resize(std::max(1u, plan.rooms));
}

void Callers::set_up() {
    Chance pins = ground_.chance("calls/" + plan_.name + "/pins");
    for (std::size_t i = 0; i < rooms_.size(); ++i) {
        Room& room = rooms_[i];
        room.conference = std::to_string(first_room_ + i);
        room.pin = digits(pins.below(1'000'000), 6);
        const std::string host_pin = "9" + room.pin;
        schema::ClaimNumberT claim;
        claim.owner = "conference/" + room.conference;
        ground_.insist({StreamKind::number, room.conference}, server,
                       actors::command(std::move(claim)));
        schema::CreateConferenceT wish;
        wish.title = plan_.name + " " + std::to_string(i + 1);
        wish.number = room.conference;
        wish.host_pin = stored(ground_.secrets->keyed_pin(room.conference, host_pin));
        wish.guest_pin = stored(ground_.secrets->keyed_pin(room.conference, room.pin));
        ground_.insist({StreamKind::conference, room.conference}, server,
                       actors::command(std::move(wish)));
    }
}

// ---- arrivals

void Callers::begin(double horizon_s) {
    horizon_s_ = horizon_s;
    if (plan_.arrivals.model == Arrivals::Model::none) return;
    if (plan_.arrivals.model == Arrivals::Model::finite_sources) {
        for (std::uint32_t i = 0; i < plan_.arrivals.sources; ++i) source_idle();
        return;
    }
    arrivals_ = arrival_times(plan_.arrivals, ground_.chance("calls/" + plan_.name + "/arrivals"),
                              horizon_s);
    plan_arrival();
}

void Callers::plan_arrival() {
    const auto next = arrivals_->next();
    if (!next || ground_.healed) return;
    ground_.timetable.at(world_begins + seconds_of(*next), [this] {
        if (!ground_.healed) arrive();
        plan_arrival();
    });
}

void Callers::source_idle() {
    ground_.after(idles_.exponential(plan_.arrivals.idle_s), [this] {
        if (!ground_.healed) arrive();
    });
}

void Callers::arrive() {
    const std::uint64_t number = ++born_;
    Chance chance = ground_.chance("calls/" + plan_.name + "/person", number);
    std::uint32_t slot = 0;
    if (free_.empty()) {
        slot = static_cast<std::uint32_t>(slots_.size());
        slots_.push_back({.chance = chance});
    } else {
        slot = free_.back();
        free_.pop_back();
    }
    Person& person = slots_[slot];
    person.chance = chance;
    person.here = true;
    person.attempts = 0;
    person.call = 0;
    person.admitted = {};
    // Drawn first and always, so that a change elsewhere leaves everybody's calls as they were.
    person.room = static_cast<std::uint32_t>(person.chance.below(rooms_.size()));
    person.holding_s = person.chance.draw(plan_.holding_s);
    Room& room = rooms_[person.room];
    if (room.free_numbers.empty()) {
        person.number = room.numbers++;
    } else {
        person.number = room.free_numbers.back();
        room.free_numbers.pop_back();
    }
    ++people_;
    ++ground_.counts.calls;
    attempt(name_of(person));
}

Callers::Person* Callers::find(std::uint64_t who) {
    const auto slot = static_cast<std::uint32_t>(who);
    if (slot >= slots_.size()) return nullptr;
    Person& person = slots_[slot];
    return person.here && person.turn == who >> 32 ? &person : nullptr;
}

std::uint64_t Callers::name_of(const Person& person) const {
    return (std::uint64_t{person.turn} << 32) | static_cast<std::uint64_t>(&person - slots_.data());
}

/// People who call the same conference share its callers' numbers, so that its roster does not grow
/// with every call that ever was.
std::string Callers::number_of(const Person& person) const {
    return "+4930" + rooms_[person.room].conference + digits(person.number, 5);
}

// ---- a line

void Callers::attempt(std::uint64_t who) {
    Person* person = find(who);
    if (person == nullptr) return;
    person->attempted = ground_.now();
    ++person->attempts;
    Figures& figures = ground_.figures;
    const Instant now = ground_.now();
    figures.tick(Metric::attempts, now);
    if (person->attempts > 1) figures.tick(Metric::retrials, now);
    std::optional<double> patience_s;
    if (plan_.patience_s) patience_s = person->chance.draw(*plan_.patience_s);
    const Lines::Outcome outcome = lines_.ask(*this, who, patience_s);
    const bool blocked = outcome == Lines::Outcome::all_in_use || outcome == Lines::Outcome::down;
    figures.hit(Metric::blocked_line, now, outcome == Lines::Outcome::all_in_use);
    figures.hit(Metric::blocked_outage, now, outcome == Lines::Outcome::down);
    if (blocked) {
        figures.hit(Metric::blocking, now, true);
        if (person->attempts == 1) figures.hit(Metric::blocking_first, now, true);
        return turned_away(*person);
    }
    if (outcome == Lines::Outcome::seized) has_line(who);
}

void Callers::has_line(std::uint64_t who) {
    Person* person = find(who);
    ASSERT(person != nullptr);
    person->line = ground_.now();
    const double set_up_s = person->chance.draw(ground_.scenario.trunk.set_up_s);
    if (set_up_s <= 0) return dial(who);
    ground_.after(set_up_s, [this, who] { dial(who); });
}

void Callers::tired_of_waiting(std::uint64_t who) {
    if (Person* person = find(who)) turned_away(*person);
}

void Callers::dial(std::uint64_t who) {
    Person* person = find(who);
    ASSERT(person != nullptr);
    if (lines_.down()) {  // it went down while the network found the way
        lines_.release();
        return turned_away(*person);
    }
    const std::string& room = rooms_[person->room].conference;
    person->call = telephony_.call(*this, who,
                                   {.caller = number_of(*person),
                                    .user = {},
                                    .called = room,
                                    .conference = room,
                                    .codec = codec_});
}

// ---- a call

void Callers::answered(std::uint64_t who) {
    const Person* person = find(who);
    if (person == nullptr) return;
    Figures& figures = ground_.figures;
    figures.sample(Metric::set_up_delay_s, ground_.now(), seconds_in(ground_.now() - person->line));
    figures.hit(Metric::blocking, ground_.now(), false);
    figures.hit(Metric::blocked_port, ground_.now(), false);
    if (person->attempts == 1) figures.hit(Metric::blocking_first, ground_.now(), false);
}

void Callers::asked_for_pin(std::uint64_t who, bool) {
    Person* person = find(who);
    if (person == nullptr) return;
    const std::string& pin = rooms_[person->room].pin;
    const bool wrong = person->chance.with(plan_.wrong_pin);
    const double keying_s = person->chance.draw(plan_.keying_s);
    telephony_.key_pin(person->call, wrong ? pin + "0" : pin, keying_s);
}

void Callers::admitted(std::uint64_t who, CallId) {
    Person* person = find(who);
    if (person == nullptr || person->admitted != Instant{}) return;
    const Instant now = ground_.now();
    person->admitted = now;
    ground_.figures.tick(Metric::carried, now);
    ground_.figures.hit(Metric::turned_away, now, false);
    ground_.figures.sample(Metric::admitted_s, now, seconds_in(now - person->attempted));
    ground_.after(person->holding_s, [this, who] { leave(who); });
}

void Callers::leave(std::uint64_t who) {
    Person* person = find(who);
    if (person == nullptr) return;
    ground_.figures.sample(Metric::holding_s, ground_.now(),
                           seconds_in(ground_.now() - person->admitted));
    ground_.figures.hit(Metric::dropped, ground_.now(), false);
    telephony_.hang_up(person->call);
    done(*person);
}

void Callers::over(std::uint64_t who, const Ending& ending) {
    Person* person = find(who);
    if (person == nullptr) return;
    const Instant now = ground_.now();
    if (person->admitted != Instant{}) {
        ground_.figures.hit(Metric::dropped, now, true);
        return done(*person);
    }
    const bool full = ending.status == 503 || ending.status == 486;
    if (full) {
        ground_.figures.hit(Metric::blocking, now, true);
        ground_.figures.hit(Metric::blocked_port, now, true);
        if (person->attempts == 1) ground_.figures.hit(Metric::blocking_first, now, true);
    } else {
        ground_.figures.hit(Metric::turned_away, now, true);
    }
    turned_away(*person);
}

void Callers::turned_away(Person& person) {
    const std::uint64_t who = name_of(person);
    const Redial& redial = plan_.redial;
    const bool again = person.attempts < redial.attempts_max &&
                       person.chance.with(redial.probability) && !ground_.healed;
    if (!again) return done(person);
    person.call = 0;
    ground_.after(person.chance.draw(redial.delay_s), [this, who] {
        Person* one = find(who);
        if (one == nullptr) return;
        ground_.healed ? done(*one) : attempt(who);
    });
}

void Callers::done(Person& person) {
    rooms_[person.room].free_numbers.push_back(person.number);
    person.here = false;
    ++person.turn;
    free_.push_back(static_cast<std::uint32_t>(&person - slots_.data()));
    --people_;
    ++ground_.counts.calls_ended;
    if (plan_.arrivals.model == Arrivals::Model::finite_sources) source_idle();
}

}  // namespace sim

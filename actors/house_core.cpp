#include "actors/house_core.hpp"

#include <algorithm>
#include <map>
#include <thread>

#include "actors/limits.hpp"
#include "actors/lost_numbers.hpp"
#include "base/planted.hpp"
#include "journal/codec.hpp"

namespace actors {
namespace {

constexpr std::uint64_t commands_in_flight_max = 200'000;  // above it the edges are told `busy`
constexpr Duration housekeeping_every = seconds(1);
constexpr Duration over_after = seconds(2);  // of a leg that has ended: stragglers come sooner
constexpr std::size_t asked_at_once = 10'000;
constexpr Duration retry_after = milliseconds(500);
constexpr int patience_ms = 5'000;  // of a threaded house, at its beginning and end

bool no_room(Refusal why) { return why == Refusal::storage_full || why == Refusal::busy; }

void refuse(Deliver& deliver, Refusal why) { deliver.reply({.refusal = why}); }

}  // namespace

HouseCore::HouseCore(journal::Log& log, Outside& outside, HouseOptions options, Schedule& schedule)
    : options_(std::move(options)),
      log_(log),
      outside_(outside),
      schedule_(schedule),
      ledger_(log.released()) {
    schedule_.serve(*this, *this);
}

// ---- commands

void HouseCore::send(Deliver deliver) {
    if (stopping_.load(std::memory_order_acquire)) return refuse(deliver, Refusal::stopping);
    if (in_flight_.fetch_add(1, std::memory_order_acq_rel) >= commands_in_flight_max) {
        in_flight_.fetch_sub(1, std::memory_order_acq_rel);
        return refuse(deliver, Refusal::busy);
    }
    deliver.reply.counted = &in_flight_;
    schedule_.post({{}, std::move(deliver)});
}

/// Sends until there is room: nobody else would ask again.
void HouseCore::insist(Deliver deliver) {
    const auto wish = std::make_shared<const Deliver>(std::move(deliver));
    send({wish->letter, [this, wish](const Answer& answer) {
              if (no_room(answer.refusal)) return later([this, wish] { insist(*wish); });
              wish->reply(answer);
          }});
}

void HouseCore::later(std::function<void()> errand) {
    schedule_.errand([this, again = std::move(errand)]() mutable {
        schedule_.after(retry_after, std::move(again));
    });
}

// ---- residents

Mailbox& HouseCore::resident(const StreamId& stream) {
    auto* known = residents_.find(stream);
    if (!known) {
        known = &residents_.add(stream, schedule_.open(stream), now());
        resident_count_.store(residents_.size(), std::memory_order_relaxed);
    }
    residents_.use(*known, now());
    return *known->address;
}

/// Those idle for so long, and the `crowd` idlest in any case.
void HouseCore::ask_to_sleep(std::list<Residents::Resident>& idlest_first, Duration idle_after,
                             std::size_t crowd) {
    std::vector<Residents::Resident*> asked;
    for (auto& one : idlest_first) {
        const bool idle = now() - one.used >= idle_after;
        if ((!idle && asked.size() >= crowd) || asked.size() >= asked_at_once) break;
        one.address->put(GoToSleep{});
        asked.push_back(&one);
    }
    // Those who cannot sleep, being watched, must not stand in the way of the next.
    for (auto* one : asked) residents_.stays(*one, now());
}

void HouseCore::keep_house() {
    log_.mark_released(ledger_.mark());
    const std::size_t crowd =
        residents_.size() - std::min(residents_.size(), options_.resident_max);
    ask_to_sleep(residents_.over_first(), std::min(over_after, options_.idle_after), 0);
    ask_to_sleep(residents_.idlest_first(), options_.idle_after, crowd);
    arm();
    schedule_.after(housekeeping_every, [this] { keep_house(); });
}

void HouseCore::noted(const StreamId& stream, const Note& note) {
    switch (note.what) {
        case Note::What::wake_at: return wake_at(stream, note.at);
        case Note::What::slept: return let_go(stream, note.handled);
        case Note::What::over:
            if (auto* known = residents_.find(stream)) residents_.over(*known);
            return;
    }
}

void HouseCore::let_go(const StreamId& stream, std::uint64_t handled) {
    auto* known = residents_.find(stream);
    if (!known || known->sent != handled) return;  // something is on its way: it stays
    known->address->put(Leave{});
    residents_.remove(*known);
    resident_count_.store(residents_.size(), std::memory_order_relaxed);
    passivations_.fetch_add(1, std::memory_order_relaxed);
}

// ---- deadlines

// Far deadlines wait for a later round of housekeeping, so that few timers are ever under way.
void HouseCore::arm() {
    const Instant next = deadlines_.next();
    if (next == Instant{} || (armed_for_ != Instant{} && armed_for_ <= next)) return;
    if (next - now() > housekeeping_every) return;
    armed_for_ = next;
    schedule_.after(next - now(), [this, next] { wake_due(next); });
}

void HouseCore::wake_due(Instant due) {
    if (due != armed_for_) return;  // an earlier deadline came in between
    armed_for_ = {};
    for (const auto& [at, stream] : deadlines_.take_due(now())) {
        const CommandId id = command_id_of("wake:" + stream.text() + ":" + std::to_string(at.us));
        send({letter({id, {}, now(), stream, "server"}, command(schema::WakeT{})),
              [this, stream](const Answer& answer) {
                  if (no_room(answer.refusal)) schedule_.errand([=, this] { wake_soon(stream); });
              }});
    }
    arm();
}

// One that has passed already was given back by a full disk, or came while the server was down.
void HouseCore::wake_at(const StreamId& stream, Instant at) {
    const bool late = at != Instant{} && at <= now();
    deadlines_.set(stream, late ? now() + retry_after : at);
    arm();
}

void HouseCore::wake_soon(const StreamId& stream) {
    if (deadlines_.has(stream)) return;
    deadlines_.set(stream, now() + retry_after);
    arm();
}

// ---- notes

void HouseCore::failed(journal::Fault fault) {
    if (options_.on_fatal && !fatal_.exchange(true)) options_.on_fatal(fault);
}

void HouseCore::count(std::uint64_t HouseStatistics::*what) {
    const auto counter = [&]() -> std::atomic<std::uint64_t>& {
        if (what == &HouseStatistics::commands) return commands_;
        if (what == &HouseStatistics::refusals) return refusals_;
        if (what == &HouseStatistics::transitions) return transitions_;
        if (what == &HouseStatistics::repeated) return repeated_;
        if (what == &HouseStatistics::effects) return effects_;
        return subscriptions_;
    };
    counter().fetch_add(1, std::memory_order_relaxed);
}

HouseStatistics HouseCore::statistics() const {
    const auto read = [](const std::atomic<std::uint64_t>& one) {
        return one.load(std::memory_order_relaxed);
    };
    return {.commands = read(commands_),
            .refusals = read(refusals_),
            .transitions = read(transitions_),
            .repeated = read(repeated_),
            .effects = read(effects_),
            .resident = read(resident_count_),
            .passivations = read(passivations_),
            .subscriptions = read(subscriptions_)};
}

// ---- beginning and end

void HouseCore::release_again() {
    const journal::Position last = log_.last_position();
    std::map<std::string, ReleaseAgain> by_stream;
    const journal::Position released =
        planted::is("nothing_released_again") ? last : log_.released();
    for (journal::Position from = released + 1; from <= last;) {
        const auto records = log_.read_all(from, 1024);
        if (!records.ok() || records.value().empty()) break;
        for (const journal::Record& record : records.value()) {
            from = record.position + 1;
            ledger_.open(record.position);
            const auto transition = journal::decode_transition(record.payload);
            if (!transition.ok()) continue;
            by_stream[transition.value().stream].transitions.push_back(
                {transition.value().sequence, record.position});
        }
    }
    for (auto& [name, again] : by_stream) {
        if (const auto stream = parse_stream(name)) schedule_.post({*stream, std::move(again)});
    }
}

// Until it is stored the number is taken, so nobody claims it in between.
void HouseCore::give_numbers_back() {
    if (planted::is("lost_numbers_kept")) return;
    for (const LostNumber& lost : lost_numbers(log_)) {
        schema::ReleaseNumberT wish;
        wish.owner = lost.owner;
        const CommandId id =
            command_id_of("lost:" + lost.number.text() + ":" + std::to_string(log_.epoch()));
        insist({letter({id, {}, now(), lost.number, "server"}, command(std::move(wish))), {}});
    }
}

void HouseCore::start() {
    release_again();
    give_numbers_back();
    std::size_t restarted = 0;
    const auto counted = std::make_shared<std::atomic<std::size_t>>(0);
    for (const journal::AgendaEntry& entry : log_.agenda()) {
        const auto stream = parse_stream(entry.stream);
        if (!stream) continue;
        if (entry.agenda.wake_at != Instant{})
            note(*stream, {.what = Note::What::wake_at, .at = entry.agenda.wake_at});
        if (!entry.agenda.on_restart) continue;
        if (planted::is("restart_not_told_to_legs") && stream->kind == StreamKind::call_leg)
            continue;
        schema::RestartedT told;
        told.epoch = log_.epoch();
        const CommandId id = restarted_id(entry.stream, log_.epoch());
        ++restarted;
        insist({letter({id, {}, now(), *stream, "server"}, command(told)),
                [counted](const Answer&) { ++*counted; }});
    }
    schedule_.errand([this] { keep_house(); });
    // Threaded houses settle their restart before the first call comes in.
    for (int waits = 0; schedule_.runs_itself() && *counted < restarted && waits < patience_ms;
         ++waits) {
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
}

void HouseCore::stop() {
    stopping_.store(true, std::memory_order_release);
    const bool driven = !schedule_.runs_itself();
    if (driven) schedule_.run();
    for (int waits = 0;
         !driven && in_flight_.load(std::memory_order_acquire) > 0 && waits < patience_ms;
         ++waits) {
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    log_.mark_released(ledger_.mark());
    say_goodbye(false);
    if (driven) {
        // A simulated disk that died answers nobody: those who still wait for it must go, too.
        schedule_.run();
        say_goodbye(true);
        schedule_.run();
    }
    schedule_.end();
}

void HouseCore::say_goodbye(bool at_once) {
    schedule_.errand([this, at_once] {
        for (auto* all : {&residents_.idlest_first(), &residents_.over_first()}) {
            for (const auto& one : *all) one.address->put(Leave{at_once});
        }
    });
}

void HouseCore::end_silently() {
    for (auto* all : {&residents_.idlest_first(), &residents_.over_first()}) {
        for (const auto& one : *all) one.address->put(GoToSleep{});
    }
    schedule_.end();
}

}  // namespace actors

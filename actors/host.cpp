#include "actors/host.hpp"

#include <algorithm>
#include <atomic>
#include <map>

#include "actors/limits.hpp"
#include "base/planted.hpp"
#include "journal/codec.hpp"
#include "journal/stored.hpp"

namespace actors {
namespace {

constexpr std::size_t effects_mostly = 4;  // of one transition, and hardly ever more

// Those whose transition certainly was not written may try again; the others must ask after the
// restart.
Refusal refusal_of(journal::Fault fault) {
    switch (fault) {
        case journal::Fault::disk_full: return Refusal::storage_full;
        case journal::Fault::overloaded: return Refusal::busy;
        case journal::Fault::closed: return Refusal::stopping;
        case journal::Fault::none:
        case journal::Fault::io:
        case journal::Fault::wrong_expected_sequence:
        case journal::Fault::fenced:
        case journal::Fault::corrupt: return Refusal::storage_failed;
    }
    return Refusal::storage_failed;
}

CommandId cause_of(const schema::TransitionT& transition) {
    return journal::loaded(transition.command_id);
}

bool worth_another_try(Refusal why) { return why == Refusal::storage_full || why == Refusal::busy; }

/// The effects of one transition that are under way to other entities.
struct Told {
    Told(Surroundings& house, journal::Position which) : around(house), position(which) {}
    void close_one() {
        if (open.fetch_sub(1, std::memory_order_acq_rel) == 1) around.released(position);
    }

    Surroundings& around;
    const journal::Position position;
    std::atomic<std::uint32_t> open{1};
};

/// Brings a Tell to its entity until that has decided it. It stays open when this process ends
/// first: the transition then counts as unreleased, and the next start tells it again.
void tell(const std::shared_ptr<Told>& told, const std::shared_ptr<Letter>& letter) {
    told->around.deliver({letter, [told, letter](const Answer& answer) {
                              if (worth_another_try(answer.refusal))
                                  return told->around.later([told, letter] { tell(told, letter); });
                              const bool undecided = answer.refusal == Refusal::stopping ||
                                                     answer.refusal == Refusal::storage_failed;
                              if (!undecided) told->close_one();
                          }});
}

}  // namespace

CommandId restarted_id(const std::string& stream, std::uint64_t epoch) {
    return command_id_of("restarted:" + stream + ":" + std::to_string(epoch));
}

Host::Host(StreamId stream, Surroundings& around, Mailbox& self)
    : around_(around), self_(self), history_(std::move(stream)) {}

void Host::on(Post& post) {
    std::visit([&](auto& one) { handle(one); }, post);
}

bool Host::load() {
    if (loaded_ || damaged_) return loaded_;
    const auto done = history_.load(around_.log());
    damaged_ = !done.ok();
    loaded_ = done.ok();
    if (!loaded_) return false;
    durable_ = history_.sequence();
    snapshot_at_ = durable_;
    agenda_ = history_.machine().agenda();
    return true;
}

void Host::wake_at(Instant at) {
    around_.note(history_.stream(), {.what = Note::What::wake_at, .at = at});
}

bool Host::is_over() const {
    return history_.stream().kind == StreamKind::call_leg && agenda_.empty();
}

Watched Host::watched() const { return {around_.log(), history_.text(), durable_}; }

View Host::view() const {
    return {history_.stream(), history_.sequence(), history_.epoch(), history_.machine().state()};
}

// ---- commands

void Host::handle(Deliver& post) {
    ++handled_;
    around_.count(&HouseStatistics::commands);
    const auto refuse = [&](Refusal why) {
        around_.count(&HouseStatistics::refusals);
        post.reply({.refusal = why, .sequence = durable_, .epoch = history_.epoch()});
    };
    if (!load()) return refuse(Refusal::storage_failed);
    if (leaving_) return refuse(Refusal::stopping);
    if (giving_back_) return refuse(why_);
    const Envelope& envelope = post.letter->envelope;
    const auto before =
        planted::is("resend_stored_twice") ? std::nullopt : history_.decided_at(envelope.id);
    if (before) {
        around_.count(&HouseStatistics::repeated);
        return answer_when_durable(
            std::move(post.reply),
            {.sequence = *before, .epoch = epoch_of(*before), .repeated = true});
    }
    if (pending_.size() >= in_flight_max) return refuse(Refusal::busy);
    restart_first(*post.letter);
    const bool wakes = post.letter->command.type == schema::Command::Wake;
    std::list<Pending> draft(1);
    const auto done = history_.draft_into(
        draft.front().transition,
        {envelope.id, envelope.cause, envelope.now, envelope.by, around_.log().epoch()},
        post.take_command());
    if (!done.ok()) return refuse(done.error());
    if (draft.front().transition.events.empty()) {
        // Woken too soon: the directory has forgotten the deadline that still stands.
        if (wakes && agenda_.wake_at != Instant{}) wake_at(agenda_.wake_at);
        return answer_when_durable(std::move(post.reply),
                                   {.sequence = history_.sequence(), .epoch = history_.epoch()});
    }
    append(std::move(draft), std::move(post.reply));
}

// Telephones of an earlier run are given up before anything else is decided. The house says so as
// it starts, yet a full disk may keep that back, and then it would take telephones of this run
// along.
void Host::restart_first(const Letter& before) {
    const std::uint64_t epoch = around_.log().epoch();
    const bool due = agenda_.on_restart && history_.epoch() < epoch;
    if (!due || before.command.type == schema::Command::Restarted) return;
    if (planted::is("restart_not_told_to_legs") || planted::is("restarted_too_late")) return;
    schema::RestartedT told;
    told.epoch = epoch;
    std::list<Pending> draft(1);
    const auto done = history_.draft_into(
        draft.front().transition,
        {restarted_id(history_.text(), epoch), {}, before.envelope.now, "server", epoch},
        command(told));
    if (done.ok() && !draft.front().transition.events.empty()) append(std::move(draft), {});
}

void Host::append(std::list<Pending> draft, Answering reply) {
    around_.count(&HouseStatistics::transitions);
    pending_.splice(pending_.end(), draft);
    Pending& pending = pending_.back();
    pending.sequence = pending.transition.sequence;
    pending.reply = std::move(reply);
    pending.effects.reserve(effects_mostly);
    const schema::TransitionT& transition = pending.transition;
    journal::Append append{.stream = history_.text(),
                           .sequence = transition.sequence,
                           .payload = journal::encode(transition),
                           .durability = journal::durability_of(transition)};
    const bool follows =
        history_.fold(transition, append.payload,
                      [&](const Context& at, const auto& fact, const Machine& machine) {
                          machine.react(at, fact, pending.effects);
                      });
    ASSERT(follows);  // we made it ourselves, for this place
    append.hash = history_.head();
    const journal::Agenda agenda = history_.machine().agenda();
    if (agenda != agenda_) {
        if (!planted::is("agenda_not_stored")) append.agenda = agenda;
        if (agenda.wake_at != agenda_.wake_at && !planted::is("timer_lost"))
            wake_at(agenda.wake_at);
        agenda_ = agenda;
        if (is_over()) around_.note(history_.stream(), {.what = Note::What::over});
    }
    if (history_.sequence() >= snapshot_at_ + snapshot_every) {
        pending.snapshot = journal::encode(history_.snapshot());
        snapshot_at_ = history_.sequence();
    }
    if (planted::is("effect_before_sync"))
        release(history_.text(), transition.sequence, 0, cause_of(transition), {transition.now},
                pending.effects, false);
    if (planted::is("reply_before_sync"))
        std::exchange(pending.reply,
                      {})({.sequence = transition.sequence, .epoch = transition.epoch});
    append.done = [this, sequence = transition.sequence](const journal::Appended& result) {
        if (result.fault == journal::Fault::none) around_.opened(result.position);
        self_.put(Completed{sequence, result});  // there we are while it is pending
    };
    around_.log().append(std::move(append));
}

std::uint64_t Host::epoch_of(std::uint64_t sequence) const {
    if (sequence > durable_) return around_.log().epoch();
    const auto record = around_.log().read_stream(history_.text(), sequence, 1);
    if (!record.ok() || record.value().empty()) return 0;
    const auto transition = journal::decode_transition(record.value().front().payload);
    return transition.ok() ? transition.value().epoch : 0;
}

void Host::answer_when_durable(Answering reply, Answer answer) {
    if (pending_.empty()) return reply(answer);
    pending_.back().answers.emplace_back(std::move(reply), answer);
}

// ---- the journal's word

void Host::handle(Completed& post) {
    ASSERT(!pending_.empty() && pending_.front().sequence == post.sequence);
    std::list<Pending> first;
    first.splice(first.begin(), pending_, pending_.begin());
    Pending& done = first.front();
    const journal::Fault fault = post.result.fault;
    if (fault == journal::Fault::none) {
        ASSERT(!giving_back_);  // log.hpp: nothing of a stream is stored behind what failed
        complete(done, post.result.position);
    } else {
        // What failed behind the first one failed only because of it.
        if (!giving_back_) why_ = refusal_of(fault);
        if (why_ == Refusal::storage_failed) around_.failed(fault);
        giving_back_ = true;
        give_back(done);
    }
    if (giving_back_ && pending_.empty()) reload();
    leave_if_idle();
}

void Host::complete(Pending& done, journal::Position position) {
    durable_ = done.sequence;
    const CommandId cause = cause_of(done.transition);
    const Instant now{done.transition.now};
    done.reply({.sequence = done.sequence, .epoch = done.transition.epoch});
    if (!followers_.empty()) {
        followers_.publish(std::make_shared<const schema::TransitionT>(std::move(done.transition)));
    }
    release(history_.text(), done.sequence, position, cause, now, done.effects, false);
    for (auto& [reply, answer] : done.answers) reply(answer);
    for (auto& [asked, view] : done.views) show(asked, view);
    if (!done.snapshot.empty()) {
        around_.log().put_snapshot(history_.text(), {done.sequence, std::move(done.snapshot)});
    }
}

// What was applied and could not be stored is taken back: everybody who waits is told, then the log
// is read again.
void Host::give_back(Pending& failed) {
    const Refusal told = planted::is("full_disk_acknowledged") ? Refusal::none : why_;
    failed.reply({.refusal = told, .sequence = told == Refusal::none ? failed.sequence : durable_});
    for (auto& [reply, answer] : failed.answers) {
        const bool stands = answer.sequence <= durable_;
        answer.refusal = stands ? Refusal::none : why_;
        reply(answer);
    }
    for (auto& [asked, view] : failed.views) waiting_.push_back(std::move(asked));
}

void Host::reload() {
    giving_back_ = false;
    loaded_ = false;
    const journal::Agenda told = agenda_;
    if (load() && agenda_.wake_at != told.wake_at) wake_at(agenda_.wake_at);
    std::vector<Post> again;
    again.swap(waiting_);
    handled_ -= again.size();  // they were counted when they came
    for (Post& post : again) on(post);
}

// ---- effects

void Host::perform(const std::string& by, std::uint64_t sequence, std::uint32_t index,
                   const Effect& effect, bool again) {
    around_.count(&HouseStatistics::effects);
    // Telephones did not survive a restart: what concerned them is settled by Restarted.
    if (again && !std::holds_alternative<OfferText>(effect)) return;
    around_.outside().perform(effect, {by, sequence, index});
}

void Host::release(const std::string& by, std::uint64_t sequence, journal::Position position,
                   CommandId cause, Instant now, Effects& effects, bool again) {
    // The transition counts as released when every entity it told has stored what it made of it.
    const bool tells = std::ranges::any_of(
        effects, [](const Effect& one) { return std::holds_alternative<Tell>(one); });
    if (!tells) {
        for (std::uint32_t i = 0; i < effects.size(); ++i)
            perform(by, sequence, i, effects[i], again);
        return around_.released(position);
    }
    const auto told = std::make_shared<Told>(around_, position);
    for (std::uint32_t i = 0; i < effects.size(); ++i) {
        const std::uint32_t index = planted::is("effect_key_reused") ? 0 : i;
        auto* tell_to = std::get_if<Tell>(&effects[i]);
        if (!tell_to) {
            perform(by, sequence, index, effects[i], again);
            continue;
        }
        around_.count(&HouseStatistics::effects);
        // Nobody may be called for a seat that Restarted has just given up.
        if (again && tell_to->command.type == schema::Command::PlaceCall) continue;
        told->open.fetch_add(1, std::memory_order_relaxed);
        tell(told, letter({derived_command_id(by, sequence, index), cause, now,
                           std::move(tell_to->to), by},
                          std::move(tell_to->command)));
    }
    told->close_one();
}

void Host::handle(ReleaseAgain& post) {
    ++handled_;
    if (post.transitions.empty()) return;
    std::map<std::uint64_t, std::pair<journal::Position, Effects>> wanted;
    for (const auto& one : post.transitions) wanted[one.sequence].first = one.position;
    struct Origin {
        CommandId cause;
        Instant now;
    };
    std::map<std::uint64_t, Origin> told;
    History past{history_.stream()};
    const auto done = past.load(around_.log(), wanted.begin()->first,
                                [&](const Context& at, const auto& fact, const Machine& machine) {
                                    const auto found = wanted.find(at.sequence);
                                    if (found == wanted.end()) return;
                                    machine.react(at, fact, found->second.second);
                                    told[at.sequence] = {at.id, at.now};
                                });
    if (!done.ok()) {
        damaged_ = true;
        return;  // unreleased they stay, for the start after the repair
    }
    for (auto& [sequence, one] : wanted) {
        release(history_.text(), sequence, one.first, told[sequence].cause, told[sequence].now,
                one.second, true);
    }
}

// ---- leaving memory

void Host::handle(GoToSleep&) {
    if (!pending_.empty() || !followers_.empty() || !waiting_.empty() || giving_back_) return;
    // Nobody is likely to come back to a call that is over, and it is read in no time.
    if (loaded_ && history_.sequence() > snapshot_at_ && !is_over()) {
        snapshot_at_ = history_.sequence();
        around_.log().put_snapshot(history_.text(),
                                   {snapshot_at_, journal::encode(history_.snapshot())});
    }
    around_.log().forget(history_.text());
    around_.note(history_.stream(), {.what = Note::What::slept, .handled = handled_});
}

void Host::handle(Leave& post) {
    leaving_ = true;
    if (post.at_once) {
        why_ = Refusal::storage_failed;
        for (Pending& pending : pending_) give_back(pending);
        pending_.clear();
    }
    leave_if_idle();
}

void Host::leave_if_idle() {
    if (!leaving_ || !pending_.empty() || gone_) return;
    gone_ = true;
    followers_.clear();
    for (Post& asked : waiting_) {
        if (auto* one = std::get_if<AskView>(&asked)) one->reply({history_.stream(), 0, 0, {}});
    }
    waiting_.clear();
}

}  // namespace actors

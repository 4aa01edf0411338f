#include "actors/host.hpp"

#include <algorithm>
#include <atomic>

#include "actors/limits.hpp"
#include "base/planted.hpp"
#include "journal/codec.hpp"

namespace actors {
namespace {

constexpr std::size_t page = 256;            // transitions a follower gets between two other posts
constexpr std::uint64_t behind_max = 5'000;  // further back, the state is told instead

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

bool worth_another_try(Refusal why) { return why == Refusal::storage_full || why == Refusal::busy; }

/// Brings a Tell to its entity until that has decided it. `decided` is not called when this process
/// ends first: the transition then counts as unreleased, and the next start tells it again.
void tell(Surroundings& around, std::shared_ptr<const Deliver> letter,
          std::function<void()> decided) {
    Deliver copy = *letter;
    copy.reply = [&around, letter, decided = std::move(decided)](const Answer& answer) {
        if (worth_another_try(answer.refusal)) {
            return around.later([&around, letter, decided] { tell(around, letter, decided); });
        }
        const bool undecided =
            answer.refusal == Refusal::stopping || answer.refusal == Refusal::storage_failed;
        if (!undecided) decided();
    };
    around.deliver(std::move(copy));
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
    const auto before =
        planted::is("resend_stored_twice") ? std::nullopt : history_.decided_at(post.envelope.id);
    if (before) {
        around_.count(&HouseStatistics::repeated);
        return answer_when_durable(
            std::move(post.reply),
            {.sequence = *before, .epoch = epoch_of(*before), .repeated = true});
    }
    if (pending_.size() >= in_flight_max) return refuse(Refusal::busy);
    restart_first(post);
    const Envelope& envelope = post.envelope;
    const bool wakes = post.command.type == schema::Command::Wake;
    auto draft = history_.draft(envelope.id, envelope.cause, envelope.now, envelope.by,
                                around_.log().epoch(), std::move(post.command));
    if (!draft.ok()) return refuse(draft.error());
    if (!draft.value().changes()) {
        // Woken too soon: the directory has forgotten the deadline that still stands.
        if (wakes && agenda_.wake_at != Instant{})
            around_.wake_at(history_.stream(), agenda_.wake_at);
        return answer_when_durable(std::move(post.reply),
                                   {.sequence = history_.sequence(), .epoch = history_.epoch()});
    }
    append(std::move(draft).value(), std::move(post.reply));
}

// Telephones of an earlier run are given up before anything else is decided. The house says so as
// it starts, yet a full disk may keep that back, and then it would take telephones of this run
// along.
void Host::restart_first(const Deliver& before) {
    const std::uint64_t epoch = around_.log().epoch();
    const bool due = agenda_.on_restart && history_.epoch() < epoch;
    if (!due || before.command.type == schema::Command::Restarted) return;
    if (planted::is("restart_not_told_to_legs") || planted::is("restarted_too_late")) return;
    schema::RestartedT told;
    told.epoch = epoch;
    auto draft = history_.draft(restarted_id(history_.text(), epoch), {}, before.envelope.now,
                                "server", epoch, command(told));
    if (draft.ok() && draft.value().changes()) append(std::move(draft).value(), {});
}

void Host::append(History::Draft draft, Answering reply) {
    around_.count(&HouseStatistics::transitions);
    const auto shared = std::make_shared<const schema::TransitionT>(std::move(draft.transition));
    Pending pending{.sequence = shared->sequence, .transition = shared, .reply = std::move(reply)};
    journal::Append append{.stream = history_.text(),
                           .sequence = shared->sequence,
                           .payload = journal::encode(*shared),
                           .durability = journal::durability_of(*shared)};
    const bool follows = history_.fold(
        *shared, append.payload, [&](const Context& at, const auto& fact, const Machine& machine) {
            machine.react(at, fact, pending.effects);
        });
    ASSERT(follows);  // we made it ourselves, for this place
    append.hash = history_.head();
    const journal::Agenda agenda = history_.machine().agenda();
    if (agenda != agenda_) {
        if (!planted::is("agenda_not_stored")) append.agenda = agenda;
        if (agenda.wake_at != agenda_.wake_at && !planted::is("timer_lost"))
            around_.wake_at(history_.stream(), agenda.wake_at);
        const bool ended = agenda.empty() && history_.stream().kind == StreamKind::call_leg;
        if (ended) around_.over(history_.stream());
        agenda_ = agenda;
    }
    if (history_.sequence() >= snapshot_at_ + snapshot_every) {
        pending.snapshot = journal::encode(history_.snapshot());
        snapshot_at_ = history_.sequence();
    }
    if (planted::is("effect_before_sync"))
        release(history_.text(), shared->sequence, 0,
                {shared->command_id.high(), shared->command_id.low()}, {shared->now},
                pending.effects, false);
    if (planted::is("reply_before_sync"))
        std::exchange(pending.reply, {})({.sequence = shared->sequence, .epoch = shared->epoch});
    append.done = [this, sequence = shared->sequence](const journal::Appended& result) {
        if (result.fault == journal::Fault::none) around_.opened(result.position);
        self_.put(Completed{sequence, result});  // there we are while it is pending
    };
    pending_.push_back(std::move(pending));
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
    Pending done = std::move(pending_.front());
    pending_.pop_front();
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
    const schema::TransitionT& transition = *done.transition;
    done.reply({.sequence = done.sequence, .epoch = transition.epoch});
    publish(done.transition);
    release(history_.text(), done.sequence, position,
            {transition.command_id.high(), transition.command_id.low()}, {transition.now},
            done.effects, false);
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
    if (load() && agenda_.wake_at != told.wake_at)
        around_.wake_at(history_.stream(), agenda_.wake_at);
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
    const auto open = std::make_shared<std::atomic<std::uint32_t>>(1);
    const auto close_one = [&around = around_, open, position] {
        if (open->fetch_sub(1, std::memory_order_acq_rel) == 1) around.released(position);
    };
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
        open->fetch_add(1, std::memory_order_relaxed);
        tell(around_,
             std::make_shared<const Deliver>(Deliver{
                 {derived_command_id(by, sequence, index), cause, now, std::move(tell_to->to), by},
                 std::move(tell_to->command),
                 {}}),
             close_one);
    }
    close_one();
}

void Host::handle(ReleaseAgain& post) {
    ++handled_;
    if (post.transitions.empty()) return;
    std::map<std::uint64_t, std::pair<journal::Position, Effects>> wanted;
    for (const auto& one : post.transitions) wanted[one.sequence].first = one.position;
    struct Told {
        CommandId cause;
        Instant now;
    };
    std::map<std::uint64_t, Told> told;
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

// ---- those who watch

void Host::handle(AskView& post) {
    ++handled_;
    if (giving_back_) return waiting_.push_back(std::move(post));
    if (!load()) return post.reply({history_.stream(), 0, 0, {}});
    if (pending_.empty()) return post.reply(view());
    pending_.back().views.emplace_back(std::move(post), view());
}

bool Host::cursor_holds(const Cursor& cursor) const {
    if (cursor.sequence == 0) return durable_ < behind_max;
    if (cursor.sequence > durable_ || durable_ - cursor.sequence > behind_max) return false;
    const auto record = around_.log().read_stream(history_.text(), cursor.sequence, 1);
    if (!record.ok() || record.value().empty()) return false;
    const auto transition = journal::decode_transition(record.value().front().payload);
    return transition.ok() && transition.value().epoch == cursor.epoch;
}

void Host::handle(Follow& post) {
    ++handled_;
    if (giving_back_) return waiting_.push_back(std::move(post));
    if (!load()) return post.subscriber->on_view({history_.stream(), 0, 0, {}});
    around_.count(&HouseStatistics::subscriptions);
    drop_follow(post.subscriber);
    if (post.from && cursor_holds(*post.from)) {
        const bool behind = post.from->sequence < durable_;
        const bool skips = behind && planted::is("follower_skips_on_resubscribe");
        add_follower(post.subscriber, post.from->sequence + (skips ? 1 : 0), behind);
        if (followers_.back().behind) self_.put(CatchUp{post.subscriber});
        return;
    }
    follow_by_view(std::move(post));
}

void Host::follow_by_view(Post asked) {
    if (pending_.empty()) return show(asked, view());
    pending_.back().views.emplace_back(std::move(asked), view());
}

void Host::show(Post& asked, const View& view) {
    if (auto* one = std::get_if<AskView>(&asked)) return one->reply(view);
    auto& follow = std::get<Follow>(asked);
    follow.subscriber->on_view(view);
    add_follower(std::move(follow.subscriber), view.sequence, false);
}

void Host::add_follower(std::shared_ptr<Subscriber> subscriber, std::uint64_t sent, bool behind) {
    followers_.push_back({std::move(subscriber), sent, behind});
}

void Host::handle(CatchUp& post) {
    const auto found = std::ranges::find(followers_, post.subscriber, &Follower::subscriber);
    if (found == followers_.end() || !found->behind) return;
    const std::uint64_t before = found->sent;
    const auto read = around_.log().read_stream(history_.text(), before + 1, page);
    const auto records = read.ok() ? read.value() : std::vector<journal::Record>{};
    for (const journal::Record& record : records) {
        auto transition = journal::decode_transition(record.payload);
        if (!transition.ok() || transition.value().sequence > durable_) break;
        found->sent = transition.value().sequence;
        found->subscriber->on_transition(
            std::make_shared<const schema::TransitionT>(std::move(transition).value()));
    }
    if (found->sent == before) {  // cannot be read: the state, then, rather than a gap
        drop_follow(post.subscriber);
        return follow_by_view(Follow{std::move(post.subscriber), std::nullopt});
    }
    found->behind = found->sent < durable_;
    if (found->behind) self_.put(std::move(post));
}

void Host::publish(const SharedTransition& transition) {
    for (Follower& one : followers_) {
        if (one.behind || transition->sequence != one.sent + 1)
            continue;  // it is still being caught up
        one.sent = transition->sequence;
        one.subscriber->on_transition(transition);
    }
}

void Host::handle(Unfollow& post) {
    ++handled_;
    drop_follow(post.subscriber);
}

void Host::drop_follow(const std::shared_ptr<Subscriber>& subscriber) {
    std::erase_if(followers_, [&](const Follower& one) { return one.subscriber == subscriber; });
    const auto same = [&](const Post& asked) {
        const auto* follow = std::get_if<Follow>(&asked);
        return follow && follow->subscriber == subscriber;
    };
    std::erase_if(waiting_, same);
    for (Pending& pending : pending_)
        std::erase_if(pending.views, [&](const auto& one) { return same(one.first); });
}

// ---- leaving memory

void Host::handle(GoToSleep&) {
    if (!pending_.empty() || !followers_.empty() || !waiting_.empty() || giving_back_) return;
    if (loaded_ && history_.sequence() > snapshot_at_) {
        snapshot_at_ = history_.sequence();
        around_.log().put_snapshot(history_.text(),
                                   {snapshot_at_, journal::encode(history_.snapshot())});
    }
    around_.log().forget(history_.text());
    around_.slept(history_.stream(), handled_);
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

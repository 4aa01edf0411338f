#include "actors/history.hpp"

#include <algorithm>

#include "actors/limits.hpp"
#include "base/planted.hpp"
#include "journal/codec.hpp"
#include "journal/stored.hpp"

namespace actors {
namespace {

constexpr std::size_t page = 512;  // transitions read at once

using journal::loaded;
using journal::stored;

}  // namespace

History::History(StreamId stream)
    : stream_(std::move(stream)), text_(stream_.text()), machine_(make_machine(stream_.kind)) {}

void History::forget_everything() {
    machine_ = make_machine(stream_.kind);
    sequence_ = 0;
    epoch_ = 0;
    head_ = {};
    last_now_ = {};
    recent_.clear();
}

// A snapshot is a cache and is believed only if the log has the very transition it was made after.
bool History::restore(const journal::Log& log, const journal::StoredSnapshot& kept) {
    auto decoded = journal::decode_snapshot(kept.payload);
    if (!decoded.ok()) return false;
    const schema::SnapshotT& snapshot = decoded.value();
    if (snapshot.stream != text_ || snapshot.sequence != kept.sequence) return false;
    if (snapshot.schema_version != fold_version) return false;  // today's rules may fold otherwise
    const auto record = log.read_stream(text_, snapshot.sequence, 1);
    if (!record.ok() || record.value().size() != 1) return false;
    const std::string& payload = record.value().front().payload;
    if (journal::hash_of(payload) != loaded(snapshot.head)) return false;
    auto transition = journal::decode_transition(payload);
    if (!transition.ok() || transition.value().stream != text_) return false;
    if (transition.value().sequence != snapshot.sequence) return false;
    if (!machine_->restore(snapshot.state)) return false;
    sequence_ = snapshot.sequence;
    epoch_ = transition.value().epoch;
    head_ = loaded(snapshot.head);
    last_now_ = {snapshot.last_now};
    std::size_t count = std::min(snapshot.recent_commands.size(), snapshot.recent_sequences.size());
    if (planted::is("snapshot_off_by_one") && count > 0) --count;
    for (std::size_t i = 0; i < count; ++i) {
        recent_.add(loaded(snapshot.recent_commands[i]), snapshot.recent_sequences[i]);
    }
    return true;
}

Done<journal::Fault> History::load(const journal::Log& log, std::uint64_t before,
                                   const OnEvent& on_event) {
    forget_everything();
    const auto kept = log.snapshot(text_);
    if (kept && (before == 0 || kept->sequence < before) && !restore(log, *kept))
        forget_everything();
    return read_on(log, on_event);
}

Done<journal::Fault> History::load_all(const journal::Log& log, const OnEvent& on_event) {
    forget_everything();
    return read_on(log, on_event);
}

Done<journal::Fault> History::read_on(const journal::Log& log, const OnEvent& on_event) {
    for (;;) {
        auto records = log.read_stream(text_, sequence_ + 1, page);
        if (!records.ok()) return fail(records.error());
        for (const journal::Record& record : records.value()) {
            auto transition = journal::decode_transition(record.payload);
            if (!transition.ok()) return fail(transition.error());
            if (!fold(transition.value(), record.payload, on_event))
                return fail(journal::Fault::corrupt);
        }
        if (records.value().size() < page) return {};
    }
}

bool History::fold(const schema::TransitionT& transition, std::string_view payload,
                   const OnEvent& on_event) {
    return fold(transition, journal::hash_of(payload), on_event);
}

bool History::fold(const schema::TransitionT& transition, const base::Hash& hash,
                   const OnEvent& on_event) {
    if (transition.stream != text_ || transition.sequence != sequence_ + 1) return false;
    if (loaded(transition.previous) != head_) return false;
    const Context at{stream_,
                     {transition.now},
                     transition.by,
                     loaded(transition.command_id),
                     transition.sequence,
                     transition.behaviour};
    for (const auto& fact : transition.events) {
        if (!machine_->apply(at, fact)) return false;
        if (on_event) on_event(at, fact, *machine_);
    }
    sequence_ = transition.sequence;
    epoch_ = transition.epoch;
    head_ = hash;
    last_now_ = {transition.now};
    recent_.add(at.id, sequence_);
    return true;
}

Done<Refusal> History::draft_into(schema::TransitionT& transition, const Circumstances& around,
                                  schema::CommandUnion command) const {
    // A wall clock may step back; a stream never does.
    const bool back = around.now < last_now_ && !planted::is("time_steps_back");
    const Context at{stream_,       back ? last_now_ : around.now,
                     around.by,     around.id,
                     sequence_ + 1, around.behaviour};
    auto verdict = machine_->decide(at, command);
    if (!verdict.ok()) return fail(verdict.error());
    transition.events = std::move(verdict.value());
    transition.stream = text_;
    transition.sequence = at.sequence;
    transition.epoch = around.epoch;
    transition.command_id = stored(around.id);
    transition.cause_id = stored(around.cause);
    transition.now = at.now.us;
    transition.by = around.by;
    transition.behaviour = around.behaviour;
    transition.previous = stored(head_);
    transition.command = std::move(command);
    return {};
}

Result<History::Draft, Refusal> History::draft(CommandId id, CommandId cause, Instant now,
                                               std::string_view by, std::uint64_t epoch,
                                               schema::CommandUnion command,
                                               std::uint16_t behaviour) const {
    Draft draft;
    const auto done =
        draft_into(draft.transition, {id, cause, now, by, epoch, behaviour}, std::move(command));
    if (!done.ok()) return fail(done.error());
    return draft;
}

schema::SnapshotT History::snapshot() const {
    schema::SnapshotT snapshot;
    snapshot.stream = text_;
    snapshot.sequence = sequence_;
    snapshot.head = stored(head_);
    snapshot.last_now = last_now_.us;
    snapshot.schema_version = fold_version;
    snapshot.recent_commands.reserve(recent_.size());
    snapshot.recent_sequences.reserve(recent_.size());
    for (std::size_t i = 0; i < recent_.size(); ++i) {
        snapshot.recent_commands.push_back(stored(recent_.at(i).id));
        snapshot.recent_sequences.push_back(recent_.at(i).sequence);
    }
    snapshot.state = machine_->state();
    return snapshot;
}

base::Hash state_hash(schema::StateUnion state) {
    schema::SnapshotT alone;
    alone.state = std::move(state);
    return journal::hash_of(journal::encode(alone));
}

base::Hash combined(const base::Hash& so_far, std::string_view stream, const base::Hash& state) {
    return base::blake2b(base::hex(so_far) + ' ' + std::string{stream} + ' ' + base::hex(state));
}

Result<base::Hash, journal::Fault> state_hash_of_all(const journal::Log& log) {
    base::Hash all{};
    // Kinds in byte order of their names, so that the streams come so, too.
    for (const char* prefix :
         {"call_leg/", "conference/", "conversation/", "guard/", "number/", "user/"}) {
        for (std::string after;;) {
            const auto names = log.list_streams(prefix, after, page);
            if (!names.ok()) return fail(names.error());
            for (const std::string& name : names.value()) {
                const auto stream = parse_stream(name);
                if (!stream) return fail(journal::Fault::corrupt);
                History history{*stream};
                if (const auto done = history.load_all(log); !done.ok()) return fail(done.error());
                all = combined(all, name, state_hash(history.machine().state()));
            }
            if (names.value().size() < page) break;
            after = names.value().back();
        }
    }
    return all;
}

}  // namespace actors

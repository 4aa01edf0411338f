#include "replay/verify.hpp"

#include <memory>

#include "actors/history.hpp"
#include "actors/limits.hpp"
#include "actors/refusal.hpp"
#include "journal/codec.hpp"
#include "schema/transition_generated.h"

namespace replay {
namespace {

constexpr std::size_t page = 1024;

std::string json_of(const std::vector<schema::EventUnion>& events) {
    std::string text = "[";
    for (const auto& event : events) {
        if (text.size() > 1) text += ',';
        text += journal::to_json(event);
    }
    return text + "]";
}

CommandId loaded(const schema::Id& id) { return {id.high(), id.low()}; }

/// One stream while it is folded again, and what its snapshot claims.
struct Folded {
    actors::History history;
    std::uint64_t snapshot_at = 0;
    base::Hash snapshot_state{};
};

class Verifier {
public:
    explicit Verifier(const journal::Log& log) : log_(log) {}

    Report run(const Progress& progress) {
        const journal::Position last = log_.last_position();
        for (journal::Position next = 1; next <= last && report_.ok();) {
            const auto records = log_.read_all(next, page);
            if (!records.ok() || records.value().empty()) {
                differs(next, {}, 0, "The journal cannot be read here.");
                break;
            }
            for (const journal::Record& record : records.value()) {
                if (record.position > last || !report_.ok()) break;
                check(record);
                next = record.position + 1;
            }
            if (progress) progress(next - 1, last);
        }
        for (const auto& [name, one] : streams_) {
            const auto state = one->history.machine().state();
            report_.state = actors::combined(report_.state, name, actors::state_hash(state));
        }
        report_.streams = streams_.size();
        return std::move(report_);
    }

private:
    void differs(journal::Position position, std::string stream, std::uint64_t sequence,
                 std::string what, std::string journaled = {}, std::string decided = {}) {
        report_.difference = Difference{position,        std::move(stream),    sequence,
                                        std::move(what), std::move(journaled), std::move(decided)};
    }

    void check(const journal::Record& record) {
        const auto decoded = journal::decode_transition(record.payload);
        if (!decoded.ok()) return differs(record.position, {}, 0, "This is not a transition.");
        const schema::TransitionT& transition = decoded.value();
        const auto stream = parse_stream(transition.stream);
        if (!stream) return unlike(record, transition, "No entity has such a name.");
        ++report_.transitions;
        ++report_.transitions_of[std::string{name_of(stream->kind)}];
        for (const auto& event : transition.events) {
            ++report_.events_of[schema::EnumNameEvent(event.type)];
        }
        Folded& folded = folded_of(*stream);
        if (!decided_alike(folded.history, record, transition)) return;
        if (!folded.history.fold(transition, record.payload)) {
            return unlike(record, transition,
                          "It does not follow the transition before it in its stream.");
        }
        check_snapshot(folded, record, transition);
    }

    void unlike(const journal::Record& record, const schema::TransitionT& transition,
                std::string what) {
        differs(record.position, transition.stream, transition.sequence, std::move(what),
                json_of(transition.events));
    }

    // Before the events are folded: a forged one could stop `apply`, which may trust its history.
    bool decided_alike(const actors::History& history, const journal::Record& record,
                       const schema::TransitionT& transition) {
        const CommandId id = loaded(transition.command_id);
        if (history.decided_at(id)) {
            unlike(record, transition, "Its command had been decided before.");
            return false;
        }
        const auto draft =
            history.draft(id, loaded(transition.cause_id), {transition.now}, transition.by,
                          transition.epoch, transition.command, transition.behaviour);
        const bool same = draft.ok() && draft.value().transition.events == transition.events &&
                          draft.value().transition.now == transition.now;
        if (same) return true;
        std::string decided;
        if (draft.ok()) {
            decided = json_of(draft.value().transition.events);
        } else {
            decided = "{\"refusal\":\"" + std::string{actors::name_of(draft.error())} + "\"}";
        }
        differs(record.position, transition.stream, transition.sequence,
                "Today's rules decide otherwise.", json_of(transition.events), std::move(decided));
        return false;
    }

    Folded& folded_of(const StreamId& stream) {
        const std::string name = stream.text();
        const auto known = streams_.find(name);
        if (known != streams_.end()) return *known->second;
        auto fresh = std::make_unique<Folded>(Folded{actors::History{stream}});
        if (const auto kept = log_.snapshot(name)) {
            const auto snapshot = journal::decode_snapshot(kept->payload);
            // Those of other rules are never believed, so what they say does not matter.
            if (snapshot.ok() && snapshot.value().schema_version == actors::fold_version) {
                fresh->snapshot_at = snapshot.value().sequence;
                fresh->snapshot_state = actors::state_hash(snapshot.value().state);
            }
        }
        return *streams_.emplace(name, std::move(fresh)).first->second;
    }

    void check_snapshot(const Folded& folded, const journal::Record& record,
                        const schema::TransitionT& transition) {
        if (folded.snapshot_at != transition.sequence) return;
        const auto state = folded.history.machine().state();
        if (actors::state_hash(state) == folded.snapshot_state) {
            ++report_.snapshots;
            return;
        }
        unlike(record, transition, "The snapshot made after it tells another state.");
    }

    const journal::Log& log_;
    Report report_;
    std::map<std::string, std::unique_ptr<Folded>> streams_;
};

}  // namespace

Report verify(const journal::Log& log, const Progress& progress) {
    return Verifier{log}.run(progress);
}

}  // namespace replay

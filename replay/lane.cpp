#include "replay/lane.hpp"

#include <algorithm>

#include "actors/limits.hpp"
#include "actors/refusal.hpp"
#include "journal/codec.hpp"
#include "journal/stored.hpp"

namespace replay {
namespace {

using journal::loaded;

}  // namespace

std::string json_of(const std::vector<schema::EventUnion>& events) {
    std::string text = "[";
    for (const auto& event : events) {
        if (text.size() > 1) text += ',';
        text += journal::to_json(event);
    }
    return text + "]";
}

void Lane::differs(Difference difference) {
    ++differing_;
    if (differences_.size() < differences_max) differences_.push_back(std::move(difference));
}

void Lane::unlike(Folded* folded, const journal::Record& record,
                  const schema::TransitionT& transition, std::string what, std::string decided) {
    if (folded != nullptr) folded->differs = true;
    differs({record.position, transition.stream, transition.sequence, std::move(what),
             json_of(transition.events), std::move(decided)});
}

void Lane::take(const journal::Record& record) {
    const auto decoded = journal::decode_transition(record.payload);
    ++transitions_;
    if (!decoded.ok()) {
        const std::string_view name = journal::stream_of(record.payload);
        Folded* folded = folded_of(std::string{name});
        if (folded != nullptr && folded->differs) return void(++skipped_);
        if (folded != nullptr) folded->differs = true;
        return differs({record.position,
                        folded != nullptr ? std::string{name} : std::string{},
                        0,
                        "This is not a transition.",
                        {},
                        {}});
    }
    const schema::TransitionT& transition = decoded.value();
    Folded* folded = folded_of(transition.stream);
    if (folded == nullptr) return unlike(nullptr, record, transition, "No entity has such a name.");
    if (folded->differs) return void(++skipped_);
    count(folded->history.stream(), transition);
    if (!decided_alike(*folded, record, transition)) return;
    if (!folded->history.fold(transition, record.payload)) {
        return unlike(folded, record, transition,
                      "It does not follow the transition before it in its stream.");
    }
    check_snapshot(*folded, record, transition);
}

void Lane::count(const StreamId& stream, const schema::TransitionT& transition) {
    ++transitions_of_[static_cast<std::size_t>(stream.kind)];
    ++behaviours_[transition.behaviour];
    for (const auto& event : transition.events) ++events_of_[static_cast<std::size_t>(event.type)];
}

// Before the events are folded: a forged one could stop `apply`, which may trust its history.
bool Lane::decided_alike(Folded& folded, const journal::Record& record,
                         const schema::TransitionT& transition) {
    const actors::History& history = folded.history;
    const CommandId id = loaded(transition.command_id);
    if (history.decided_at(id)) {
        unlike(&folded, record, transition, "Its command had been decided before.");
        return false;
    }
    if (transition.behaviour > actors::behaviour_version) {
        unlike(&folded, record, transition,
               "Rules of version " + std::to_string(transition.behaviour) +
                   " decided it; this program knows them up to version " +
                   std::to_string(actors::behaviour_version) + ". Use the program that wrote it.");
        return false;
    }
    if (transition.now < history.last_now().us) {
        unlike(&folded, record, transition,
               "It is earlier than the transition before it in its stream.");
        return false;
    }
    const auto verdict = history.machine().decide({history.stream(),
                                                   {transition.now},
                                                   transition.by,
                                                   id,
                                                   history.sequence() + 1,
                                                   transition.behaviour},
                                                  transition.command);
    if (verdict.ok() && verdict.value() == transition.events) return true;
    unlike(&folded, record, transition, "Today's rules decide otherwise.",
           verdict.ok()
               ? json_of(verdict.value())
               : "{\"refusal\":\"" + std::string{actors::name_of(verdict.error())} + "\"}");
    return false;
}

Lane::Folded* Lane::find(std::string_view name) const {
    return by_name_.find(base::quick_hash(name),
                         [&](const Folded* one) { return one->history.text() == name; });
}

// Null when no entity can have that name.
Lane::Folded* Lane::folded_of(const std::string& name) {
    if (Folded* known = find(name)) return known;
    auto stream = parse_stream(name);
    if (!stream) return nullptr;
    auto fresh = std::make_unique<Folded>(Folded{actors::History{std::move(*stream)}});
    if (const auto kept = log_.snapshot(name)) {
        const auto snapshot = journal::decode_snapshot(kept->payload);
        // Those of other rules are never believed, so what they say does not matter.
        if (snapshot.ok() && snapshot.value().schema_version == actors::fold_version) {
            fresh->snapshot_at = snapshot.value().sequence;
            fresh->snapshot_state = actors::state_hash(snapshot.value().state);
        }
    }
    streams_.push_back(std::move(fresh));
    by_name_.insert(base::quick_hash(name), streams_.back().get());
    return streams_.back().get();
}

void Lane::check_snapshot(Folded& folded, const journal::Record& record,
                          const schema::TransitionT& transition) {
    if (folded.snapshot_at != transition.sequence) return;
    const auto state = folded.history.machine().state();
    if (actors::state_hash(state) == folded.snapshot_state) {
        ++snapshots_;
        return;
    }
    unlike(&folded, record, transition, "The snapshot made after it tells another state.");
}

std::vector<Lane::Ended> Lane::ends() const {
    std::vector<Ended> ends;
    ends.reserve(streams_.size());
    for (const auto& one : streams_)
        ends.push_back({one->history.text(), actors::state_hash(one->history.machine().state())});
    std::sort(ends.begin(), ends.end(),
              [](const Ended& a, const Ended& b) { return a.stream < b.stream; });
    return ends;
}

std::optional<journal::Agenda> Lane::agenda_of(std::string_view stream) const {
    const Folded* found = find(stream);
    if (found == nullptr || found->differs) return std::nullopt;
    return found->history.machine().agenda();
}

void Lane::add_to(Report& report) const {
    report.transitions += transitions_;
    report.skipped += skipped_;
    report.streams += streams_.size();
    report.snapshots += snapshots_;
    report.streams_differing += differing_;
    for (std::size_t i = 0; i < transitions_of_.size(); ++i) {
        if (transitions_of_[i] == 0) continue;
        report.transitions_of[std::string{name_of(static_cast<StreamKind>(i))}] +=
            transitions_of_[i];
    }
    for (std::size_t i = 0; i < events_of_.size(); ++i) {
        if (events_of_[i] == 0) continue;
        report.events_of[schema::EnumNameEvent(static_cast<schema::Event>(i))] += events_of_[i];
    }
    for (const auto& [version, count] : behaviours_) report.behaviours[version] += count;
    report.differences.insert(report.differences.end(), differences_.begin(), differences_.end());
}

}  // namespace replay

#include "replay/lane.hpp"

#include <algorithm>

#include "actors/limits.hpp"
#include "actors/refusal.hpp"
#include "journal/codec.hpp"
#include "journal/stored.hpp"

namespace replay {
namespace {

using journal::loaded;

constexpr std::uint64_t page = 512;  // transitions read at once

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

void Lane::unlike(Stream* stream, journal::Position position, const schema::TransitionT& transition,
                  std::string what, std::string decided) {
    if (stream != nullptr) stream->differs = true;
    differs({position, transition.stream, transition.sequence, std::move(what),
             json_of(transition.events), std::move(decided)});
}

void Lane::take(const Batch& batch) {
    payloads_.clear();
    for (const Batch::Entry& entry : batch.entries()) payloads_.push_back(batch.payload(entry));
    hashes_.resize(payloads_.size());
    journal::hashes_of(payloads_, hashes_);
    incoming_.clear();
    // All at once, for the streams are cold: the processor waits for many of them at a time.
    for (std::size_t i = 0; i < payloads_.size(); ++i) {
        const Batch::Entry& entry = batch.entries()[i];
        Stream* known = find(journal::stream_of(payloads_[i]), entry.name_hash);
        if (known != nullptr) __builtin_prefetch(known->history.get());
        incoming_.push_back({entry.position, payloads_[i], hashes_[i], entry.name_hash, known});
    }
    for (const Incoming& record : incoming_) take(record);
}

void Lane::take(const Incoming& record) {
    ++transitions_;
    const auto decoded = journal::decode_transition(record.payload);
    if (!decoded.ok()) return undecodable(record);
    const schema::TransitionT& transition = decoded.value();
    Stream* stream = stream_of(record, transition.stream);
    if (stream == nullptr)
        return unlike(nullptr, record.position, transition, "No entity has such a name.");
    if (stream->differs) return void(++skipped_);
    if (stream->history == nullptr && !bring_back(*stream)) {
        return unlike(stream, record.position, transition,
                      "What was read of its stream before cannot be read again.");
    }
    count(*stream, transition);
    if (!decided_alike(*stream, record.position, transition)) return;
    if (!stream->history->fold(transition, record.hash)) {
        return unlike(stream, record.position, transition,
                      "It does not follow the transition before it in its stream.");
    }
    check_snapshot(*stream, record.position, transition);
    if (!stream->came_back && stream->history->machine().over() &&
        stream->snapshot_at <= transition.sequence) {
        put_away(*stream);
    }
}

void Lane::undecodable(const Incoming& record) {
    const std::string_view name = journal::stream_of(record.payload);
    Stream* stream = stream_of(record, name);
    if (stream != nullptr && stream->differs) return void(++skipped_);
    if (stream != nullptr) stream->differs = true;
    differs({record.position,
             stream != nullptr ? stream->name : std::string{},
             0,
             "This is not a transition.",
             {},
             {}});
}

void Lane::count(const Stream& stream, const schema::TransitionT& transition) {
    ++transitions_of_[static_cast<std::size_t>(stream.history->stream().kind)];
    ++behaviours_[transition.behaviour];
    for (const auto& event : transition.events) ++events_of_[static_cast<std::size_t>(event.type)];
}

// Before the events are folded: a forged one could stop `apply`, which may trust its history.
bool Lane::decided_alike(Stream& stream, journal::Position position,
                         const schema::TransitionT& transition) {
    const actors::History& history = *stream.history;
    const CommandId id = loaded(transition.command_id);
    if (history.decided_at(id)) {
        unlike(&stream, position, transition, "Its command had been decided before.");
        return false;
    }
    if (transition.behaviour > actors::behaviour_version) {
        unlike(&stream, position, transition,
               "Rules of version " + std::to_string(transition.behaviour) +
                   " decided it; this program knows them up to version " +
                   std::to_string(actors::behaviour_version) + ". Use the program that wrote it.");
        return false;
    }
    if (transition.now < history.last_now().us) {
        unlike(&stream, position, transition,
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
    unlike(&stream, position, transition, "Today's rules decide otherwise.",
           verdict.ok()
               ? json_of(verdict.value())
               : "{\"refusal\":\"" + std::string{actors::name_of(verdict.error())} + "\"}");
    return false;
}

Lane::Stream* Lane::find(std::string_view name, std::uint64_t name_hash) const {
    return by_name_.find(name_hash, [&](const Stream* one) { return one->name == name; });
}

// Null when no entity can have that name.
Lane::Stream* Lane::stream_of(const Incoming& record, std::string_view name) {
    if (record.stream != nullptr) return record.stream;
    if (Stream* known = find(name, record.name_hash)) return known;
    auto id = parse_stream(name);
    if (!id) return nullptr;
    Stream& fresh = streams_.emplace_back(Stream{.name = std::string{name}});
    fresh.history = std::make_unique<actors::History>(std::move(*id));
    if (const auto kept = log_.snapshot(name)) {
        const auto snapshot = journal::decode_snapshot(kept->payload);
        // Those of other rules are never believed, so what they say does not matter.
        if (snapshot.ok() && snapshot.value().schema_version == actors::fold_version) {
            fresh.snapshot_at = snapshot.value().sequence;
            fresh.state = actors::state_hash(snapshot.value().state);
        }
    }
    by_name_.insert(record.name_hash, &fresh);
    return &fresh;
}

void Lane::check_snapshot(Stream& stream, journal::Position position,
                          const schema::TransitionT& transition) {
    if (stream.snapshot_at != transition.sequence) return;
    if (actors::state_hash(stream.history->machine().state()) == stream.state) {
        ++snapshots_;
        return;
    }
    unlike(&stream, position, transition, "The snapshot made after it tells another state.");
}

void Lane::put_away(Stream& stream) {
    stream.sequence = stream.history->sequence();
    stream.state = actors::state_hash(stream.history->machine().state());
    stream.history.reset();
}

bool Lane::bring_back(Stream& stream) {
    auto again = std::make_unique<actors::History>(*parse_stream(stream.name));
    while (again->sequence() < stream.sequence) {
        const std::uint64_t next = again->sequence() + 1;
        const auto records = log_.read_stream(stream.name, next,
                                              std::min(page, stream.sequence - again->sequence()));
        if (!records.ok() || records.value().empty()) return false;
        for (const journal::Record& record : records.value()) {
            const auto transition = journal::decode_transition(record.payload);
            if (!transition.ok() || !again->fold(transition.value(), record.payload)) return false;
        }
    }
    stream.history = std::move(again);
    stream.came_back = true;
    return true;
}

std::vector<Ended> Lane::end() {
    std::vector<Ended> ends;
    ends.reserve(streams_.size());
    for (Stream& one : streams_) {
        std::optional<journal::Agenda> agenda;
        if (!one.differs)
            agenda = one.history ? one.history->machine().agenda() : journal::Agenda{};
        if (one.history != nullptr) put_away(one);
        ends.push_back({one.name, one.state, agenda});
    }
    std::ranges::sort(ends, {}, &Ended::stream);
    return ends;
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

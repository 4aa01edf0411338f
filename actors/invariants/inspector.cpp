#include "actors/invariants/inspector.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/assert.hpp"
#include "journal/codec.hpp"
#include "journal/stored.hpp"

namespace actors {
namespace {

using journal::loaded;

}  // namespace

Inspector::Inspector(std::vector<std::unique_ptr<Invariant>> invariants, bool for_state_hash)
    : invariants_(std::move(invariants)), for_state_hash_(for_state_hash) {}

void Inspector::complain(Violation violation) {
    ++violation_count_;
    if (violations_.size() < violations_max) violations_.push_back(std::move(violation));
}

void Inspector::damaged(Stream& stream, journal::Position position, const std::string& sentence) {
    stream.damaged = true;
    complain({"chain", position, stream.id.name.empty() ? "" : stream.id.text(), sentence});
}

void Inspector::feed(const journal::Record& record) {
    const auto transition = journal::decode_transition(record.payload);
    if (!transition.ok()) {
        complain({"chain", record.position, "", "these bytes are no transition"});
        return;
    }
    feed(record.position, transition.value(), record.payload);
}

std::string Inspector::what_breaks(const Stream& stream, const schema::TransitionT& transition,
                                   journal::Position position) const {
    if (position <= last_position_)
        return "position " + std::to_string(position) + " comes after " +
               std::to_string(last_position_);
    if (transition.sequence != stream.sequence + 1)
        return "sequence " + std::to_string(transition.sequence) + " follows " +
               std::to_string(stream.sequence);
    if (loaded(transition.previous) != stream.head)
        return "transition " + std::to_string(transition.sequence) +
               " does not carry the hash of the one before it";
    if (transition.now < stream.last_now)
        return "time steps back by " + std::to_string(stream.last_now - transition.now) + " us";
    if (transition.events.empty()) return "a transition without any event";
    return {};
}

Inspector::Stream* Inspector::begin(const std::string& text, std::uint64_t hash) {
    const auto id = parse_stream(text);
    if (!id) return nullptr;
    if (free_.empty()) {
        free_.push_back(&streams_.emplace_back());
        free_.back()->handle.index = static_cast<std::uint32_t>(streams_.size() - 1);
    }
    Stream* fresh = free_.back();
    free_.pop_back();
    const Handle handle{id->kind, fresh->handle.index, fresh->handle.age + 1};
    *fresh = {.text = text, .id = *id, .handle = handle, .machine = make_machine(id->kind)};
    by_name_.insert(hash, fresh);
    return fresh;
}

void Inspector::feed(journal::Position position, const schema::TransitionT& transition,
                     std::string_view payload) {
    ++transitions_;
    const std::string& text = transition.stream;
    const std::uint64_t hash = base::quick_hash(text);
    Stream* found = by_name_.find(hash, [&](const Stream* one) { return one->text == text; });
    if (found == nullptr && comes_back(position, text, hash)) return;
    if (found == nullptr) found = begin(text, hash);
    if (found == nullptr) return complain({"chain", position, text, "no such kind of stream"});
    Stream& stream = *found;
    if (stream.damaged) return;
    const std::string broken = what_breaks(stream, transition, position);
    last_position_ = std::max(last_position_, position);
    if (!broken.empty()) return damaged(stream, position, broken);
    stream.sequence = transition.sequence;
    stream.head = journal::hash_of(payload);
    show(stream, position, transition, {std::exchange(stream.last_now, transition.now)});
}

// Of a leg that is over only its name stays; unless its conference may still seat it, not knowing
// that it is gone: then it says once more how it ended.
bool Inspector::is_over(Stream& stream, const schema::TransitionT& transition) {
    bool over = false;
    for (const auto& fact : transition.events) {
        if (fact.type == schema::Event::LegEnded) {
            over = true;
        } else {
            stream.checking = fact.type == schema::Event::PinTried;
        }
    }
    return over && !stream.checking;
}

void Inspector::forget(Stream& stream) {
    const std::uint64_t hash = base::quick_hash(stream.text);
    by_name_.erase(hash, &stream);
    Ended& ended = ended_.emplace_back();
    ended.text = std::move(stream.text);
    if (for_state_hash_) ended.state = actors::state_hash(stream.machine->state());
    ended_by_name_.insert(hash, &ended);
    stream.machine.reset();
    free_.push_back(&stream);
    if (for_state_hash_ || ended_.size() <= ended_max) return;
    ended_by_name_.erase(base::quick_hash(ended_.front().text), &ended_.front());
    ended_.pop_front();
}

bool Inspector::comes_back(journal::Position position, const std::string& text,
                           std::uint64_t hash) {
    Ended* ended = ended_by_name_.find(hash, [&](const Ended* one) { return one->text == text; });
    if (ended == nullptr) return false;
    last_position_ = std::max(last_position_, position);
    if (!std::exchange(ended->damaged, true))
        complain({"chain", position, text, "something happens to a leg that has ended"});
    return true;
}

void Inspector::show(Stream& stream, journal::Position position,
                     const schema::TransitionT& transition, Instant before) {
    const Context at{stream.id,           {transition.now},
                     transition.by,       loaded(transition.command_id),
                     transition.sequence, transition.behaviour};
    effects_.clear();
    for (const auto& fact : transition.events) {
        if (!stream.machine->apply(at, fact))
            return damaged(stream, position, "an event of another kind of entity");
        stream.machine->react(at, fact, effects_);
    }
    const Moment moment{position, stream.id, transition,   *stream.machine,
                        effects_, before,    stream.handle};
    const Complain tell = [this](Violation violation) { complain(std::move(violation)); };
    for (const auto& invariant : invariants_) invariant->on(moment, tell);
    if (stream.id.kind == StreamKind::call_leg && is_over(stream, transition)) forget(stream);
}

void Inspector::end(bool settled) {
    const Complain tell = [this](Violation violation) { complain(std::move(violation)); };
    for (const auto& invariant : invariants_) invariant->end(settled, tell);
}

base::Hash Inspector::state_hash() const {
    ASSERT(for_state_hash_);
    std::map<std::string_view, base::Hash> states;
    for (const Stream& stream : streams_) {
        if (stream.machine) states[stream.text] = actors::state_hash(stream.machine->state());
    }
    for (const Ended& ended : ended_) states[ended.text] = ended.state;
    base::Hash all{};
    for (const auto& [text, state] : states) all = combined(all, text, state);
    return all;
}

}  // namespace actors

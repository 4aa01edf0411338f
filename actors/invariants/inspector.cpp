#include "actors/invariants/inspector.hpp"

#include <algorithm>
#include <utility>

#include "journal/codec.hpp"

namespace actors {
namespace {

base::Hash loaded(const schema::Hash& hash) { return {hash.a(), hash.b(), hash.c(), hash.d()}; }

}  // namespace

Inspector::Inspector(std::vector<std::unique_ptr<Invariant>> invariants)
    : invariants_(std::move(invariants)) {}

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

Inspector::Stream* Inspector::stream_of(const std::string& text) {
    const std::uint64_t hash = base::quick_hash(text);
    Stream* known = by_name_.find(hash, [&](const Stream* one) { return one->text == text; });
    if (known != nullptr) return known;
    const auto id = parse_stream(text);
    if (!id) return nullptr;
    Stream& fresh = streams_.emplace_back(Stream{.text = text, .id = *id});
    fresh.machine = make_machine(id->kind);
    by_name_.insert(hash, &fresh);
    return &fresh;
}

void Inspector::feed(journal::Position position, const schema::TransitionT& transition,
                     std::string_view payload) {
    ++transitions_;
    Stream* found = stream_of(transition.stream);
    if (found == nullptr)
        return complain({"chain", position, transition.stream, "no such kind of stream"});
    Stream& stream = *found;
    if (stream.damaged) return;
    const std::string broken = what_breaks(stream, transition, position);
    last_position_ = std::max(last_position_, position);
    if (!broken.empty()) return damaged(stream, position, broken);
    stream.sequence = transition.sequence;
    stream.head = journal::hash_of(payload);
    if (!stream.machine)
        return damaged(stream, position, "something happens to a leg that has ended");
    show(stream, position, transition, {std::exchange(stream.last_now, transition.now)});
}

// Of a leg that is over only the hash stays; unless its conference may still seat it, not knowing
// that it is gone: then it says once more how it ended.
void Inspector::forget_if_over(Stream& stream, const schema::TransitionT& transition) {
    bool over = false;
    for (const auto& fact : transition.events) {
        if (fact.type == schema::Event::LegEnded) {
            over = true;
        } else {
            stream.checking = fact.type == schema::Event::PinTried;
        }
    }
    if (!over || stream.checking) return;
    stream.state = actors::state_hash(stream.machine->state());
    stream.machine.reset();
}

void Inspector::show(Stream& stream, journal::Position position,
                     const schema::TransitionT& transition, Instant before) {
    const Context at{
        stream.id,           {transition.now},
        transition.by,       {transition.command_id.high(), transition.command_id.low()},
        transition.sequence, transition.behaviour};
    Effects effects;
    for (const auto& fact : transition.events) {
        if (!stream.machine->apply(at, fact))
            return damaged(stream, position, "an event of another kind of entity");
        stream.machine->react(at, fact, effects);
    }
    const Moment moment{position, stream.id, transition, *stream.machine, effects, before};
    const Complain tell = [this](Violation violation) { complain(std::move(violation)); };
    for (const auto& invariant : invariants_) invariant->on(moment, tell);
    if (stream.id.kind == StreamKind::call_leg) forget_if_over(stream, transition);
}

void Inspector::end(bool settled) {
    const Complain tell = [this](Violation violation) { complain(std::move(violation)); };
    for (const auto& invariant : invariants_) invariant->end(settled, tell);
}

base::Hash Inspector::state_hash() const {
    std::vector<const Stream*> in_order;
    for (const Stream& stream : streams_) in_order.push_back(&stream);
    std::ranges::sort(in_order, {}, &Stream::text);
    base::Hash all{};
    for (const Stream* stream : in_order) {
        const base::Hash state =
            stream->machine ? actors::state_hash(stream->machine->state()) : stream->state;
        all = combined(all, stream->text, state);
    }
    return all;
}

}  // namespace actors

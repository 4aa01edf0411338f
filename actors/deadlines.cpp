#include "actors/deadlines.hpp"

namespace actors {

Deadlines::Note* Deadlines::find(const StreamId& stream) const {
    return by_stream_.find(hash_of(stream), [&](const Note* one) { return one->stream == stream; });
}

Deadlines::Note* Deadlines::fresh(const StreamId& stream) {
    if (free_.empty()) free_.push_back(&notes_.emplace_back());
    Note* note = free_.back();
    free_.pop_back();
    note->stream = stream;
    by_stream_.insert(hash_of(stream), note);
    return note;
}

void Deadlines::set(const StreamId& stream, Instant at) {
    Note* note = find(stream);
    if (at == Instant{}) {
        if (note != nullptr) drop(note);
        return;
    }
    if (note == nullptr) {
        heap_.emplace_back();
        return rise(heap_.size() - 1, {at, fresh(stream)});
    }
    const bool later = at > heap_[note->place].at;
    later ? sink(note->place, {at, note}) : rise(note->place, {at, note});
}

void Deadlines::drop(Note* note) {
    by_stream_.erase(hash_of(note->stream), note);
    const std::size_t place = note->place;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (last.note != note) {
        const bool up = place > 0 && sooner(last, heap_[(place - 1) / 2]);
        up ? rise(place, last) : sink(place, last);
    }
    free_.push_back(note);
}

std::vector<std::pair<Instant, StreamId>> Deadlines::take_due(Instant now) {
    std::vector<std::pair<Instant, StreamId>> due;
    while (!heap_.empty() && heap_.front().at <= now) {
        due.emplace_back(heap_.front().at, heap_.front().note->stream);
        drop(heap_.front().note);
    }
    return due;
}

void Deadlines::put(std::size_t place, const Entry& entry) {
    heap_[place] = entry;
    entry.note->place = place;
}

void Deadlines::rise(std::size_t place, const Entry& entry) {
    for (; place > 0 && sooner(entry, heap_[(place - 1) / 2]); place = (place - 1) / 2)
        put(place, heap_[(place - 1) / 2]);
    put(place, entry);
}

void Deadlines::sink(std::size_t place, const Entry& entry) {
    for (std::size_t below = 2 * place + 1; below < heap_.size(); below = 2 * place + 1) {
        if (below + 1 < heap_.size() && sooner(heap_[below + 1], heap_[below])) ++below;
        if (!sooner(heap_[below], entry)) break;
        put(place, heap_[below]);
        place = below;
    }
    put(place, entry);
}

}  // namespace actors

#include "actors/deadlines.hpp"

namespace actors {

const Deadlines::Named* Deadlines::find(const StreamId& stream) const {
    return by_stream_.find(hash_of(stream),
                           [&](const Named* one) { return one->stream == stream; });
}

std::uint32_t Deadlines::fresh(const StreamId& stream) {
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(named_.size()));
        named_.push_back({{}, free_.back()});
        places_.push_back(0);
    }
    const std::uint32_t number = free_.back();
    free_.pop_back();
    named_[number].stream = stream;
    by_stream_.insert(hash_of(stream), &named_[number]);
    return number;
}

void Deadlines::set(const StreamId& stream, Instant at) {
    const Named* known = find(stream);
    if (at == Instant{}) {
        if (known != nullptr) drop(known->number);
        return;
    }
    if (known == nullptr) {
        heap_.emplace_back();
        return rise(heap_.size() - 1, {at, fresh(stream)});
    }
    const std::size_t place = places_[known->number];
    const bool later = at > heap_[place].at;
    later ? sink(place, {at, known->number}) : rise(place, {at, known->number});
}

void Deadlines::drop(std::uint32_t number) {
    by_stream_.erase(hash_of(named_[number].stream), &named_[number]);
    const std::size_t place = places_[number];
    const Entry last = heap_.back();
    heap_.pop_back();
    if (last.number != number) {
        const bool up = place > 0 && sooner(last, heap_[(place - 1) / 2]);
        up ? rise(place, last) : sink(place, last);
    }
    free_.push_back(number);
}

std::vector<std::pair<Instant, StreamId>> Deadlines::take_due(Instant now) {
    std::vector<std::pair<Instant, StreamId>> due;
    while (!heap_.empty() && heap_.front().at <= now) {
        due.emplace_back(heap_.front().at, named_[heap_.front().number].stream);
        drop(heap_.front().number);
    }
    return due;
}

void Deadlines::put(std::size_t place, const Entry& entry) {
    heap_[place] = entry;
    places_[entry.number] = static_cast<std::uint32_t>(place);
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

#include "actors/lost_numbers.hpp"

#include <optional>

#include "actors/history.hpp"
#include "actors/vocabulary.hpp"

namespace actors {
namespace {

constexpr std::size_t page = 1024;

/// Nothing: it cannot be read.
template <class State>
std::optional<State> state_of(const journal::Log& log, const StreamId& stream) {
    History history{stream};
    if (!history.load(log).ok()) return std::nullopt;
    const schema::StateUnion any = history.machine().state();
    const State* found = peek<State>(any);
    return found ? std::optional<State>{*found} : std::nullopt;
}

bool is_lost(const journal::Log& log, const std::string& owner) {
    const auto stream = parse_stream(owner);
    if (!stream || stream->kind != StreamKind::conference) return false;
    const auto room = state_of<schema::ConferenceStateT>(log, *stream);
    return room && (!room->exists || room->ended);
}

}  // namespace

std::vector<LostNumber> lost_numbers(const journal::Log& log) {
    std::vector<LostNumber> lost;
    for (std::string after;;) {
        const auto names = log.list_streams("number/", after, page);
        if (!names.ok() || names.value().empty()) return lost;
        for (const std::string& name : names.value()) {
            const auto stream = parse_stream(name);
            if (!stream) continue;
            const auto number = state_of<schema::NumberStateT>(log, *stream);
            if (number && is_lost(log, number->owner)) lost.push_back({*stream, number->owner});
        }
        after = names.value().back();
    }
}

}  // namespace actors

#include "replay/drive/report.hpp"

namespace replay {

std::map<std::string, std::uint64_t> DriveReport::not_played() const {
    std::map<std::string, std::uint64_t> reasons;
    for (const Thing& thing : things) {
        if (thing.verdict == Thing::Verdict::not_played) ++reasons[thing.why];
    }
    return reasons;
}

DriveReport::Count DriveReport::count(bool followed) const {
    Count all;
    for (const Thing& thing : things) {
        if (thing.followed != followed) continue;
        all.same += thing.verdict == Thing::Verdict::same;
        all.different += thing.verdict == Thing::Verdict::different;
    }
    return all;
}

DriveReport::Stream judge(const std::vector<Owned>& recorded, const std::vector<std::string>& seen,
                          std::size_t first, std::vector<Thing>& things) {
    std::vector<std::string> lines;
    for (const Owned& one : recorded) lines.push_back(one.line);
    const std::vector<Pair> pairs = side_by_side(lines, seen);
    std::size_t next = 0;
    for (const Pair& pair : pairs) {
        const bool has_recorded = next < recorded.size() && !pair.recorded.empty();
        if (has_recorded) ++next;
        if (pair.same()) continue;
        // What only the server did came of the last thing before it.
        Thing& thing = things[next == 0 ? first : recorded[next - 1].thing];
        thing.verdict = Thing::Verdict::different;
        // Both versions of one line stand in one row.
        Pair* last = thing.lines.empty() ? nullptr : &thing.lines.back();
        if (last != nullptr && pair.recorded.empty() && last->seen.empty())
            last->seen = pair.seen;
        else
            thing.lines.push_back(pair);
    }
    return {
        .recorded = {}, .driven = {}, .events = pairs.size(), .differences = differences(pairs)};
}

}  // namespace replay

#include "journal/log.hpp"

#include <algorithm>

#include "journal/codec.hpp"

namespace journal {

Done<Fault> Log::walk(Position position, const Take& take) const {
    constexpr std::size_t page = 256;
    for (Position next = std::max<Position>(position, 1);;) {
        auto records = read_all(next, page);
        // A page that cannot be read as a whole is read one by one up to the flaw.
        if (!records.ok()) records = read_all(next, 1);
        if (!records.ok()) return fail(records.error());
        if (records.value().empty()) return {};
        for (const Record& record : records.value()) {
            if (!take(record.position, record.payload)) return {};
        }
        next = records.value().back().position + 1;
    }
}

Instant last_time(const Log& log) {
    const auto newest = log.read_all(log.last_position(), 1);
    if (!newest.ok() || newest.value().empty()) return {};
    const auto transition = decode_transition(newest.value()[0].payload);
    return transition.ok() ? Instant{transition.value().now} : Instant{};
}

std::string_view name_of(Fault fault) noexcept {
    switch (fault) {
        case Fault::none: return "none";
        case Fault::disk_full: return "disk_full";
        case Fault::io: return "io";
        case Fault::wrong_expected_sequence: return "wrong_expected_sequence";
        case Fault::fenced: return "fenced";
        case Fault::corrupt: return "corrupt";
        case Fault::closed: return "closed";
        case Fault::overloaded: return "overloaded";
    }
    return "unknown";
}

}  // namespace journal

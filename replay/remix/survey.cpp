#include "replay/remix/survey.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "journal/audio.hpp"
#include "media/capture.hpp"

namespace replay {
namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

class Surveying {
public:
    explicit Surveying(Survey& survey) : survey_(survey) {}

    void take(const journal::AudioKey& key, std::string_view records) {
        auto& legs = survey_.legs;
        if (legs.empty() || legs.back().epoch != key.epoch || legs.back().leg != key.leg)
            legs.push_back({.epoch = key.epoch, .leg = key.leg, .first_tick = key.tick});
        ++legs.back().chunks;
        ++survey_.chunks;
        (void)journal::split_audio(
            records, [&](const journal::AudioRecord& record) { take(legs.back(), record); });
    }

private:
    void take(CapturedLeg& leg, const journal::AudioRecord& record) {
        leg.last_tick = record.tick;
        ++leg.records;
        const auto capture = media::decode_capture(bytes_of(record.bytes));
        if (!capture.ok()) return;
        const media::CaptureHead& head = capture.value().head;
        leg.room_rate_hz = std::max(leg.room_rate_hz, head.room_rate_hz);
        leg.version_1 |= head.version == 1;
        leg.opus |= head.format.codec == media::Codec::opus;
        if (survey_.tick_zero.contains(leg.epoch)) return;
        for (const media::CapturePiece& piece : capture.value().pieces) {
            if (piece.kind != media::CapturePiece::Kind::clock) continue;
            const auto us = static_cast<std::int64_t>(media::captured_number(piece.payload));
            survey_.tick_zero[leg.epoch] =
                Instant{us - static_cast<std::int64_t>(record.tick) * media::tick_us};
        }
    }

    Survey& survey_;
};

// Nobody told a clock: then a leg's first record is when the journal says that it came in.
void guess_clocks(Survey& survey, const Cast& cast) {
    for (const CapturedLeg& leg : survey.legs) {
        const Role* role = cast.role_of(leg.leg);
        if (role == nullptr || role->from == Instant{}) continue;
        survey.tick_zero.try_emplace(
            leg.epoch,
            Instant{role->from.us - static_cast<std::int64_t>(leg.first_tick) * media::tick_us});
    }
    for (const CapturedLeg& leg : survey.legs)
        survey.tick_zero.try_emplace(leg.epoch, cast.created);
}

}  // namespace

Instant Survey::time_of(std::uint64_t epoch, std::uint64_t tick) const {
    const auto zero = tick_zero.find(epoch);
    if (zero == tick_zero.end()) return {};
    return Instant{zero->second.us + static_cast<std::int64_t>(tick) * media::tick_us};
}

std::uint64_t Survey::tick_at(std::uint64_t epoch, Instant at) const {
    const auto zero = tick_zero.find(epoch);
    if (zero == tick_zero.end() || at <= zero->second) return 0;
    return static_cast<std::uint64_t>((at.us - zero->second.us + media::tick_us - 1) /
                                      media::tick_us);
}

Instant Survey::begin() const {
    Instant first{INT64_MAX};
    for (const CapturedLeg& leg : legs) first = std::min(first, time_of(leg.epoch, leg.first_tick));
    return legs.empty() ? Instant{} : first;
}

Survey survey(const journal::Reader& reader, const Cast& cast, const RemixProgress& progress) {
    Survey found{.room = "conference/" + cast.conference};
    Surveying surveying{found};
    const std::string prefix = found.room + '\0';
    journal::AudioKey from{.room = found.room};
    while (true) {
        const auto end = journal::walk_audio(
            reader, prefix, from, [&](const journal::AudioKey& key, std::string_view records) {
                surveying.take(key, records);
                if (progress && found.chunks % 256 == 0) progress(found.chunks, 0);
                return true;
            });
        if (end.what.empty()) break;
        found.damages.push_back(end.what);
        if (!end.damaged) break;
        from = *end.damaged;  // what lies behind the damage is not damaged by it
        ++from.tick;
    }
    guess_clocks(found, cast);
    return found;
}

std::vector<std::string> text_of(const Survey& survey, const Cast& cast) {
    std::vector<std::string> lines;
    for (const CapturedLeg& leg : survey.legs) {
        if (leg.leg == media::captured_room) continue;
        const Role* role = cast.role_of(leg.leg);
        const Instant from = survey.time_of(leg.epoch, leg.first_tick),
                      to = survey.time_of(leg.epoch, leg.last_tick + 1);
        char hex[17];
        std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(leg.leg));
        lines.push_back((role != nullptr ? text_of(*role) : std::string{"leg "} + hex) + ": " +
                        base::iso8601(from) + " to " + base::iso8601(to));
    }
    return lines;
}

}  // namespace replay

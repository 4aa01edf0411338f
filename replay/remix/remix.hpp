// What somebody in a recorded conference heard, mixed again from captured packets and decisions,
// and held against the hashes of what was mixed then.
//
//     journal --Survey, LegRecords--> LegAgain... --sum, hear()--> frames, hashes, Proof
//
// The decoders, the receiver, Speech and hear() are those of the server. Thread: one. Memory: about
// a second of each leg. Time: some hundred times faster than it was spoken.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "journal/reader.hpp"
#include "media/engine.hpp"
#include "media/prompts.hpp"
#include "replay/remix/survey.hpp"

namespace replay {

struct RemixWish {
    std::vector<media::LegId> listener;  // legs of one person; none: the room, all that was said
    std::vector<media::LegId> without;   // whose sound is left out of what is written, not of what
                                         // is proven
    std::optional<Instant> from, to;     // as much as there is, when not said
    bool prove = false;                  // of the room: what each of its listeners heard
};

/// 20 ms of what is written.
struct RemixFrame {
    Instant at{};
    std::uint64_t epoch = 0, tick = 0;
    std::uint32_t rate_hz = 0;            // the room's, in this tick
    std::span<const std::int16_t> sound;  // empty: nobody was there, or nothing was sent
    std::uint64_t hash = 0;               // of sound; 0 for none
};

/// Why a frame that came out otherwise is not held against anybody.
enum class Doubt : std::uint8_t {
    none,
    record_missing,  // dropped when the disk was slow, or damaged
    other_prompt,    // the prompt that was played is not the one that is here
    version_1,       // the capture does not say enough
};
[[nodiscard]] std::string_view text_of(Doubt why) noexcept;

struct Proof {
    struct Range {
        media::LegId listener = 0;
        std::uint64_t epoch = 0, first_tick = 0, last_tick = 0;
    };
    std::uint64_t frames = 0;   // that a listener was given then
    std::uint64_t proven = 0;   // came out bit for bit
    std::uint64_t lacking = 0;  // of them: heard without another part of a room in parts
    std::uint64_t differ = 0;
    std::map<Doubt, std::uint64_t> open;  // came out otherwise, and could not come out right
    std::vector<Range> differing;         // the first ranges_max of them
    static constexpr std::size_t ranges_max = 1'000;
    [[nodiscard]] bool ok() const { return differ == 0; }
};

struct RemixReport {
    Instant from{}, to{};
    std::uint32_t rate_hz = 0;     // the highest that the room had
    std::uint64_t frames = 0;      // given out
    std::uint64_t silent = 0;      // of them: nobody there, or nothing sent
    std::uint64_t sound_hash = 0;  // of all frames' hashes
    bool opus = false;             // somebody spoke it: exact on the same libopus and processor
    Proof proof;
};

/// Gives frame after frame to `take`, without a gap from `from` to `to`. Fails with a sentence when
/// nothing was captured of whom or when it is asked for.
[[nodiscard]] Result<RemixReport, std::string> remix(
    const journal::Reader& reader, const Survey& survey, const RemixWish& wish,
    media::PromptLibrary& prompts, const std::function<void(const RemixFrame&)>& take,
    const RemixProgress& progress = {});

}  // namespace replay

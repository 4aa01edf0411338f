// What a drive found: of every recorded thing whether it was played, and whether the server did the
// same.
//
// Pure. Thread: any. Memory: a row a thing. Time: see compare.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "replay/drive/compare.hpp"

namespace replay {

/// A command of the recorded session.
struct Thing {
    enum class Verdict : std::uint8_t { same, different, not_played };
    Instant at{};
    std::string stream, by;
    std::string what;       // "SetMuted seat=2 muted=true"
    bool followed = false;  // nobody's wish: it came of another
    Verdict verdict = Verdict::same;
    std::string why;          // it was not played; or what the server said to it
    std::vector<Pair> lines;  // of its events, where it is different
};

struct DriveReport {
    struct Stream {
        std::string recorded, driven;  // "conference/471100" and what it is there
        std::uint64_t events = 0, differences = 0;
    };
    struct Count {
        std::uint64_t same = 0, different = 0;
    };
    std::vector<Thing> things;
    std::vector<Stream> streams;
    std::uint64_t voices = 0;                // telephones that said what was captured
    std::uint64_t left_out = 0;              // transitions of accounts, numbers and guards
    std::vector<std::int64_t> latencies_us;  // from a request to its last event, sorted
    [[nodiscard]] Count played() const { return count(false); }
    [[nodiscard]] Count followed() const { return count(true); }
    /// Why, how often.
    [[nodiscard]] std::map<std::string, std::uint64_t> not_played() const;
    [[nodiscard]] bool ok() const { return played().different + followed().different == 0; }

private:
    [[nodiscard]] Count count(bool followed) const;
};

/// A line and the thing that it came of.
struct Owned {
    std::string line;
    std::size_t thing = 0;
};
/// Lays both lists of a stream side by side, and what differs to the things that it came of.
/// What came before the first recorded line came of `first`. Returns how many lines were compared,
/// and how many differ.
[[nodiscard]] DriveReport::Stream judge(const std::vector<Owned>& recorded,
                                        const std::vector<std::string>& seen, std::size_t first,
                                        std::vector<Thing>& things);

}  // namespace replay

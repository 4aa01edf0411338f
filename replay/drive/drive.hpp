// Plays a recorded session against a running server, as people and telephones would: requests over
// HTTP, calls over SIP with sound and keys over RTP; and watches over WebSockets what that server
// makes of it.
//
// Each step waits for its time, then for what came of the step before; so a server that is slower
// than the recorded one is not asked in another order. Thread: one. Memory: the script, what was
// seen, two sockets a telephone. Time: as long as the session took, by `scale`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "media/engine.hpp"
#include "replay/drive/compare.hpp"
#include "replay/drive/script.hpp"

namespace replay {

struct DriveWish {
    media::Address sip;
    std::string http;   // "127.0.0.1:8080"
    std::string token;  // of an administrator there, where none of the people exist yet
    double scale = 1;   // 2: twice as fast
};

struct DriveReport {
    struct Stream {
        std::string recorded, driven;  // "conference/471100" and what it is there
        std::vector<Pair> lines;
        [[nodiscard]] std::size_t differences() const { return replay::differences(lines); }
    };
    std::vector<Stream> streams;
    std::uint64_t steps = 0;                          // that were recorded
    std::uint64_t driven = 0;                         // wishes that were made again
    std::uint64_t voices = 0;                         // telephones that said what was captured
    std::uint64_t followed = 0;                       // steps that came of others
    std::map<std::string, std::uint64_t> not_driven;  // why, how often
    std::vector<std::string> refused;                 // by that server, a sentence each
    std::vector<std::int64_t> latencies_us;           // from a wish to its last event, sorted
    [[nodiscard]] std::size_t differences() const;
};

/// Called before each step with its number and how many there are.
using DriveProgress = std::function<void(std::uint64_t, std::uint64_t)>;

/// `reader`: where the script is from; captured telephones say again what they said.
/// Fails with a sentence: the server is not there, the token is no administrator's, somebody exists
/// there already.
[[nodiscard]] Result<DriveReport, std::string> drive(const journal::Reader& reader,
                                                     const Script& script, const DriveWish& wish,
                                                     const DriveProgress& progress = {});

}  // namespace replay

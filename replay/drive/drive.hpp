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
#include <optional>
#include <string>

#include "base/result.hpp"
#include "media/engine.hpp"
#include "replay/drive/report.hpp"
#include "replay/drive/script.hpp"

namespace replay {

struct DriveWish {
    media::Address sip;
    std::string http;   // "127.0.0.1:8080"
    std::string token;  // of an administrator there, where none of the people exist yet
    double scale = 1;   // 2: twice as fast
    /// Where the carrier is, as that server's trunk names it; none: numbers cannot be called.
    std::optional<media::Address> trunk;
    /// Restarts that server, and waits until it was begun; fails with a sentence. Empty: restarts
    /// are not played.
    std::function<Done<std::string>()> restart;
};

/// Called before each step with its number and how many there are.
using DriveProgress = std::function<void(std::uint64_t, std::uint64_t)>;

/// `reader`: where the script is from; captured telephones say again what they said.
/// Fails with a sentence: the server is not there, the token is no administrator's, somebody exists
/// there already, the trunk's address is not ours.
[[nodiscard]] Result<DriveReport, std::string> drive(const journal::Reader& reader,
                                                     const Script& script, const DriveWish& wish,
                                                     const DriveProgress& progress = {});

}  // namespace replay

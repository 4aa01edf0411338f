// The API without sockets: a parsed request in, an answer out. HTTP, the WebSocket and the command
// line all come through here, so that a rule holds for each of them (docs/protocol.md).
//
// Thread: any; nothing blocks. Answers come on an actor's thread, a worker's, or the caller's own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/house.hpp"
#include "base/secrets.hpp"
#include "base/time.hpp"
#include "edges/web/http.hpp"

namespace web {

/// How one telephone sounds, as the engine measures it.
struct LegSound {
    std::string codec;
    std::uint64_t packets_received = 0, packets_sent = 0, packets_lost = 0, packets_late = 0,
                  packets_refused = 0, packets_forged = 0, concealed_frames = 0;
    std::uint32_t jitter_us = 0;
    std::uint32_t round_trip_us = 0;  // 0: not known
    std::uint32_t delay_us = 0;
    std::uint32_t loss_there_per_256 = 0;
    std::uint16_t mos_hundredths = 0;  // 0: not known
    std::uint32_t level_below_full_db = 0;
    std::uint32_t silent_for_ms = UINT32_MAX;  // most: it never spoke
};

struct ApiOptions {
    std::string realm = "partyline";            // of the phones' digest (RFC 2617)
    std::string sip_server = "127.0.0.1:5060";  // what a phone's owner types in
    std::string cli_token;                      // bearer of the command line; empty: nobody's
    Duration session_lasts = days(30);
    unsigned password_threads = 1;    // each takes 64 MiB while it works
    std::size_t password_queue = 32;  // full: busy; some two seconds of waiting
    unsigned reader_threads = 1;
    std::size_t reader_queue = 1024;       // full: busy
    std::function<std::string()> metrics;  // Prometheus' text; absent: 404
    std::function<bool()> ready;           // absent: always
    /// What was recorded of a conference: the indexes as the text of a JSON array; reads files.
    std::function<std::string(const std::string& conference)> recordings;  // absent: nothing
    /// Of a leg that has sound; absent: nothing is known of any. Called on an actor's thread.
    std::function<std::optional<LegSound>(const std::string& leg)> sound;
};

class Api {
public:
    Api(actors::House& house, journal::Log& log, std::shared_ptr<const base::Secrets> secrets,
        ApiOptions options);
    ~Api();  // finishes what the workers have; answers that the house owes may still come
    Api(const Api&) = delete;
    Api& operator=(const Api&) = delete;

    void handle(Request request, Respond respond) const;

    /// Whose token this is; nothing when it is nobody's (any more).
    void judge_token(const std::string& bearer, const std::string& source,
                     std::function<void(std::optional<Principal>)> found) const;

    [[nodiscard]] actors::House& house() const;

    /// "POST /api/conversations/{id}/messages" of every route, for the test that compares with
    /// openapi.json.
    [[nodiscard]] static std::vector<std::string> routes();

private:
    std::shared_ptr<struct Kit> kit_;
};

}  // namespace web

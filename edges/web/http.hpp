// A request without its socket, and its answer: what HTTP, the WebSocket and the command line
// share.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "actors/refusal.hpp"
#include "base/hash.hpp"

namespace web {

/// Who asks, once that is known.
struct Principal {
    std::string user;  // empty: the server's command line
    std::string display_name;
    bool admin = false;
    bool operates = false;       // the server's command line: every right
    base::Hash token{};          // of this session
    std::uint64_t sequence = 0;  // of the user's stream when the token was judged

    /// Acting for themselves: "user/alice", or "cli".
    [[nodiscard]] std::string by() const { return operates ? "cli" : "user/" + user; }
    /// Acting on others: an administrator's right is visible in the journal.
    [[nodiscard]] std::string by_admin() const { return admin ? "admin/" + user : by(); }
    [[nodiscard]] bool governs() const { return admin || operates; }
};

/// The command line in this very process.
[[nodiscard]] inline Principal command_line() { return {.admin = false, .operates = true}; }

struct Request {
    std::string method;  // "GET"
    std::string path;    // "/api/conversations/direct:alice:bob", percent-encoded as it came
    std::string query;   // "before=17&limit=50"
    std::string body;
    std::string bearer;                  // of the Authorization header, without "Bearer "
    std::string source;                  // network address without port
    std::optional<Principal> principal;  // set: already judged (WebSocket, in-process command line)
};

struct Response {
    int status = 200;
    std::string body;
    std::string_view content_type = "application/json";
};
/// Called once, on any thread.
using Respond = std::function<void(Response)>;

[[nodiscard]] int status_of(actors::Refusal refusal) noexcept;

/// {"error": {"code": ..., "sentence": ...}}
[[nodiscard]] Response error_response(int status, std::string_view code, std::string_view sentence);
[[nodiscard]] Response error_response(actors::Refusal refusal);
[[nodiscard]] Response bad_request(std::string_view sentence);

/// %41 -> A; nothing when a percent sign is not followed by two hexadecimal digits, or a NUL
/// results.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace web

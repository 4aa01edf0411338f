// The page's side of a server's API (docs/protocol.md): requests over HTTP, events over WebSockets.
//
// Thread: one owner. Memory: what waits to be taken. Time: a request waits for its answer, at most
// ten seconds; poll() does not wait.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace replay {

/// An event of a stream, as it came.
struct SeenEvent {
    std::string stream, type;
    nlohmann::json fields;
    Instant at{};  // of the monotonic clock
};

class Client {
public:
    /// `address`: "127.0.0.1:8080".
    explicit Client(std::string address);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// The answer's body, of status 2xx; else a sentence with what the server said. Busy servers
    /// are asked again for some seconds.
    [[nodiscard]] Result<nlohmann::json, std::string> call(const std::string& method,
                                                           const std::string& path,
                                                           const nlohmann::json& body,
                                                           const std::string& token);
    /// Follows `stream` as who has that token; one WebSocket for each token. Waits until the stream
    /// is followed. Fails with a sentence.
    [[nodiscard]] Done<std::string> follow(const std::string& token, const std::string& stream);
    /// After the server was restarted: follows everything again, from where each stream was left.
    /// Fails with a sentence when it does not answer within `patience`.
    [[nodiscard]] Done<std::string> resume(Duration patience);
    /// What came since the last call.
    [[nodiscard]] std::vector<SeenEvent> poll();

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace replay

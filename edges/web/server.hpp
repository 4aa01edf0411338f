// The web server: HTTP/1.1 for the API and the page, the WebSocket for what happens meanwhile
// (Boost.Beast).
//
// Thread: its own few; start and stop from one. Memory: per connection some 10 KiB and what its
// queue holds, at most outbox_bytes_max. No TLS: a proxy in front does that.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "edges/web/api.hpp"

namespace web {

struct ServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8080;  // 0: any, see port()
    std::string page_folder;
    unsigned threads = 1;
    std::size_t connections_max = 20'000;          // above it: 503 and closed
    std::size_t connections_per_source_max = 500;  // an office behind one address
    Duration header_patience = seconds(10);  // from the first byte awaited to the whole request
    Duration idle_patience = seconds(60);    // keep-alive; the WebSocket is pinged at half of it
    Duration hello_patience = seconds(5);
    std::size_t outbox_bytes_max = 4u << 20;  // full: the slow reader is cut
};

struct ServerStatistics {
    std::uint64_t connections = 0, refused = 0, requests = 0;
    std::uint64_t sockets = 0, frames_in = 0, frames_out = 0, cut = 0, online = 0;
};

class Server {
public:
    Server(Api& api, ServerOptions options);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Listens from now on. The error is a sentence with address and port.
    [[nodiscard]] Done<std::string> start();
    /// Tells every socket that the server stops, waits at most a second, then closes them.
    /// Idempotent.
    void stop();

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] ServerStatistics statistics() const;

    struct Inside;

private:
    std::shared_ptr<Inside> inside_;
};

}  // namespace web

// What the server and its connections share. Internal to edges/web; the only header that brings
// Asio in.
//
// Thread: each connection runs on a strand of its own; what stands here beside it is atomic or
// under `mutex`.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "edges/web/hub.hpp"
#include "edges/web/page.hpp"
#include "edges/web/server.hpp"

namespace web {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
using Strand = asio::strand<asio::io_context::executor_type>;
using Socket = asio::basic_stream_socket<tcp, Strand>;
using Stream = beast::basic_stream<tcp, Strand>;
using HttpRequest = beast::http::request<beast::http::string_body>;
using Error = beast::error_code;

inline std::chrono::microseconds span_of(Duration d) { return std::chrono::microseconds(d.us); }

class Connection {
public:
    virtual ~Connection() = default;
    virtual void go_away() = 0;  // any thread: say goodbye
    virtual void give_up() = 0;  // any thread: close now
};

struct Server::Inside {
    Inside(Api& api_to_use, ServerOptions wanted)
        : options(std::move(wanted)), hub(api_to_use), page(options.page_folder) {}

    // Declared first, hence gone last: sockets and timers below belong to it.
    asio::io_context io;
    ServerOptions options;
    Hub hub;
    Page page;
    std::unique_ptr<tcp::acceptor> acceptor;
    std::unique_ptr<asio::steady_timer>
        breather;  // between accepts that failed for want of descriptors
    std::vector<std::thread> threads;

    // Tasks from actors come in only while the gate is open: one that arrived later would lie in
    // `io` for ever.
    std::shared_mutex gate;
    bool open = false;

    std::mutex mutex;
    std::map<std::string, std::size_t> per_source;
    std::map<Connection*, std::weak_ptr<Connection>> connections;
    std::size_t count = 0;
    std::atomic<std::uint64_t> refused{0}, requests{0}, sockets{0};  // statistics: relaxed
};

using Inside = std::shared_ptr<Server::Inside>;

inline void post(Server::Inside& inside, const Strand& strand, std::function<void()> task) {
    const std::shared_lock lock(inside.gate);
    if (inside.open) asio::post(strand, std::move(task));
}

/// One source's claim to a connection, from accept to close.
class Place {
public:
    [[nodiscard]] static std::shared_ptr<Place> take(const Inside& inside, std::string source) {
        const std::scoped_lock lock(inside->mutex);
        if (inside->count >= inside->options.connections_max) return nullptr;
        auto& taken = inside->per_source[source];
        if (taken >= inside->options.connections_per_source_max) return nullptr;
        ++taken;
        ++inside->count;
        return std::shared_ptr<Place>(new Place(inside, std::move(source)));
    }
    ~Place() {
        const std::scoped_lock lock(inside_->mutex);
        const auto taken = inside_->per_source.find(source_);
        if (--taken->second == 0) inside_->per_source.erase(taken);
        --inside_->count;
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    [[nodiscard]] const std::string& source() const { return source_; }

private:
    Place(Inside inside, std::string source)
        : inside_(std::move(inside)), source_(std::move(source)) {}
    Inside inside_;
    std::string source_;
};
using PlacePtr = std::shared_ptr<Place>;

template <class C>
void enlist(const Inside& inside, const std::shared_ptr<C>& connection) {
    const std::scoped_lock lock(inside->mutex);
    inside->connections[connection.get()] = connection;
}
inline void strike_off(Server::Inside& inside, Connection* connection) {
    const std::scoped_lock lock(inside.mutex);
    inside.connections.erase(connection);
}

/// Takes a connection over; it lives until its peer or its time is gone.
void start_http(const Inside& inside, PlacePtr place, Socket&& socket, const Strand& strand);
/// Takes over from HTTP: answers the upgrade and speaks WebSocket from then on.
void start_socket(const Inside& inside, PlacePtr place, Stream&& stream,
                  const HttpRequest& request);

}  // namespace web

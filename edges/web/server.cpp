#include "edges/web/server.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "edges/web/http.hpp"
#include "edges/web/inside.hpp"

namespace web {
namespace {

void turn_away(Socket& socket) {
    const std::string body =
        error_response(503, "too_many", "Too many connections. Try again later.").body;
    const std::string text =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
        "Connection: close\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
    Error ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(text), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
}

void accept(const Inside& inside) {
    const Strand strand = asio::make_strand(inside->io);
    inside->acceptor->async_accept(strand, [inside, strand](Error error, Socket socket) {
        if (error == asio::error::operation_aborted || !inside->acceptor->is_open()) return;
        if (error) {  // no descriptors left: connections that end will give some back
            inside->breather->expires_after(std::chrono::milliseconds(100));
            inside->breather->async_wait([inside](Error stopped) {
                if (!stopped) accept(inside);
            });
            return;
        }
        accept(inside);
        Error gone;
        const tcp::endpoint peer = socket.remote_endpoint(gone);
        if (gone) return;
        socket.set_option(tcp::no_delay(true), gone);
        PlacePtr place = Place::take(inside, peer.address().to_string());
        if (!place) {
            inside->refused.fetch_add(1, std::memory_order_relaxed);
            return turn_away(socket);
        }
        start_http(inside, std::move(place), std::move(socket), strand);
    });
}

std::vector<std::shared_ptr<Connection>> all_connections(Server::Inside& inside) {
    std::vector<std::shared_ptr<Connection>> all;
    const std::scoped_lock lock(inside.mutex);
    for (const auto& [raw, weak] : inside.connections) {
        if (auto connection = weak.lock()) all.push_back(std::move(connection));
    }
    return all;
}

}  // namespace

Server::Server(Api& api, ServerOptions options)
    : inside_(std::make_shared<Inside>(api, std::move(options))) {}

Server::~Server() { stop(); }

Done<std::string> Server::start() {
    const std::string where =
        inside_->options.address + ":" + std::to_string(inside_->options.port);
    Error error;
    const auto address = asio::ip::make_address(inside_->options.address, error);
    if (error)
        return fail("cannot listen on " + where + ": '" + inside_->options.address +
                    "' is no network address");
    const tcp::endpoint endpoint(address, inside_->options.port);
    auto acceptor = std::make_unique<tcp::acceptor>(asio::make_strand(inside_->io));
    acceptor->open(endpoint.protocol(), error);
    if (!error) acceptor->set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor->bind(endpoint, error);
    if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
    if (error) return fail("cannot listen on " + where + ": " + error.message());
    inside_->acceptor = std::move(acceptor);
    inside_->breather = std::make_unique<asio::steady_timer>(inside_->acceptor->get_executor());
    {
        const std::unique_lock lock(inside_->gate);
        inside_->open = true;
    }
    accept(inside_);
    for (unsigned i = 0; i < std::max(1u, inside_->options.threads); ++i) {
        inside_->threads.emplace_back([inside = inside_.get()] { inside->io.run(); });
    }
    return {};
}

void Server::stop() {
    if (inside_->threads.empty()) return;
    asio::post(inside_->acceptor->get_executor(), [inside = inside_] {
        Error ignored;
        inside->acceptor->close(ignored);
        inside->breather->cancel();
    });
    for (const auto& connection : all_connections(*inside_)) connection->go_away();
    const Instant until = base::steady_now() + seconds(1);
    while (inside_->sockets.load(std::memory_order_relaxed) > 0 && base::steady_now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    {
        const std::unique_lock lock(inside_->gate);
        inside_->open = false;
    }
    for (const auto& connection : all_connections(*inside_)) connection->give_up();
    // With every socket closed nothing is left to wait for, and run() returns.
    for (std::thread& thread : inside_->threads) thread.join();
    inside_->threads.clear();
}

std::uint16_t Server::port() const {
    Error ignored;
    return inside_->acceptor ? inside_->acceptor->local_endpoint(ignored).port() : 0;
}

ServerStatistics Server::statistics() const {
    ServerStatistics out;
    {
        const std::scoped_lock lock(inside_->mutex);
        out.connections = inside_->count;
    }
    out.refused = inside_->refused.load(std::memory_order_relaxed);
    out.requests = inside_->requests.load(std::memory_order_relaxed);
    out.sockets = inside_->sockets.load(std::memory_order_relaxed);
    out.frames_in = inside_->hub.frames_in.load(std::memory_order_relaxed);
    out.frames_out = inside_->hub.frames_out.load(std::memory_order_relaxed);
    out.cut = inside_->hub.cut.load(std::memory_order_relaxed);
    out.online = inside_->hub.presence.online();
    return out;
}

}  // namespace web

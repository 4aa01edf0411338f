#include "edges/web/server.hpp"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <shared_mutex>
#include <thread>

#include "base/clock.hpp"
#include "edges/web/page.hpp"
#include "edges/web/session.hpp"

namespace web {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;
using Strand = asio::strand<asio::io_context::executor_type>;
using Socket = asio::basic_stream_socket<tcp, Strand>;
using Stream = beast::basic_stream<tcp, Strand>;
using Error = beast::error_code;

constexpr std::uint32_t header_bytes_max = 16u << 10;
constexpr std::size_t body_bytes_max = 64u << 10;
constexpr std::size_t frame_bytes_max = 64u << 10;

std::chrono::microseconds span_of(Duration d) { return std::chrono::microseconds(d.us); }
std::string_view plain(beast::string_view text) { return {text.data(), text.size()}; }

class Connection {
public:
    virtual ~Connection() = default;
    virtual void go_away() = 0;  // any thread: say goodbye
    virtual void give_up() = 0;  // any thread: close now
};

}  // namespace

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

namespace {

using Inside = std::shared_ptr<Server::Inside>;

void post(Server::Inside& inside, const Strand& strand, std::function<void()> task) {
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
void strike_off(Server::Inside& inside, Connection* connection) {
    const std::scoped_lock lock(inside.mutex);
    inside.connections.erase(connection);
}

// ---- the WebSocket

class SocketConnection : public Wire,
                         public Connection,
                         public std::enable_shared_from_this<SocketConnection> {
public:
    SocketConnection(Inside inside, PlacePtr place, Stream&& stream)
        : inside_(std::move(inside)),
          place_(std::move(place)),
          socket_(std::move(stream)),
          strand_(socket_.get_executor()),
          overdue_(strand_) {
        inside_->sockets.fetch_add(1, std::memory_order_relaxed);
    }
    ~SocketConnection() override {
        inside_->sockets.fetch_sub(1, std::memory_order_relaxed);
        strike_off(*inside_, this);
    }

    void start(const http::request<http::string_body>& request) {
        enlist(inside_, shared_from_this());
        alive_ = shared_from_this();
        session_ = std::make_shared<Session>(inside_->hub, weak_from_this(), place_->source());
        beast::get_lowest_layer(socket_).expires_never();  // the WebSocket has its own timeouts
        websocket::stream_base::timeout timeout{};
        timeout.handshake_timeout = std::chrono::seconds(5);
        timeout.idle_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(
            span_of(inside_->options.idle_patience));
        timeout.keep_alive_pings = true;
        socket_.set_option(timeout);
        socket_.read_message_max(frame_bytes_max);
        socket_.auto_fragment(false);
        socket_.text(true);
        socket_.async_accept(request,
                             [self = shared_from_this()](Error error) { self->on_accept(error); });
    }

    void post(std::function<void()> task) override {
        web::post(*inside_, strand_, std::move(task));
    }

    bool send(std::string frame) override {
        if (outbox_bytes_ + frame.size() > inside_->options.outbox_bytes_max) return false;
        outbox_bytes_ += frame.size();
        outbox_.push_back(std::move(frame));
        write();
        return true;
    }

    void close(unsigned code, std::string_view reason) override {
        closing_ = true;
        close_reason_ = {static_cast<websocket::close_code>(code),
                         beast::string_view(reason.data(), reason.size())};
        write();
    }

    void cut() override {
        closing_ = true;
        overdue_.cancel();
        Error ignored;
        beast::get_lowest_layer(socket_).socket().close(ignored);
        if (alive_) asio::post(strand_, [self = std::move(alive_)] { self->session_->end(); });
    }

    void resume() override {
        if (!reading_) read();
    }

    void go_away() override {
        post([self = shared_from_this()] {
            self->session_->end();
            self->close(websocket::close_code::going_away, "stopping");
        });
    }
    void give_up() override {
        asio::post(strand_, [self = shared_from_this()] { self->cut(); });
    }

private:
    void on_accept(Error error) {
        if (error) return finish();
        overdue_.expires_after(span_of(inside_->options.hello_patience));
        overdue_.async_wait([weak = weak_from_this()](Error cancelled) {
            const auto self = weak.lock();
            if (self && !cancelled) self->session_->greeting_overdue();
        });
        read();
    }

    void read() {
        reading_ = true;
        socket_.async_read(buffer_, [self = shared_from_this()](Error error, std::size_t) {
            self->on_read(error);
        });
    }

    void on_read(Error error) {
        reading_ = false;
        if (error) return finish();
        if (!socket_.got_text() && !closing_) {
            session_->end();
            close(websocket::close_code::unknown_data, "binary");
        } else {
            const auto bytes = buffer_.cdata();
            session_->receive({static_cast<const char*>(bytes.data()), bytes.size()});
        }
        buffer_.consume(buffer_.size());
        // While closing one goes on reading, since the peer's answer to the close comes this way.
        if (closing_ || session_->takes_more()) read();
    }

    void write() {
        if (writing_) return;
        if (!outbox_.empty()) {
            writing_ = true;
            socket_.async_write(
                asio::buffer(outbox_.front()),
                [self = shared_from_this()](Error error, std::size_t) { self->on_write(error); });
        } else if (closing_ && !close_sent_) {
            close_sent_ = writing_ = true;
            socket_.async_close(close_reason_,
                                [self = shared_from_this()](Error) { self->finish(); });
        }
    }

    void on_write(Error error) {
        writing_ = false;
        if (error) return finish();
        outbox_bytes_ -= outbox_.front().size();
        outbox_.pop_front();
        write();
    }

    void finish() {
        session_->end();
        cut();
    }

    const Inside inside_;
    const PlacePtr place_;
    websocket::stream<Stream> socket_;
    const Strand strand_;
    asio::steady_timer overdue_;
    beast::flat_buffer buffer_{frame_bytes_max + 1024};
    std::shared_ptr<Session> session_;
    std::shared_ptr<SocketConnection>
        alive_;                       // until cut: while no read waits, nobody else holds it
    std::deque<std::string> outbox_;  // full (outbox_bytes_max): the reader is too slow and is cut
    std::size_t outbox_bytes_ = 0;
    bool reading_ = false, writing_ = false, closing_ = false, close_sent_ = false;
    websocket::close_reason close_reason_;
};

// ---- HTTP

using HttpRequest = http::request<http::string_body>;
using HttpResponse = http::response<http::string_body>;

void secure(HttpResponse& response) {
    response.set(http::field::server, "Partyline");
    response.set("X-Content-Type-Options", "nosniff");
    response.set("X-Frame-Options", "DENY");
    response.set("Referrer-Policy", "no-referrer");
    response.set("Content-Security-Policy",
                 "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src "
                 "'self' data:; "
                 "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'");
}

/// A page of another site must not speak with a signed-in person's voice.
bool same_origin(const HttpRequest& request) {
    const std::string_view origin = plain(request[http::field::origin]),
                           host = plain(request[http::field::host]);
    if (origin.empty()) return true;  // not a browser
    const std::size_t slashes = origin.find("://");
    return slashes != std::string_view::npos && !host.empty() && origin.substr(slashes + 3) == host;
}

bool for_api(std::string_view path) {
    return path == "/api" || path.starts_with("/api/") || path == "/healthz" || path == "/readyz" ||
           path == "/metrics";
}

class HttpConnection : public Connection, public std::enable_shared_from_this<HttpConnection> {
public:
    HttpConnection(Inside inside, PlacePtr place, Socket&& socket, const Strand& strand)
        : inside_(std::move(inside)),
          place_(std::move(place)),
          stream_(std::move(socket)),
          strand_(strand),
          bucket_(requests_per_second, requests_burst, base::steady_now()) {}
    ~HttpConnection() override { strike_off(*inside_, this); }

    void start() {
        enlist(inside_, shared_from_this());
        asio::dispatch(strand_, [self = shared_from_this()] { self->read(true); });
    }
    void go_away() override {}
    void give_up() override {
        asio::post(strand_, [self = shared_from_this()] { self->shut(); });
    }

private:
    void read(bool first) {
        parser_.emplace();
        parser_->header_limit(header_bytes_max);
        parser_->body_limit(body_bytes_max);
        stream_.expires_after(
            span_of(first ? inside_->options.header_patience : inside_->options.idle_patience));
        http::async_read(
            stream_, buffer_, *parser_,
            [self = shared_from_this()](Error error, std::size_t) { self->on_read(error); });
    }

    void on_read(Error error) {
        if (error == http::error::body_limit)
            return refuse(413, "too_large", "A body has at most 64 KiB.");
        if (error == http::error::header_limit)
            return refuse(431, "too_large", "Headers have at most 16 KiB.");
        if (error &&
            error.category() == http::make_error_code(http::error::bad_method).category() &&
            error != http::error::end_of_stream && error != http::error::partial_message) {
            return refuse(400, "bad_request", "not HTTP/1.1: " + error.message());
        }
        if (error) return shut();
        inside_->requests.fetch_add(1, std::memory_order_relaxed);
        const HttpRequest& request = parser_->get();
        keep_alive_ = request.keep_alive();
        head_ = request.method() == http::verb::head;
        const std::string_view target = plain(request.target());
        const std::string_view path = target.substr(0, target.find('?'));
        if (websocket::is_upgrade(request)) return upgrade(path);
        if (!bucket_.take(base::steady_now())) {
            return refuse(429, "too_fast", "More than 50 requests a second on one connection.");
        }
        if (!for_api(path)) return answer_page(request, path);
        call_api(request, path, target);
    }

    void upgrade(std::string_view path) {
        if (path != "/api/ws") return refuse(404, "not_found", "The WebSocket is at /api/ws.");
        if (!same_origin(parser_->get()))
            return refuse(403, "wrong_origin", "This page is of another origin.");
        const HttpRequest request = parser_->release();
        std::make_shared<SocketConnection>(inside_, place_, std::move(stream_))->start(request);
    }

    void call_api(const HttpRequest& request, std::string_view path, std::string_view target) {
        if (request.count(http::field::authorization) == 0 && !same_origin(request)) {
            return refuse(403, "wrong_origin", "This page is of another origin.");
        }
        Request wish;
        wish.method = std::string(plain(request.method_string()));
        if (wish.method == "HEAD") wish.method = "GET";
        wish.path = std::string(path);
        if (path.size() < target.size()) wish.query = std::string(target.substr(path.size() + 1));
        wish.body = request.body();
        const std::string_view authorization = plain(request[http::field::authorization]);
        if (authorization.starts_with("Bearer "))
            wish.bearer = std::string(authorization.substr(7));
        wish.source = place_->source();
        inside_->hub.api.handle(std::move(wish), [self = shared_from_this()](Response response) {
            post(*self->inside_, self->strand_, [self, response = std::move(response)]() mutable {
                self->answer(std::move(response));
            });
        });
    }

    void answer(Response response) {
        HttpResponse out(static_cast<http::status>(response.status), 11);
        out.set(http::field::content_type,
                beast::string_view(response.content_type.data(), response.content_type.size()));
        out.set(http::field::cache_control, "no-store");
        out.body() = std::move(response.body);
        write(std::move(out));
    }

    void refuse(int status, std::string_view code, std::string_view sentence) {
        keep_alive_ = false;  // what follows on this connection may be the rest of the refused one
        answer(error_response(status, code, sentence));
    }

    void answer_page(const HttpRequest& request, std::string_view path) {
        if (request.method() != http::verb::get && request.method() != http::verb::head) {
            return refuse(405, "method_not_allowed", "The page can only be read.");
        }
        const Page::File* file = inside_->page.find(path);
        if (!file)
            return answer(error_response(404, "not_found", "There is nothing at this path."));
        const bool known = plain(request[http::field::if_none_match]) == file->etag;
        HttpResponse out(known ? http::status::not_modified : http::status::ok, 11);
        out.set(http::field::etag, file->etag);
        out.set(http::field::cache_control,
                file->unchanging ? "public, max-age=31536000, immutable" : "no-cache");
        if (!known) {
            out.set(http::field::content_type,
                    beast::string_view(file->type.data(), file->type.size()));
            out.body() = file->body;
        }
        write(std::move(out));
    }

    void write(HttpResponse&& out) {
        secure(out);
        out.keep_alive(keep_alive_);
        out.prepare_payload();
        if (head_) out.body().clear();  // the length stays, as RFC 9110, 9.3.2 wants it
        response_ = std::move(out);
        stream_.expires_after(span_of(inside_->options.idle_patience));
        http::async_write(stream_, response_,
                          [self = shared_from_this()](Error error, std::size_t) {
                              if (error || !self->keep_alive_) return self->shut();
                              self->read(false);
                          });
    }

    void shut() {
        Error ignored;
        stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
        stream_.socket().close(ignored);
    }

    const Inside inside_;
    const PlacePtr place_;
    Stream stream_;
    const Strand strand_;
    beast::flat_buffer buffer_{header_bytes_max + body_bytes_max};
    std::optional<http::request_parser<http::string_body>> parser_;
    HttpResponse response_;
    Bucket bucket_;
    bool keep_alive_ = false, head_ = false;
};

// ---- accepting

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
        std::make_shared<HttpConnection>(inside, std::move(place), std::move(socket), strand)
            ->start();
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
    auto acceptor = std::make_unique<tcp::acceptor>(inside_->io);
    acceptor->open(endpoint.protocol(), error);
    if (!error) acceptor->set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor->bind(endpoint, error);
    if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
    if (error) return fail("cannot listen on " + where + ": " + error.message());
    inside_->acceptor = std::move(acceptor);
    inside_->breather = std::make_unique<asio::steady_timer>(inside_->io);
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
    asio::post(inside_->io, [inside = inside_] {
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

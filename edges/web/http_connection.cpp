// One HTTP/1.1 connection: the API, the page, and the way up to the WebSocket.
//
// Thread: its strand. Memory: one request and one answer. Time: a request must be whole within its
// patience.
#include <boost/asio/dispatch.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <optional>

#include "base/clock.hpp"
#include "edges/web/http.hpp"
#include "edges/web/inside.hpp"

namespace web {
namespace {

namespace http = beast::http;
using beast::websocket::is_upgrade;

constexpr std::uint32_t header_bytes_max = 16u << 10;
constexpr std::size_t body_bytes_max = 64u << 10;

std::string_view plain(beast::string_view text) { return {text.data(), text.size()}; }

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
        if (is_upgrade(request)) return upgrade(path);
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
        start_socket(inside_, place_, std::move(stream_), request);
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

}  // namespace

void start_http(const Inside& inside, PlacePtr place, Socket&& socket, const Strand& strand) {
    std::make_shared<HttpConnection>(inside, std::move(place), std::move(socket), strand)->start();
}

}  // namespace web

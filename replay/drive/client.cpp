#include "replay/drive/client.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <map>
#include <thread>

#include "base/clock.hpp"

namespace replay {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using Json = nlohmann::json;
using tcp = boost::asio::ip::tcp;

constexpr Duration patience = seconds(10);
constexpr int busy_tries = 40;

}  // namespace

struct Client::Inside {
    struct Follower {
        explicit Follower(boost::asio::io_context& io) : socket(io) {}
        websocket::stream<tcp::socket> socket;
        beast::flat_buffer buffer;
        std::string text;  // that is being written
        std::string wrong;
        std::map<std::string, std::string> followed;  // by stream: its cursor
        int answered = 0;                             // the last request that was
        bool welcome = false;
    };

    explicit Inside(std::string where) : address(std::move(where)) {}

    Result<tcp::endpoint, std::string> endpoint() const {
        beast::error_code wrong;
        const std::size_t colon = address.rfind(':');
        const auto ip = boost::asio::ip::make_address(
            colon == std::string::npos ? address : address.substr(0, colon), wrong);
        const int port = colon == std::string::npos ? 0 : std::atoi(address.c_str() + colon + 1);
        if (wrong || port <= 0 || port > 65'535)
            return fail(address + " is no address: write 127.0.0.1:8080");
        return tcp::endpoint{ip, static_cast<std::uint16_t>(port)};
    }

    Result<Json, std::string> call_once(const std::string& method, const std::string& path,
                                        const Json& body, const std::string& token, int& status) {
        const auto where = endpoint();
        if (!where.ok()) return fail(where.error());
        beast::error_code wrong;
        tcp::socket stream{io};
        stream.connect(where.value(), wrong);
        http::request<http::string_body> request{http::string_to_verb(method), path, 11};
        request.set(http::field::host, address);
        request.set(http::field::connection, "close");
        if (!token.empty()) request.set(http::field::authorization, "Bearer " + token);
        request.set(http::field::content_type, "application/json");
        if (!body.is_null()) request.body() = body.dump();
        request.prepare_payload();
        if (!wrong) http::write(stream, request, wrong);
        beast::flat_buffer buffer;
        http::response<http::string_body> response;
        if (!wrong) http::read(stream, buffer, response, wrong);
        if (wrong) return fail("the server at " + address + " does not answer: " + wrong.message());
        status = static_cast<int>(response.result_int());
        Json answer = Json::parse(response.body(), nullptr, false);
        if (status < 300) return answer;
        const std::string said = answer.is_object() && answer.contains("error")
                                     ? answer["error"].value("sentence", "")
                                     : response.body();
        return fail(method + " " + path + " was answered with " + std::to_string(status) + ": " +
                    said);
    }

    void read(Follower& one) {
        one.socket.async_read(one.buffer, [this, &one](beast::error_code wrong, std::size_t) {
            if (wrong) {
                one.wrong = wrong.message();
                return;
            }
            take(one, Json::parse(beast::buffers_to_string(one.buffer.data()), nullptr, false));
            one.buffer.consume(one.buffer.size());
            read(one);
        });
    }

    void take(Follower& one, const Json& frame) {
        const std::string type = frame.is_object() ? frame.value("type", "") : "";
        if (type == "welcome") one.welcome = true;
        if (type == "error") one.wrong = frame.value("sentence", "refused");
        if (type == "answer") one.answered = frame.value("id", 0);
        if (type != "view" && type != "events") return;
        one.followed[frame.value("stream", "")] = frame.value("cursor", "");
        if (type == "view") return;
        for (const Json& event : frame["events"])
            seen.push_back({.stream = frame.value("stream", ""),
                            .type = event.value("type", ""),
                            .fields = event,
                            .at = base::steady_now()});
    }

    template <class Ready>
    bool wait(const Follower& one, Ready ready) {
        const Instant until = base::steady_now() + patience;
        while (!ready() && one.wrong.empty() && base::steady_now() < until) {
            io.restart();
            (void)io.run_for(std::chrono::milliseconds{20});
        }
        return ready();
    }

    // One write at a time: they are rare, and each is waited for.
    bool write(Follower& one, const Json& frame) {
        one.text = frame.dump();
        bool written = false;
        one.socket.async_write(boost::asio::buffer(one.text),
                               [&](beast::error_code wrong, std::size_t) {
                                   if (wrong) one.wrong = wrong.message();
                                   written = true;
                               });
        return wait(one, [&] { return written; }) && one.wrong.empty();
    }

    Done<std::string> open(const std::string& token) {
        const auto where = endpoint();
        if (!where.ok()) return fail(where.error());
        auto made = std::make_unique<Follower>(io);
        beast::error_code wrong;
        made->socket.next_layer().connect(where.value(), wrong);
        if (!wrong) made->socket.handshake(address, "/api/ws", wrong);
        if (wrong) return fail("no WebSocket at " + address + ": " + wrong.message());
        auto& place = followers[token];
        if (place) gone.push_back(std::move(place));
        place = std::move(made);
        Follower& one = *place;
        read(one);
        if (!write(one, {{"type", "hello"}, {"token", token}}) ||
            !wait(one, [&] { return one.welcome; }))
            return fail("the WebSocket at " + address + " does not welcome us: " + one.wrong);
        return {};
    }

    std::string address;
    boost::asio::io_context io;
    std::map<std::string, std::unique_ptr<Follower>> followers;  // by token
    std::vector<std::unique_ptr<Follower>> gone;  // their last reads are not over yet
    std::vector<SeenEvent> seen;
    int requests = 0;
};

Client::Client(std::string address) : inside_(std::make_unique<Inside>(std::move(address))) {}
Client::~Client() = default;

Result<Json, std::string> Client::call(const std::string& method, const std::string& path,
                                       const Json& body, const std::string& token) {
    int status = 0;
    for (int tries = 0;; ++tries) {
        auto answer = inside_->call_once(method, path, body, token, status);
        const bool busy = status == 503 || status == 429;
        if (answer.ok() || !busy || tries == busy_tries) return answer;
        std::this_thread::sleep_for(std::chrono::milliseconds{200});
    }
}

Done<std::string> Client::follow(const std::string& token, const std::string& stream) {
    if (!inside_->followers.contains(token)) {
        if (auto done = inside_->open(token); !done.ok()) return done;
    }
    Inside::Follower& one = *inside_->followers.at(token);
    const bool asked = inside_->write(
        one, {{"type", "subscribe"}, {"id", ++inside_->requests}, {"stream", stream}});
    if (!asked || !inside_->wait(one, [&] { return one.followed.contains(stream); }))
        return fail("the server does not let us follow " + stream + ": " + one.wrong);
    return {};
}

Done<std::string> Client::resume(Duration patience) {
    const Instant until = base::steady_now() + patience;
    std::map<std::string, std::map<std::string, std::string>> before;
    for (const auto& [token, old] : inside_->followers) before[token] = old->followed;
    for (const auto& [token, streams] : before) {
        auto opened = inside_->open(token);
        while (!opened.ok() && base::steady_now() < until) {
            std::this_thread::sleep_for(std::chrono::milliseconds{100});
            opened = inside_->open(token);
        }
        if (!opened.ok()) return opened;
        Inside::Follower& one = *inside_->followers.at(token);
        for (const auto& [stream, cursor] : streams) {
            const int id = ++inside_->requests;
            const bool asked = inside_->write(
                one, {{"type", "subscribe"}, {"id", id}, {"stream", stream}, {"from", cursor}});
            if (!asked || !inside_->wait(one, [&] { return one.answered == id; }))
                return fail("the server does not let us follow " + stream +
                            " after its restart: " + one.wrong);
        }
    }
    return {};
}

std::vector<SeenEvent> Client::poll() {
    inside_->io.restart();
    (void)inside_->io.poll();
    return std::exchange(inside_->seen, {});
}

}  // namespace replay
